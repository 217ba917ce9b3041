-- Presents by month and the top givers: the same as from a full scan, for any piece size.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local quick = require('bytes.quick')
local counts = require('census.stats.counts')
local citizens = require('census.citizens')
local presents = require('census.presents')

support.start_app()

local ROUNDS = os.getenv('SVODKA_TEST_NIGHTLY') == '1' and 1000 or 40
local TOWNS = { 'Керчь', 'Керчь ', 'К', string.rep('ы', 40), string.rep('ы', 200) }
local NO_SUCH_TOWN = 'Ялта'
local LARGE = { 100000000000000ULL, 9007199254740991ULL, 4294967295, 4294967296, 65535, 65536, 127, 128, 0 }
local NO_LIMIT = 100000
local MUCH = 2 ^ 31
-- Two and a half pieces.
local CITIZENS = 2500

local function pick(list)
    return list[math.random(#list)]
end

local function make_import(count, pairs_of_relatives)
    local ids, relatives = {}, {}
    for i = 1, count do
        ids[i] = LARGE[i] or 1000 + i
        relatives[i] = {}
    end
    local is_pair = {}
    for _ = 1, pairs_of_relatives do
        local one, other = math.random(count), math.random(count)
        local name = math.min(one, other) .. ' ' .. math.max(one, other)
        if one ~= other and not is_pair[name] then
            is_pair[name] = true
            table.insert(relatives[one], ids[other])
            table.insert(relatives[other], ids[one])
        end
    end
    local rows = {}
    for i = 1, count do
        local birth_date = 20000001 + math.random(12) * 100
        rows[i] = support.row(ids[i], { [3] = pick(TOWNS), [8] = birth_date, [10] = relatives[i] })
    end
    return support.import(support.pack(rows))
end

-- Computed from the citizens. town: nil for all. Returns presents and givers by month, and a list of {giver, presents}.
local function look_at_all(import_id, town)
    local months, givers = {}, {}
    for i = 1, 24 do
        months[i] = 0
    end
    for _, giver in box.space.citizens:pairs(support.key(import_id)) do
        if town == nil or giver.town == town then
            local of_month = {}
            for _, relative in ipairs(giver.relatives) do
                local month = math.floor(
                    box.space.citizens:get(support.citizen_key(import_id, relative)).birth_date / 100
                ) % 100
                of_month[month] = (of_month[month] or 0) + 1
            end
            for month, count in pairs(of_month) do
                months[2 * month - 1] = months[2 * month - 1] + count
                months[2 * month] = months[2 * month] + 1
            end
            if #giver.relatives > 0 then
                table.insert(givers, { tonumber(giver.citizen_id), #giver.relatives })
            end
        end
    end
    table.sort(givers, function(a, b)
        return a[2] > b[2] or a[2] == b[2] and a[1] < b[1]
    end)
    return months, givers
end

local function by_month(import_id)
    local _, flat = presents.by_month(import_id)
    local months = {}
    for i = 1, 24 do
        months[i] = 0
    end
    for i = 1, #flat, 3 do
        months[2 * flat[i] - 1] = flat[i + 1]
        months[2 * flat[i]] = flat[i + 2]
    end
    return months
end

local function by_month_of_town(import_id, town, most_cost)
    local months = {}
    local after
    repeat
        local _, go_on, piece = presents.by_month_of_town(import_id, town, after, most_cost)
        for i = 1, 24 do
            months[i] = (months[i] or 0) + piece[i]
        end
        after = support.over_wire(go_on)
    until after == nil
    return months
end

-- As the web side asks: piece after piece, each with a smaller limit.
local function busiest(import_id, town, limit, most_cost)
    local found = {}
    local after
    local more_than = 0
    repeat
        local _, go_on, piece = presents.busiest(import_id, town, after, limit, more_than, most_cost)
        for i = 1, #piece, 2 do
            table.insert(found, { piece[i], piece[i + 1] })
        end
        table.sort(found, function(a, b)
            return a[2] > b[2] or a[2] == b[2] and a[1] < b[1]
        end)
        for i = #found, limit + 1, -1 do
            found[i] = nil
        end
        more_than = found[limit] ~= nil and found[limit][2] or 0
        after = support.over_wire(go_on)
    until after == nil
    return found
end

local function first_of(list, limit)
    return { unpack(list, 1, math.min(limit, #list)) }
end

local function in_both_ways(look)
    for _, is_quick in ipairs({ true, false }) do
        quick.is_on = is_quick
        look(pick({ 1, 7, MUCH }))
    end
    quick.is_on = true
end

-- Twelve flat lists {citizen_id, presents, citizen_id, presents, ...}, read in pages of so many blocks.
local function presents_by_month(import_id, page_blocks)
    local months = {}
    for month = 1, 12 do
        months[month] = {}
    end
    local version, month, first, blocks
    repeat
        version, month, first, blocks = presents.page(import_id, month, first, page_blocks or MUCH, version)
        for _, block in ipairs(blocks) do
            local entries, length = counts.presents.entries(block)
            for i = 0, length - 1 do
                table.insert(months[block.month], entries[i].key)
                table.insert(months[block.month], entries[i].count)
            end
        end
    until month == nil
    return months
end

support.run('presents', {
    {
        "presents stand in the months of the relatives' birthdays, in order of who gives",
        function(t)
            local import_id = support.import(support.pack({
                support.row(3, { [8] = 19990401, [10] = { 1, 2 } }),
                support.row(1, { [8] = 19801231, [10] = { 2, 3 } }),
                support.row(2, { [8] = 20000430, [10] = { 1, 3 } }),
                support.row(4, { [8] = 20000101 }),
            }))
            local months = presents_by_month(import_id)
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
            local months = presents_by_month(support.import(support.pack(rows)), 1)
            t:is(#months[2], 2 * CITIZENS)
            t:is_deeply({ months[2][1], months[2][2 * CITIZENS - 1] }, { 1, CITIZENS }, 'in order')
            t:is_deeply(months[1], { tonumber(big), CITIZENS })
        end,
    },
    {
        'pages of blocks are of one state, and of a published import',
        function(t)
            local import_id = support.import(support.pack({ support.row(1), support.row(2) }))
            local version = presents.page(import_id, nil, nil, 1)
            citizens.patch(import_id, 1, { name = 'new' })
            t:is(support.raised(presents.page, import_id, nil, nil, 1, version), 'IMPORT_CHANGED')
            t:is(support.raised(presents.page, 999999), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'are what a look at every citizen tells, whatever the import, the town and the pieces',
        function(t)
            for round = 1, support.rounds(ROUNDS) do
                local count = pick({ 1, 10, 100, 1500 })
                local import_id = make_import(count, pick({ 0, count, 3 * count }))
                local months, givers = look_at_all(import_id)
                local town = pick({ NO_SUCH_TOWN, pick(TOWNS) })
                local town_months, town_givers = look_at_all(import_id, town)
                in_both_ways(function(most_cost)
                    t:is_deeply(by_month(import_id), months, 'round ' .. round)
                    t:is_deeply(by_month_of_town(import_id, town, most_cost), town_months, town)
                    local limit = pick({ 1, 3, 10, NO_LIMIT })
                    t:is_deeply(busiest(import_id, nil, limit, most_cost), first_of(givers, limit))
                    t:is_deeply(busiest(import_id, town, limit, most_cost), first_of(town_givers, limit))
                end)
            end
        end,
    },
    {
        'look at no more than they were told to',
        function(t)
            local import_id = support.import(support.pack({
                support.row(1, { [10] = { 2 } }),
                support.row(2, { [10] = { 1 } }),
                support.row(3, { [10] = { 4 } }),
                support.row(4, { [10] = { 3 } }),
            }))
            t:is(select(2, presents.busiest(import_id, nil, nil, 10, 0, 3)), 3)
            t:is(select(2, presents.busiest(import_id, 'Псков', nil, 10, 0, presents.LOOK_COST + 2)), 2)
            t:is(
                select(2, presents.busiest(import_id, 'Псков', nil, 10, 1, 3)),
                3,
                'who buys too few is not looked at'
            )
            t:is(select(2, presents.by_month_of_town(import_id, 'Псков', nil, presents.LOOK_COST + 1)), 2)
        end,
    },
    {
        'name citizens, in the order in which they were asked for',
        function(t)
            local rows = { support.row(1, { [7] = 'Яна' }), support.row(2, { [3] = 'Керчь' }) }
            local import_id = support.import(support.pack(rows))
            t:is_deeply(presents.names(import_id, { 2, 1 }), { 'Иван', 'Керчь', 'Яна', 'Псков' })
        end,
    },
    {
        'are of one state: a piece of another version than the one before is refused, an unknown import too',
        function(t)
            local import_id = support.import(support.rows(1, 2))
            local version = presents.by_month(import_id)
            citizens.patch(import_id, 1, { name = 'Яна' })
            local calls = {
                by_month_of_town = { 'Псков', box.NULL, MUCH },
                busiest = { box.NULL, box.NULL, 10, 0, MUCH },
                names = { { 1 } },
            }
            for name, arguments in pairs(calls) do
                local procedure = presents[name]
                t:is(support.raised(procedure, 999999, unpack(arguments)), 'IMPORT_NOT_FOUND', name)
                table.insert(arguments, version)
                t:is(support.raised(procedure, import_id, unpack(arguments)), 'IMPORT_CHANGED', name)
            end
            t:is(support.raised(presents.by_month, 999999), 'IMPORT_NOT_FOUND')
        end,
    },
})
