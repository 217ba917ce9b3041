-- How Tarantool is configured.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local support = require('support')
local supervision = require('process.supervision')

supervision.configure({ data_dir = support.folder, wal_mode = 'write', memtx_memory = 64 * 1024 * 1024 }, {
    log = 'file:' .. fio.pathjoin(support.folder, 'tarantool.log'),
})

support.run('the configuration', {
    {
        'has a snapshot made after 4 GiB of log, also within the hour',
        function(t)
            t:is(box.cfg.checkpoint_wal_threshold, 4 * 1024 ^ 3)
        end,
    },
})
