package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local socket = require('socket')
local support = require('support')
local no_delay = require('shards.no_delay')

support.start_box()

-- The option of a new connection to a server of this process.
local function has_no_delay()
    local server = socket.tcp_server('127.0.0.1', 0, function() end)
    local connection = socket.tcp_connect('127.0.0.1', server:name().port)
    local value = connection:getsockopt('SOL_TCP', 'TCP_NODELAY')
    connection:close()
    server:close()
    return value ~= 0
end

support.run('no delay', {
    {
        'connections made after it is on send small calls at once; Unix sockets still connect',
        function(t)
            t:is(has_no_delay(), false)
            no_delay.turn_on()
            no_delay.turn_on()
            t:is(has_no_delay(), true)
            local path = support.folder .. '/s.sock'
            local server = socket.tcp_server('unix/', path, function() end)
            local connection = socket.tcp_connect('unix/', path)
            t:ok(connection ~= nil)
            connection:close()
            server:close()
            t:is(socket.tcp_connect('127.0.0.1', 1), nil)
        end,
    },
})
