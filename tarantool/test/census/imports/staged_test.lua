-- imports that are staged: who may go on with them, and who sees them.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local clock = require('clock')
local fiber = require('fiber')
local support = require('support')
local bulk = require('bytes.bulk_insert')
local imports = require('census.imports')

support.start_app()

support.run('staged imports', {
    {
        "the chunks and the publication of a staged import may name it by its token, which is its own session's alone",
        function(t)
            local connection = support.connect()
            imports.stage(support.rows(1, 2), 100, 21)
            imports.append(nil, support.rows(3, 4), 10, nil, 21)
            t:is(support.raised(imports.append, nil, support.rows(5, 6), 10, nil, 22), 'IMPORT_NOT_STAGED')
            t:is(support.raised(imports.append, nil, support.rows(5, 6), 10), 'IMPORT_NOT_STAGED')
            local ok = connection:call('svodka.imports.publish', { nil, 4, 600, nil, nil, 21 })
            t:is(ok, false)
            local newest = select(2, imports.list(nil, 1))[1][1]
            imports.publish(nil, 4, 600, nil, nil, 21)
            t:is(imports.published(newest).citizens, 4)
            t:is(support.raised(imports.publish, nil, 4, 600, nil, nil, 21), 'IMPORT_NOT_STAGED')
            connection:close()
        end,
    },
    {
        'chunks that arrive at once are inserted in turns of the event loop of their own, then the publication',
        function(t)
            local turns = {}
            local insert = bulk.insert
            -- As long as a chunk of 3,000 rows takes.
            bulk.insert = function(...)
                table.insert(turns, fiber.clock())
                local stop = clock.monotonic() + 0.003
                repeat
                until clock.monotonic() > stop
                return insert(...)
            end
            local chunks = {}
            for chunk = 1, 4 do
                chunks[chunk] = support.rows(chunk * 10, chunk * 10 + 1)
            end
            local connection = support.connect()
            local answers = {}
            local function send(name, ...)
                table.insert(answers, connection:call('svodka.imports.' .. name, { ... }, { is_async = true }))
            end
            send('stage', support.rows(1, 2), 100, 31)
            for _, rows in ipairs(chunks) do
                send('append', nil, rows, 10, nil, 31)
            end
            send('publish', nil, 10, 600, nil, nil, 31)
            local import_id = answers[1]:wait_result(60)[2]
            for _, answer in ipairs(answers) do
                t:is(answer:wait_result(60)[1], true)
            end
            connection:close()
            bulk.insert = insert
            t:is(imports.published(import_id).citizens, 10)
            t:is(#turns, 5)
            for chunk = 3, 5 do
                t:ok(turns[chunk] > turns[chunk - 1], 'a turn later')
            end
        end,
    },
    {
        'what a crash left staged is shown to nobody while it waits to be swept',
        function(t)
            local left = box.sequence.import_id:next()
            support.insert('imports', { left, 'staging', 0, 1, 0, 0 }, left)
            t:is(support.raised(imports.describe, left), 'IMPORT_NOT_FOUND')
            t:isnt(select(2, imports.list(nil, 1))[1][1], left)
            imports.sweep(left)
        end,
    },
})
