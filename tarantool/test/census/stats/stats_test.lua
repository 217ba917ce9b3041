-- stats: answers describe one state of an import, although they are read in pieces.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local citizens = require('census.citizens')
local stats = require('census.stats')

support.start_app()

-- Two and a half pieces.
local CITIZENS = 2500

-- The limit with which the web side reads everything at once.
local EVERYTHING = 2 ^ 31

-- {[town] = {citizens, date, date, ...}} for the shares, read in pages of so many blocks.
local function ranks(import_id, shares, page_blocks)
    local towns = {}
    local version, after, flat
    repeat
        version, after, flat = stats.birth_ranks(import_id, after, page_blocks or EVERYTHING, version, shares)
        local fields = 2 + 2 * #shares
        for at = 1, #flat, fields do
            towns[flat[at]] = { unpack(flat, at + 1, at + fields - 1) }
        end
    until after == nil
    return towns
end

support.run('stats', {
    {
        'a share falls between two citizens of a town in order of their ages, the younger first',
        function(t)
            local import_id = support.import(support.pack({
                support.row(1, { [8] = 19800615 }),
                support.row(2, { [8] = 10101 }),
                support.row(3, { [8] = 20000229, [9] = 'female' }),
                support.row(4, { [8] = 19800615, [9] = 'female' }),
                support.row(5, { [3] = 'Керчь', [8] = 20100101 }),
            }))
            t:is_deeply(ranks(import_id, { 0, 0.5, 0.75, 1 }), {
                ['Псков'] = { 4, 20000229, 19800615, 19800615, 19800615, 19800615, 10101, 10101, 10101 },
                ['Керчь'] = { 1, 20100101, 20100101, 20100101, 20100101, 20100101, 20100101, 20100101, 20100101 },
            })
        end,
    },
    {
        'towns are the same only when equal to the last character, whatever the page',
        function(t)
            local names = { 'Псков', 'псков', 'Псков ', 'Pskov', 'Пско́в', 'Пс\0ков' }
            local rows = {}
            for i, name in ipairs(names) do
                rows[i] = support.row(i, { [3] = name })
            end
            local import_id = support.import(support.pack(rows))
            support.import(support.rows(1, 1))
            for _, page_blocks in ipairs({ 1, 2, 5, 6, 7 }) do
                local towns = ranks(import_id, { 0 }, page_blocks)
                for _, name in ipairs(names) do
                    t:is_deeply(towns[name], { 1, 20000101, 20000101 }, name)
                end
            end
        end,
    },
    {
        'a town of many blocks is ranked as a whole, on the first page and on the last',
        function(t)
            local rows = {}
            local dates = {}
            for i = 1, CITIZENS do
                dates[i] = (1900 + i % 100) * 10000 + (1 + i % 12) * 100 + 1 + i % 28
                rows[i] = support.row(i, { [3] = i % 2 == 0 and 'А' or 'Б', [8] = dates[i] })
            end
            local import_id = support.import(support.pack(rows))
            t:ok(box.space.births:count({ import_id, 'А' }) > 1, 'there are several blocks')
            for town, remainder in pairs({ ['А'] = 0, ['Б'] = 1 }) do
                local own = {}
                for i = CITIZENS, 1, -1 do
                    if i % 2 == remainder then
                        table.insert(own, dates[i])
                    end
                end
                table.sort(own, function(a, b)
                    return a > b
                end)
                local place = math.floor(0.3 * (#own - 1)) + 1
                for _, page_blocks in ipairs({ 1, 3, EVERYTHING }) do
                    t:is_deeply(ranks(import_id, { 0.3 }, page_blocks)[town], { #own, own[place], own[place + 1] })
                end
            end
        end,
    },
    {
        'pages of one read are of one state',
        function(t)
            local import_id = support.import(support.pack({ support.row(1), support.row(2, { [3] = 'А' }) }))
            local version, after = stats.birth_ranks(import_id, nil, 1, nil, { 0 })
            citizens.patch(import_id, 1, { name = 'new' })
            t:is(support.raised(stats.birth_ranks, import_id, after, 1, version, { 0 }), 'IMPORT_CHANGED')
        end,
    },
    {
        'an unknown import is told',
        function(t)
            t:is(support.raised(stats.birth_ranks, 999999, nil, 10, nil, {}), 'IMPORT_NOT_FOUND')
        end,
    },
})
