-- stats and lib/scan: answers about one state of an import, though it is read in pieces.

package.path = arg[0]:gsub('[^/]*$', '?.lua;') .. package.path

local fiber = require('fiber')
local support = require('support')
local citizens = require('citizens')
local imports = require('imports')
local scan = require('lib.scan')
local stats = require('stats')

support.start_app()

-- Two pieces and a half.
local CITIZENS = 2500

-- The flat list {key, value, key, value, ...} as a map.
local function map_of(flat)
    local map = {}
    for i = 1, #flat, 2 do
        map[flat[i]] = flat[i + 1]
    end
    return map
end

local function ages_by_town(import_id, today)
    local towns = {}
    for _, pair in ipairs((select(2, stats.town_ages(import_id, today)))) do
        towns[pair[1]] = map_of(pair[2])
    end
    return towns
end

-- Scans an import; in_between(n) is called in another fiber when the n-th start visits its first citizen.
-- Returns how many starts there were and the names that the last one saw.
local function scan_while(import_id, in_between)
    local starts = 0
    local result = scan.citizens(import_id, function()
        starts = starts + 1
        local start = starts
        local names = {}
        return function(citizen)
            if #names == 0 then
                fiber.create(in_between, start)
            end
            table.insert(names, citizen.name)
        end,
            names
    end)
    return starts, result
end

support.run('stats', {
    {
        "presents stand in the months of the relatives' birthdays, in order of who gives",
        function(t)
            local import_id = imports.create(support.pack({
                support.row(3, { [8] = 19990401, [10] = { 1, 2 } }),
                support.row(1, { [8] = 19801231, [10] = { 2, 3 } }),
                support.row(2, { [8] = 20000430, [10] = { 1, 3 } }),
                support.row(4, { [8] = 20000101 }),
            }))
            local _, months = stats.presents(import_id)
            t:is(#months, 12)
            t:is_deeply(months[4], { 1, 2, 2, 1, 3, 1 })
            t:is_deeply(months[12], { 2, 1, 3, 1 })
            for _, month in ipairs({ 1, 2, 3, 5, 6, 7, 8, 9, 10, 11 }) do
                t:is_deeply(months[month], {}, 'nothing in month ' .. month)
            end
        end,
    },
    {
        'presents are counted over pieces, and for ids above 10^14',
        function(t)
            local rows = support.tuples(1, CITIZENS)
            local big = 100000000000000ULL
            for _, row in ipairs(rows) do
                row[10] = { big }
            end
            local all = {}
            for id = 1, CITIZENS do
                all[id] = id
            end
            table.insert(rows, support.row(big, { [8] = 20000229, [10] = all }))
            local _, months = stats.presents(imports.create(support.pack(rows)))
            t:is(#months[2], 2 * CITIZENS)
            t:is_deeply({ months[2][1], months[2][2 * CITIZENS - 1] }, { 1, CITIZENS }, 'in order')
            t:is_deeply(months[1], { tonumber(big), CITIZENS })
        end,
    },
    {
        'ages are full years; who was born on 29 February turns on 1 March of common years',
        function(t)
            local import_id = imports.create(support.pack({ support.row(1, { [8] = 20000229 }) }))
            for _, case in ipairs({
                { 20000301, 0, 'the day after the birth' },
                { 20010228, 0, 'the last day of February of a common year' },
                { 20010301, 1, 'the first of March of a common year' },
                { 20040228, 3, 'the day before the birthday of a leap year' },
                { 20040229, 4, 'the birthday of a leap year' },
                { 21000228, 99, '2100 is a common year' },
                { 21000301, 100, '2100 is a common year' },
            }) do
                t:is_deeply(ages_by_town(import_id, case[1]), { ['Псков'] = { [case[2]] = 1 } }, case[3])
            end
        end,
    },
    {
        'ages turn on the birthday, and go back to the year 1',
        function(t)
            local import_id = imports.create(support.pack({
                support.row(1, { [8] = 19800615 }),
                support.row(2, { [8] = 10101 }),
            }))
            t:is_deeply(ages_by_town(import_id, 20260614), { ['Псков'] = { [45] = 1, [2025] = 1 } })
            t:is_deeply(ages_by_town(import_id, 20260615), { ['Псков'] = { [46] = 1, [2025] = 1 } })
        end,
    },
    {
        'towns are the same only when equal to the last character',
        function(t)
            local names = { 'Псков', 'псков', 'Псков ', 'Pskov', 'Пско́в' }
            local rows = {}
            for i, name in ipairs(names) do
                rows[i] = support.row(i, { [3] = name })
            end
            local towns = ages_by_town(imports.create(support.pack(rows)), 20200101)
            for _, name in ipairs(names) do
                t:is_deeply(towns[name], { [20] = 1 }, name)
            end
        end,
    },
    {
        'counts add up over pieces',
        function(t)
            local import_id = imports.create(support.rows(1, CITIZENS))
            t:is_deeply(ages_by_town(import_id, 20200101), { ['Псков'] = { [20] = CITIZENS } })
        end,
    },
    {
        'imports of no citizen, a piece to the last row, and one row more are read whole, without their neighbours',
        function(t)
            for _, count in ipairs({ 0, 1, 999, 1000, 1001, 2000 }) do
                local import_id = imports.create(support.rows(1, count))
                local starts, names = scan_while(import_id, function() end)
                t:is_deeply({ starts, #names }, { 1, count }, count .. ' citizens')
            end
        end,
    },
    {
        'a read begins anew when the import changes midway, and tells the new state',
        function(t)
            local import_id = imports.create(support.rows(1, CITIZENS))
            local starts, names = scan_while(import_id, function(start)
                if start == 1 then
                    citizens.patch(import_id, 1, { name = 'new' })
                end
            end)
            t:is(starts, 2)
            t:is(#names, CITIZENS)
            t:is(names[1], 'new')
        end,
    },
    {
        'a change of another import disturbs no read',
        function(t)
            local other = imports.create(support.rows(1, 1))
            local import_id = imports.create(support.rows(1, CITIZENS))
            local starts = scan_while(import_id, function()
                citizens.patch(other, 1, { name = 'new' })
            end)
            t:is(starts, 1)
        end,
    },
    {
        'a read of an import that changes all the time ends nevertheless, and is of one state',
        function(t)
            local import_id = imports.create(support.rows(1, CITIZENS))
            local starts, names = scan_while(import_id, function(start)
                citizens.patch(import_id, 1, { name = 'new ' .. start })
            end)
            t:is(starts, 4)
            t:is(#names, CITIZENS)
            t:is(names[1], 'new 3', 'before the change that came while it was read in one go')
        end,
    },
    {
        'an unknown import is told',
        function(t)
            t:is(support.raised(stats.presents, 999999), 'IMPORT_NOT_FOUND')
            t:is(support.raised(stats.town_ages, 999999, 20200101), 'IMPORT_NOT_FOUND')
        end,
    },
})
