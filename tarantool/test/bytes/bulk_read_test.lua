-- Reading rows as bytes: the fast path returns the same bytes as the plain path.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local msgpack = require('msgpack')
local support = require('support')
local quick = require('bytes.quick')
local imports = require('census.imports')
local bulk_read = require('bytes.bulk_read')
local citizens = require('census.citizens')

support.start_app()

local ROUNDS = os.getenv('SVODKA_TEST_NIGHTLY') == '1' and 20000 or 1000

local function read(is_quick, ...)
    local had = quick.is_on
    quick.is_on = is_quick
    local rows, go_on_after = bulk_read.read(box.space.citizens, ...)
    quick.is_on = had
    return rows, go_on_after
end

-- Reads by both paths, compares the results, and returns them.
local function same(t, what, ...)
    local rows, after = read(true, ...)
    local plain_rows, plain_after = read(false, ...)
    if rows ~= plain_rows or after ~= plain_after then
        t:fail(what .. ': both ways read the same')
    end
    return rows, after
end

local function count(rows)
    return #msgpack.decode(rows)
end

local IDS = { 0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 100000000000000ULL, 9007199254740991ULL }

support.run('bulk_read', {
    {
        'this Tarantool has what the quick way needs',
        function(t)
            t:ok(bulk_read.is_possible)
        end,
    },
    {
        'both ways read the same, wherever a page begins and however long it is',
        function(t)
            local made = {}
            for i = 1, 5 do
                local rows = {}
                for _, id in ipairs(IDS) do
                    if math.random() < 0.7 then
                        local name = string.rep('ы', math.random(0, 256))
                        local row = { [7] = name, [10] = { unpack(IDS, 1, math.random(0, #IDS)) } }
                        table.insert(rows, support.row(id, row))
                    end
                end
                made[i] = imports.create(support.pack(rows))
            end
            for round = 1, ROUNDS do
                local after = IDS[math.random(0, #IDS)]
                local most_bytes = math.random() < 0.5 and math.random(0, 5000) or nil
                same(t, 'round ' .. round, made[math.random(#made)], after, math.random(1, 15), most_bytes)
            end
            t:ok(true, ROUNDS .. ' reads')
        end,
    },
    {
        'imports whose ids are of different lengths are kept apart',
        function(t)
            for _, import_id in ipairs({ 126, 127, 128, 255, 256, 65535, 65536, 4294967296 }) do
                support.insert('citizens', support.row(1, { [1] = import_id }), import_id)
                support.insert('citizens', support.row(2, { [1] = import_id }), import_id)
            end
            for _, import_id in ipairs({ 126, 127, 128, 255, 256, 65535, 65536, 4294967296ULL }) do
                t:is(count((same(t, 'whole', import_id, nil, 10))), 2)
                t:is(count((same(t, 'from a place on', import_id, 1, 10))), 1)
            end
            t:is(count((same(t, 'of none', 129, nil, 10))), 0)
        end,
    },
    {
        'a page ends after the row that takes it over its bytes, and says where to go on',
        function(t)
            local import_id = support.import(support.rows(1, 5000))
            local seen, after = 0, nil
            repeat
                local rows
                rows, after = same(t, 'a page', import_id, after, 10000, 50000)
                t:ok(#rows < 50200)
                seen = seen + count(rows)
            until after == nil
            t:is(seen, 5000)
            local one, next_after = same(t, 'no room at all', import_id, 10, 10, 0)
            t:is_deeply({ count(one), next_after }, { 1, 11 }, 'one row at least')
        end,
    },
    {
        'rows that were changed read the same, and long ones too',
        function(t)
            local import_id = support.import(support.rows(1, 300))
            local all = {}
            for id = 2, 300 do
                all[id - 1] = id
            end
            citizens.patch(import_id, 1, { relatives = all, town = string.rep('x', 200000), name = '' })
            t:is(count((same(t, 'changed', import_id, nil, 1000))), 300)
        end,
    },
})
