-- Comparing two imports gives the same as looking up every citizen of both, with any piece size and concurrent writes.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local msgpack = require('msgpack')
local support = require('support')
local quick = require('bytes.quick')
local citizens = require('census.citizens')
local comparison = require('census.comparison')
local imports = require('census.imports')
local row_walk = require('bytes.row_walk')

support.start_app()

local ROUNDS = os.getenv('SVODKA_TEST_NIGHTLY') == '1' and 3000 or 200
local KINDS = { 'came', 'went', 'changed', 'same' }
local IDS = { 0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 100000000000000ULL, 9007199254740991ULL }
local EVERYBODY = 100000
local NO_LIMIT = 100000

local function pick(list)
    return list[math.random(#list)]
end

local LISTS = { {}, { 7 }, { 7, 9007199254740991ULL }, { 9007199254740991ULL, 7 } }

-- Takes a random subset of the ids, each with one of few contents; some differ only in their last byte or length.
local function make_import(ids, chance)
    local rows = {}
    for _, id in ipairs(ids) do
        if math.random() < chance then
            table.insert(rows, support.row(id, { [7] = pick({ 'Иван', 'Ивао', 'Ив' }), [10] = pick(LISTS) }))
        end
    end
    return imports.create(support.pack(rows))
end

local function rows_of(import_id)
    local row_of = {}
    for _, row in box.space.citizens:pairs(support.key(import_id)) do
        row_of[tonumber(row.citizen_id)] = row
    end
    return row_of
end

local function sorted(list)
    local texts = {}
    for i, id in ipairs(list) do
        texts[i] = tostring(tonumber(id))
    end
    table.sort(texts)
    return table.concat(texts, ' ')
end

local function is_same(one, other)
    for place = 3, #one do
        local value, other_value = one[place], other[place]
        if type(value) == 'table' then
            value, other_value = sorted(value), sorted(other_value)
        end
        if value ~= other_value then
            return false
        end
    end
    return true
end

-- The ids of each kind, in order.
local function expected(before_id, after_id)
    local before, after = rows_of(before_id), rows_of(after_id)
    local ids = { came = {}, went = {}, changed = {}, same = {} }
    for id, row in pairs(before) do
        local kind = after[id] == nil and 'went' or is_same(row, after[id]) and 'same' or 'changed'
        table.insert(ids[kind], id)
    end
    for id in pairs(after) do
        if before[id] == nil then
            table.insert(ids.came, id)
        end
    end
    for _, of_kind in pairs(ids) do
        table.sort(of_kind)
    end
    return ids
end

local function expected_counts(before_id, after_id)
    local counts = {}
    for i, kind in ipairs(KINDS) do
        counts[i] = #expected(before_id, after_id)[kind]
    end
    return counts
end

-- Reads all pages of one kind. Returns the ids and the tuples.
local function read_all(before_id, after_id, kind, limit, steps)
    local ids, tuples = {}, {}
    local place
    repeat
        local _, _, go_on, packed = comparison.page(before_id, after_id, kind, place, limit, nil, steps)
        local rows = msgpack.decode(packed)
        local width = kind == 'changed' and 2 or 1
        if #rows > width * limit then
            error('more than the limit')
        end
        for i = 1, #rows, width do
            table.insert(ids, tonumber(rows[i][2]))
            table.insert(tuples, { rows[i], rows[i + width - 1] })
        end
        place = support.over_wire(go_on)
    until place == nil
    return ids, tuples
end

local function in_both_ways(look)
    local had = quick.is_on
    for _, is_quick in ipairs({ true, false }) do
        quick.is_on = is_quick
        look()
    end
    quick.is_on = had
end

support.run('comparison', {
    {
        'this Tarantool has what the quick way needs',
        function(t)
            t:ok(row_walk.is_possible)
        end,
    },
    {
        'tells of each citizen once, by its kind, whatever the imports and the pieces',
        function(t)
            for round = 1, ROUNDS do
                make_import(IDS, 0.5)
                local before_id = make_import(IDS, pick({ 0, 0.5, 1 }))
                make_import(IDS, 0.5)
                local after_id = make_import(IDS, pick({ 0, 0.5, 1 }))
                local ids = expected(before_id, after_id)
                in_both_ways(function()
                    local steps, limit = pick({ 1, 2, 5, EVERYBODY }), pick({ 1, 3, NO_LIMIT })
                    local _, _, counts = comparison.count(before_id, after_id, steps)
                    t:is_deeply(counts, expected_counts(before_id, after_id), 'round ' .. round)
                    for _, kind in ipairs({ 'came', 'went', 'changed' }) do
                        t:is_deeply(read_all(before_id, after_id, kind, limit, steps), ids[kind], kind)
                    end
                end)
            end
        end,
    },
    {
        'gives whole citizens: those that changed as they were and as they are',
        function(t)
            local before_id = support.import(support.rows(1, 3))
            local after_id = support.import(support.rows(2, 4))
            citizens.patch(after_id, 3, { town = 'Керчь' })
            in_both_ways(function()
                local _, changed = read_all(before_id, after_id, 'changed', 10)
                local was, is = support.row(3), support.row(3, { [3] = 'Керчь' })
                was[1], is[1] = before_id, after_id
                t:is_deeply(changed, { { was, is } })
                local _, came = read_all(before_id, after_id, 'came', 10)
                t:is_deeply({ came[1][1][1], came[1][1][2] }, { after_id, 4 })
                local _, went = read_all(before_id, after_id, 'went', 10)
                t:is_deeply({ went[1][1][1], went[1][1][2] }, { before_id, 1 })
            end)
        end,
    },
    {
        'an import is the same as itself, as one changed and back again, as one with relatives in another order',
        function(t)
            local before_id = support.import(support.rows(1, 2500))
            local after_id = support.import(support.rows(1, 2500))
            local _, _, counts = comparison.count(before_id, before_id)
            t:is_deeply(counts, { 0, 0, 0, 2500 })
            -- Covers both tuples rewritten by Lua and tuples stored from bytes.
            citizens.patch(after_id, 7, { relatives = { 300, 9 }, apartment = 100000 })
            citizens.patch(after_id, 7, { relatives = {}, apartment = 1 })
            _, _, counts = comparison.count(before_id, after_id)
            t:is_deeply(counts, { 0, 0, 0, 2500 })
            citizens.patch(before_id, 7, { relatives = { 300, 9 } })
            citizens.patch(after_id, 7, { relatives = { 9, 300 } })
            in_both_ways(function()
                _, _, counts = comparison.count(before_id, after_id)
                t:is_deeply(counts, { 0, 0, 0, 2500 })
            end)
        end,
    },
    {
        'counts what is there when it ends, however many changes come meanwhile, on either side',
        function(t)
            local changes = 0
            for _ = 1, 20 do
                local before_id = support.import(support.rows(1, 60))
                local after_id = support.import(support.rows(11, 70))
                local is_over = false
                local writer = fiber.new(function()
                    while not is_over do
                        local import_id = pick({ before_id, after_id })
                        local first = import_id == before_id and 1 or 11
                        local id, other = first + math.random(0, 59), first + math.random(0, 59)
                        local relatives = id ~= other and pick({ {}, { other } }) or {}
                        citizens.patch(import_id, id, { name = pick({ 'Иван', 'Яна' }), relatives = relatives })
                        changes = changes + 1
                        fiber.sleep(0)
                    end
                end)
                writer:set_joinable(true)
                local before_version, after_version, counts = comparison.count(before_id, after_id, 1)
                t:is(before_version, box.space.imports:get({ before_id }).version)
                t:is(after_version, box.space.imports:get({ after_id }).version)
                t:is_deeply(counts, expected_counts(before_id, after_id))
                is_over = true
                writer:join()
            end
            t:ok(changes > 100, 'there were changes meanwhile')
        end,
    },
    {
        'a change that is rolled back while it counts is not counted',
        function(t)
            local before_id = support.import(support.rows(1, 60))
            local after_id = support.import(support.rows(1, 60))
            local counted
            local counter = fiber.new(function()
                local _, _, counts = comparison.count(before_id, after_id, 1)
                counted = counts
            end)
            counter:set_joinable(true)
            for _ = 1, 10 do
                fiber.sleep(0)
            end
            -- The citizen is changed before an unknown relative is refused.
            local atomic = box.atomic
            box.atomic = function(change)
                return atomic(function()
                    change()
                    error('refused', 0)
                end)
            end
            t:like(support.raised(citizens.patch, after_id, 1, { name = 'Яна' }), 'refused')
            box.atomic = atomic
            counter:join()
            t:is_deeply(counted, { 0, 0, 0, 60 })
        end,
    },
    {
        'ends when one of them is deleted meanwhile, and tells of what is not there',
        function(t)
            local before_id = support.import(support.rows(1, 60))
            local after_id = support.import(support.rows(1, 60))
            local code
            local counter = fiber.new(function()
                code = support.raised(comparison.count, before_id, after_id, 1)
            end)
            counter:set_joinable(true)
            fiber.sleep(0)
            imports.delete(after_id)
            counter:join()
            t:is(code, 'IMPORT_NOT_FOUND')
            t:is(support.raised(comparison.count, 999999, before_id), 'IMPORT_NOT_FOUND')
            t:is(support.raised(comparison.page, before_id, 999999, 'came', nil, 10), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'pages of one read are of one state of both',
        function(t)
            local before_id = support.import(support.rows(1, 10))
            local after_id = support.import(support.rows(11, 20))
            for _, changed_id in ipairs({ before_id, after_id }) do
                local before_version, after_version, place = comparison.page(before_id, after_id, 'went', nil, 1)
                local versions = { before_version, after_version }
                t:is(support.raised(comparison.page, before_id, after_id, 'went', place, 1, versions), false)
                citizens.patch(changed_id, changed_id == before_id and 1 or 11, { name = 'Яна' })
                t:is(support.raised(comparison.page, before_id, after_id, 'went', place, 1, versions), 'IMPORT_CHANGED')
            end
        end,
    },
})
