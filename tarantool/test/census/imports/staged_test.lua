-- imports that are staged: who may go on with them, and who sees them.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
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
