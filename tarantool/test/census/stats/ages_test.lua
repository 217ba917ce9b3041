-- ages: the number of citizens of each age on a day, computed from the kept counts.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local ffi = require('ffi')
local support = require('support')
local quick = require('bytes.quick')
local ages = require('census.stats.ages')
local block_walk = require('bytes.block_walk')
local citizens = require('census.citizens')

support.start_app()

-- The limit with which the web side reads everything at once.
local EVERYTHING = 2 ^ 31
local TODAY = 20261122

-- {[town] = {[age .. gender's first letter] = citizens}}, read in pages of so many blocks.
local function read(import_id, as_of, only, page_blocks)
    local towns = {}
    local version, after, after_first, flat
    local pages = 0
    repeat
        version, after, after_first, flat =
            ages.page(import_id, as_of, only, after, after_first, page_blocks or EVERYTHING, version)
        pages = pages + 1
        for at = 1, #flat, 2 do
            local town = towns[flat[at]] or {}
            towns[flat[at]] = town
            local counts = ffi.cast('const uint32_t *', flat[at + 1])
            for i = 0, #flat[at + 1] / 4 - 1, 2 do
                local name = math.floor(counts[i] / 2) .. (counts[i] % 2 == 0 and 'm' or 'f')
                town[name] = (town[name] or 0) + counts[i + 1]
            end
        end
    until after == nil
    return towns, pages
end

-- The same, computed from rows as support.row makes them.
local function model(rows, as_of)
    local towns = { [''] = {} }
    for _, row in ipairs(rows) do
        local town = towns[row[3]] or {}
        towns[row[3]] = town
        local age = math.floor((as_of - row[8]) / 10000)
        if age >= 0 then
            local name = age .. row[9]:sub(1, 1)
            town[name] = (town[name] or 0) + 1
            towns[''][name] = (towns[''][name] or 0) + 1
        end
    end
    return towns
end

local function many_rows()
    local rows = {}
    for i = 1, 3000 do
        rows[i] = support.row(i, {
            [3] = i % 3 == 0 and 'А' or i % 50 == 1 and 'Б' .. i or 'В',
            [8] = (1900 + i * 7 % 120) * 10000 + (1 + i % 12) * 100 + 1 + i * 5 % 28,
            [9] = i % 2 == 0 and 'female' or 'male',
        })
    end
    return rows
end

support.run('ages', {
    {
        'an age grows on the birthday, of 29 February on 1 March of common years, and on that day of leap years',
        function(t)
            local import_id = support.import(support.pack({
                support.row(1, { [8] = 20001122 }),
                support.row(2, { [8] = 20000229, [9] = 'female' }),
            }))
            for _, case in ipairs({
                { 20261121, { ['25m'] = 1, ['26f'] = 1 } },
                { 20261122, { ['26m'] = 1, ['26f'] = 1 } },
                { 20270228, { ['26m'] = 1, ['26f'] = 1 } },
                { 20270301, { ['26m'] = 1, ['27f'] = 1 } },
                { 20280229, { ['27m'] = 1, ['28f'] = 1 } },
                { 20280228, { ['27m'] = 1, ['27f'] = 1 } },
            }) do
                t:is_deeply(read(import_id, case[1], ''), { [''] = case[2] }, 'on ' .. case[1])
            end
        end,
    },
    {
        'who is not born on the day is not counted, and a town of such alone has nobody',
        function(t)
            local import_id = support.import(support.pack({
                support.row(1, { [8] = 20100101 }),
                support.row(2, { [8] = 20100102 }),
                support.row(3, { [3] = 'Керчь', [8] = 20200101 }),
            }))
            t:is_deeply(read(import_id, 20100101), { ['Псков'] = { ['0m'] = 1 }, ['Керчь'] = {} })
            t:is_deeply(read(import_id, 10101), { ['Псков'] = {}, ['Керчь'] = {} })
        end,
    },
    {
        'they are the same in pages of any length, by the bytes and without them, of a town, all towns and the import',
        function(t)
            local rows = many_rows()
            local import_id = support.import(support.pack(rows))
            support.import(support.rows(1, 5))
            t:is(block_walk.is_possible, true)
            for _, as_of in ipairs({ TODAY, 19800229, 99991231 }) do
                local expected = model(rows, as_of)
                local whole, town = { [''] = expected[''] }, { ['В'] = expected['В'] }
                expected[''] = nil
                for _, is_quick in ipairs({ true, false }) do
                    quick.is_on = is_quick
                    for _, page_blocks in ipairs({ 1, 3, 50, EVERYTHING }) do
                        t:is_deeply(read(import_id, as_of, nil, page_blocks), expected, 'all towns')
                        t:is_deeply(read(import_id, as_of, '', page_blocks), whole, 'the import')
                        t:is_deeply(read(import_id, as_of, 'В', page_blocks), town, 'a town')
                        t:is_deeply(read(import_id, as_of, 'В1', page_blocks), {}, 'a town that is not there')
                    end
                end
                quick.is_on = true
            end
        end,
    },
    {
        'a page ends in the midst of a town of many blocks',
        function(t)
            local import_id = support.import(support.pack(many_rows()))
            local _, pages = read(import_id, TODAY, 'В', 1)
            t:ok(pages > 2)
        end,
    },
    {
        'pages of one read are of one state; an unknown import is told',
        function(t)
            local import_id = support.import(support.pack(many_rows()))
            local version, after, first = ages.page(import_id, TODAY, nil, nil, nil, 1, nil)
            citizens.patch(import_id, 1, { name = 'new' })
            t:is(support.raised(ages.page, import_id, TODAY, nil, after, first, 1, version), 'IMPORT_CHANGED')
            t:is(support.raised(ages.page, 999999, TODAY, nil, nil, nil, 1, nil), 'IMPORT_NOT_FOUND')
        end,
    },
})
