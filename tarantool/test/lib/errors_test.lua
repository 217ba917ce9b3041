-- lib/errors and lib/export: errors are returned as codes and leave nothing behind.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local full_disk = require('full_disk')
local errors = require('lib.errors')
local export = require('lib.export')
local imports = require('census.imports')

-- The smallest memory that Tarantool starts with, so that it fills up soon.
support.start_app({ memtx_memory = 33554432 })

local function wrapped(procedure)
    return export.wrap('svodka.test', procedure)
end

support.run('errors', {
    {
        'what worked answers true and all its results',
        function(t)
            t:is_deeply(
                { wrapped(function(a, b)
                    return b, a, { c = 3 }
                end)(1, 2) },
                { true, 2, 1, { c = 3 } }
            )
            t:is(select('#', wrapped(function() end)()), 1)
            t:is(
                select(
                    '#',
                    wrapped(function()
                        return nil, nil
                    end)()
                ),
                3,
                'nils too'
            )
        end,
    },
    {
        'arguments that are null arrive as nil, wherever they stand, and no other is touched',
        function(t)
            local count, seen
            local look = wrapped(function(...)
                count, seen = select('#', ...), { ... }
            end)
            look(box.NULL, false, box.NULL, 'x', { box.NULL }, box.NULL)
            t:is(count, 6)
            t:is_deeply({ type(seen[1]), type(seen[3]), type(seen[6]) }, { 'nil', 'nil', 'nil' })
            t:is_deeply({ seen[2], seen[4], type(seen[5][1]) }, { false, 'x', 'cdata' })
            look()
            t:is(count, 0)
        end,
    },
    {
        'a raised code answers false, the code and its details',
        function(t)
            local failing = wrapped(function()
                errors.raise('RELATIVES_NOT_FOUND', { count = 1 })
            end)
            t:is_deeply({ failing() }, { false, 'RELATIVES_NOT_FOUND', { count = 1 } })
        end,
    },
    {
        'only known codes can be raised: another is a fault of the program',
        function(t)
            local ok, code = wrapped(function()
                errors.raise('NO_SUCH_CODE')
            end)()
            t:is_deeply({ ok, code }, { false, 'INTERNAL' })
        end,
    },
    {
        'a fault of the program answers INTERNAL, whatever was thrown',
        function(t)
            local thrown = {
                { 'a text', 'boom', 'boom' },
                { 'a number', 5, '5' },
                { 'a table without a code', {}, 'table' },
                { 'a table with an unknown code', { code = 'NO_SUCH_CODE' }, 'table' },
                { 'an error of the box without a code of ours', box.error.new(box.error.NO_SUCH_SPACE, 'x'), 'x' },
                { 'a long integer', 5ULL, '5' },
            }
            for _, case in ipairs(thrown) do
                local ok, code, details = wrapped(function()
                    error(case[2], 0)
                end)()
                t:is_deeply({ ok, code }, { false, 'INTERNAL' }, case[1])
                t:like(details.message, case[3], case[1] .. ' is told to the log')
            end
        end,
    },
    {
        'a transaction that an error left open is rolled back',
        function(t)
            local ok, code = wrapped(function()
                box.begin()
                support.insert('imports', { 999999, 'published', 0, 1, 0 }, 999999)
                errors.raise('CITIZEN_NOT_FOUND')
            end)()
            t:is_deeply({ ok, code }, { false, 'CITIZEN_NOT_FOUND' })
            t:is(box.is_in_txn(), false)
            t:isnil(box.space.imports:get({ 999999 }))
        end,
    },
    {
        'a procedure that forgets to commit has failed',
        function(t)
            local ok, code = wrapped(function()
                box.begin()
                support.insert('imports', { 999999, 'published', 0, 1, 0 }, 999999)
                return 'fine'
            end)()
            t:is_deeply({ ok, code }, { false, 'INTERNAL' })
            t:isnil(box.space.imports:get({ 999999 }))
        end,
    },
    {
        'a log that cannot be written is WAL_FAILED, nothing is stored, and it works again when the disk does',
        function(t)
            local create = wrapped(imports.create)
            local count = box.space.imports:len()
            local _, ok, code = full_disk.with_full_disk(function()
                return create(support.rows(1, 10))
            end)
            t:is_deeply({ ok, code }, { false, 'WAL_FAILED' })
            t:is(box.space.imports:len(), count)
            t:is(box.space.citizens:len(), 0)
            t:is((create(support.rows(1, 10))), true)
        end,
    },
    {
        'a staged import whose log could not be written can go on',
        function(t)
            local _, import_id = wrapped(imports.stage)(support.rows(1, 2), 100)
            local append = wrapped(imports.append)
            local publish = wrapped(imports.publish)
            local _, ok, code = full_disk.with_full_disk(function()
                return append(import_id, support.rows(3, 4), 10)
            end)
            t:is_deeply({ ok, code }, { false, 'WAL_FAILED' })
            t:is((append(import_id, support.rows(3, 4), 10)), true)
            _, ok, code = full_disk.with_full_disk(function()
                return publish(import_id, 4, 600)
            end)
            t:is_deeply({ ok, code }, { false, 'WAL_FAILED' })
            t:is(box.space.imports:get({ import_id }).state, 'staging')
            t:is((publish(import_id, 4, 600)), true)
        end,
    },
    {
        'full memory is OUT_OF_MEMORY, nothing of the import is stored, and what is swept makes room',
        function(t)
            local stage, append = wrapped(imports.stage), wrapped(imports.append)
            local CHUNK = 1000
            local text = string.rep('x', 2000)
            local function chunk(number)
                local rows = {}
                for i = 1, CHUNK do
                    rows[i] = support.row(number * CHUNK + i, { [7] = text })
                end
                return support.pack(rows)
            end
            local _, import_id = stage(support.pack({}), 100)
            local ok, code
            local number = 0
            repeat
                number = number + 1
                ok, code = append(import_id, chunk(number), 10)
            until not ok
            t:is(code, 'OUT_OF_MEMORY')
            t:is(box.space.citizens:count(support.key(import_id)), (number - 1) * CHUNK, 'the last chunk left nothing')
            t:is(box.space.imports:get({ import_id }).citizens, (number - 1) * CHUNK)
            imports.discard(import_id)
            support.wait_until(function()
                return box.space.imports:get({ import_id }) == nil
            end)
            -- Tuples held by the sweeper are freed only when Lua collects garbage.
            collectgarbage()
            collectgarbage()
            local _, another = stage(support.pack({}), 100)
            t:is((append(another, chunk(1), 10)), true)
        end,
    },
})
