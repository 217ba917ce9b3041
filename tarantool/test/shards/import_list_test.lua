-- shards/router/import_list: pages merged from those of several sets, against a model that sorts everything.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path
package.loaded['shards.mode'] = { bucket_count = 10 }

require('support').start_box()

local calls = require('shards.router.calls')

local ROUNDS = 300

-- By number of the set: its rows {id, ..., [8] = whether it is leaving}, newest first.
local sets
-- Id -> the row of the set that has it now; nil: deleted.
local now
-- Of all sets. Called between the questions to two sets.
local generation = 1
local while_asking = function() end

local function page_of(rows, below, limit)
    local page = {}
    for _, row in ipairs(rows) do
        if below == nil or below == box.NULL or row[1] < below then
            if #page == limit then
                return { true, page[limit][1], page, generation }
            end
            -- A copy, as over the wire.
            table.insert(page, { unpack(row, 1, 8) })
        end
    end
    return { true, box.NULL, page, generation }
end

package.loaded['shards.router.spanning.everywhere'] = {
    ask = function(name, arguments)
        assert(name == 'svodka.imports.list')
        local answers = {}
        for i, rows in ipairs(sets) do
            answers[i] = page_of(rows, arguments[1], arguments[2])
            while_asking()
        end
        return answers
    end,
}

function calls.ask(request)
    assert(request.name == 'svodka.imports.describe')
    local id = request.arguments[1]
    if now[id] == nil then
        return { false, 'IMPORT_NOT_FOUND' }
    end
    return { true, unpack(now[id], 2, 7) }
end

local list = require('shards.router.spanning.import_list').list

local function row(id, text)
    return { id, text, 1, 1, 1, 1, 1 }
end

local function newest_first(a, b)
    return a[1] > b[1]
end

-- Some imports, each on one set; some of them have just left another set, or that only.
local function fill()
    sets, now = { {}, {}, {} }, {}
    for id = 1, math.random(0, 40) do
        if math.random() < 0.8 then
            local at = math.random(#sets)
            local is_deleted = math.random() < 0.1
            if not is_deleted then
                now[id] = row(id, 'current')
                table.insert(sets[at], row(id, 'current'))
            end
            if math.random() < 0.2 then
                local old = row(id, 'old')
                old[8] = true
                table.insert(sets[at % #sets + 1], old)
            end
        end
    end
    for _, rows in ipairs(sets) do
        table.sort(rows, newest_first)
    end
end

local function read_all(limit)
    local seen, below = {}, nil
    local pages = 0
    repeat
        local next_below, page = list(below, limit)
        for _, each in ipairs(page) do
            table.insert(seen, each)
        end
        pages = pages + 1
        assert(#page <= limit, 'a page over its limit')
        assert(next_below == nil or below == nil or next_below < below, 'it does not go on')
        below = next_below
    until below == nil or pages > 200
    return seen
end

require('support').run('import_list', {
    {
        'has each import once, as it is now, newest first, whatever the size of the pages',
        function(t)
            math.randomseed(7)
            local faults = 0
            for _ = 1, ROUNDS do
                fill()
                local wanted = {}
                for _, each in pairs(now) do
                    table.insert(wanted, each)
                end
                table.sort(wanted, newest_first)
                local seen = read_all(math.random(1, 12))
                local is_same = #seen == #wanted
                for i = 1, #wanted do
                    is_same = is_same and seen[i][1] == wanted[i][1] and seen[i][2] == 'current' and seen[i][8] == nil
                end
                faults = faults + (is_same and 0 or 1)
            end
            t:is(faults, 0)
        end,
    },
    {
        'does not miss an import that moves to a set that was asked already, whatever moves at the same time',
        function(t)
            local moved = { row(5, 'current'), row(3, 'current'), row(2, 'current') }
            for _, each in ipairs(moved) do
                now[each[1]] = each
            end
            for count = 1, 3 do
                sets = { { row(4, 'current') }, {}, { row(1, 'current') } }
                now[4], now[1] = sets[1][1], sets[3][1]
                for i = 1, count do
                    table.insert(sets[3], i, moved[i])
                end
                table.sort(sets[3], newest_first)
                local left = count
                local asked = 0
                function while_asking()
                    asked = asked + 1
                    -- After the first set was asked, one more import moves there from the third.
                    if asked % 3 == 1 and left > 0 then
                        table.insert(sets[1], moved[left])
                        table.sort(sets[1], newest_first)
                        for i, each in ipairs(sets[3]) do
                            if each == moved[left] then
                                table.remove(sets[3], i)
                                break
                            end
                        end
                        left, generation = left - 1, generation + 1
                    end
                end
                local _, page = list(nil, 10)
                while_asking = function() end
                t:is(#page, 2 + count)
            end
            local _, _ = list(nil, 10)
            local asked = 0
            function while_asking()
                asked = asked + 1
            end
            list(nil, 10)
            t:is(asked, 3, 'while nothing moves each set is asked once')
            while_asking = function() end
        end,
    },
    {
        'ends with a full last page, without an empty one behind it',
        function(t)
            sets = { { row(4, 'current'), row(2, 'current') }, { row(3, 'current'), row(1, 'current') }, {} }
            now = {}
            local next_below, page = list(nil, 4)
            t:is(next_below, nil)
            t:is(#page, 4)
        end,
    },
})
