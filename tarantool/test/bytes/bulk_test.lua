-- Inserting rows from bytes: the fast path stores what the plain path stores, and no input can harm the database.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local switch = require('bytes.quick')
local bulk = require('bytes.bulk_insert')

support.start_app()

local ROUNDS = os.getenv('SVODKA_TEST_NIGHTLY') == '1' and 50000 or 3000

-- Inserts under a new id by either path, then rolls back. Returns what was stored, or nil and the error.
local function outcome(packed, is_quick)
    local had = switch.is_on
    switch.is_on = is_quick
    local import_id = 70000
    box.begin()
    local ok, reason = pcall(bulk.insert, box.space.citizens, import_id, packed)
    local stored = {}
    for _, tuple in box.space.citizens:pairs({ import_id }) do
        table.insert(stored, tuple:totable())
    end
    box.rollback()
    switch.is_on = had
    if not ok then
        return nil, reason
    end
    return stored, reason
end

local function random_row(citizen_id)
    local texts = { 'П', string.rep('x', 31), string.rep('ы', 100), string.rep('z', 256), '\0"\\' }
    local numbers = { 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991ULL }
    local relatives = {}
    for i = 1, math.random(0, 20) do
        relatives[i] = numbers[math.random(#numbers)]
    end
    return support.row(citizen_id, {
        [3] = texts[math.random(#texts)],
        [6] = numbers[math.random(#numbers)],
        [7] = texts[math.random(#texts)],
        [10] = relatives,
    })
end

local function mutated(packed)
    local at = math.random(#packed)
    local kind = math.random(4)
    if kind == 1 then
        return packed:sub(1, at - 1)
    elseif kind == 2 then
        return packed:sub(1, at) .. packed:sub(at)
    elseif kind == 3 then
        return packed:sub(1, at - 1) .. string.char(math.random(0, 255)) .. packed:sub(at + 1)
    end
    return packed .. string.char(math.random(0, 255))
end

support.run('bulk', {
    {
        'this Tarantool can go the quick way',
        function(t)
            t:is(bulk.is_possible, true)
        end,
    },
    {
        'the quick way stores what the plain way stores',
        function(t)
            local ids = { 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991ULL }
            for _, count in ipairs({ 0, 1, 9, 15, 16, 300 }) do
                local rows = {}
                for i = 1, count do
                    rows[i] = random_row(ids[i] or 1000000 + i)
                end
                local packed = support.pack(rows)
                local quick, quick_count = outcome(packed, true)
                local plain, plain_count = outcome(packed, false)
                t:is(quick_count, count, count .. ' rows counted')
                t:is(plain_count, count)
                t:is_deeply(quick, plain, count .. ' rows stored')
            end
        end,
    },
    {
        'ids of imports of every width go in as the same key',
        function(t)
            for _, import_id in ipairs({ 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296 }) do
                box.begin()
                bulk.insert(box.space.citizens, import_id, support.rows(1, 1))
                t:is(box.space.citizens:get(support.citizen_key(import_id, 1)).import_id, import_id)
                t:is(pcall(box.space.citizens.insert, box.space.citizens, support.row(1, { import_id })), false)
                box.rollback()
            end
        end,
    },
    {
        'bytes that are no rows are refused',
        function(t)
            local row = support.pack(support.row(1))
            local cases = {
                { 'nothing', '' },
                { 'a bare integer', '\5' },
                { 'a bare integer for a tuple', '\145\5' },
                { 'a map', support.pack({ a = 1 }) },
                { 'an array that says more than it has', '\146' .. row },
                { 'an array of four billion', '\221\255\255\255\255' .. row },
                { 'a header cut off', '\220\0' },
                { 'something behind', '\145' .. row .. row },
                { 'a tuple cut off', '\145' .. row:sub(1, -2) },
                { 'a tuple of nine', '\145\153' .. row:sub(2) },
                { 'an id in more bytes than it needs', '\145\154\0\204\1' .. row:sub(4) },
                { 'an id that is no number', '\145\154\0\161x' .. row:sub(4) },
            }
            for _, case in ipairs(cases) do
                t:is(outcome(case[2], true), nil, case[1])
            end
        end,
    },
    {
        'no bytes whatever hurt the database; what the quick way takes, the plain way takes as the same',
        function(t)
            math.randomseed(20261122)
            local taken, differing = 0, 0
            for _ = 1, ROUNDS do
                local rows = {}
                for i = 1, math.random(0, 4) do
                    rows[i] = random_row(i * 100)
                end
                local packed = mutated(support.pack(rows))
                local quick = outcome(packed, true)
                if quick ~= nil then
                    taken = taken + 1
                    local plain = outcome(packed, false)
                    local json = require('json')
                    if plain == nil or json.encode(plain) ~= json.encode(quick) then
                        differing = differing + 1
                    end
                end
            end
            t:is(differing, 0)
            t:ok(taken > ROUNDS / 20, taken .. ' were taken: mutations within texts and numbers')
            t:ok(box.space.citizens:len() == 0, 'nothing is left')
        end,
    },
})
