-- The control socket for operators: a Unix socket in the data folder, accessible to the folder's owner only. One
-- request per connection, as JSON lines: {"command": "backup"} -> {"ok": true, ...} or {"ok": false, "message": "..."}.
-- It is not a console: a client can run the commands listed here and nothing else.

local fio = require('fio')
local json = require('json')
local log = require('log')
local socket = require('socket')

local M = {}

local SOCKET = 'control.sock'
-- A client that sends nothing is disconnected.
local REQUEST_SECONDS = 5
local MAX_REQUEST_BYTES = 4096

function M.path(data_dir)
    return fio.abspath(fio.pathjoin(data_dir, SOCKET))
end

local function answer(connection, what)
    return connection:write(json.encode(what) .. '\n')
end

local function handle(commands, connection)
    local line = connection:read({ delimiter = '\n', chunk = MAX_REQUEST_BYTES }, REQUEST_SECONDS)
    local decoded, request = pcall(json.decode, line or '')
    local command = decoded and type(request) == 'table' and commands[request.command] or nil
    if command == nil then
        answer(connection, { ok = false, message = 'no such command' })
        return
    end
    local done, result, finish = pcall(command, request)
    if not done then
        answer(connection, { ok = false, message = tostring(result) })
        return
    end
    result.ok = true
    answer(connection, result)
    if finish ~= nil then
        -- Returns when the client has finished or died, which closes the connection.
        connection:read(1)
        finish()
    end
end

-- commands: {[name] = function(request) -> the table to answer; nil or a function to call when the connection ends}. If
-- the path of the data folder is too long for a socket, there is no control socket; serving requests does not need it.
function M.listen(data_dir, commands)
    local path = M.path(data_dir)
    local server, reason = socket.tcp_server('unix/', path, {
        name = 'control',
        handler = function(connection)
            handle(commands, connection)
        end,
    })
    if server == nil or not fio.chmod(path, tonumber('600', 8)) then
        log.warn('no control socket at %s: %s', path, tostring(reason))
    end
end

-- Sends a request to the Tarantool running in the folder. Returns its answer and the connection, which the caller
-- closes, or nil and a reason for people.
function M.ask(data_dir, request, timeout_s)
    local connection = socket.tcp_connect('unix/', M.path(data_dir))
    if connection == nil then
        return nil, 'no Tarantool is running in ' .. data_dir
    end
    connection:write(json.encode(request) .. '\n')
    local line = connection:read('\n', timeout_s)
    local decoded, result = pcall(json.decode, line or '')
    if not decoded or type(result) ~= 'table' or not result.ok then
        connection:close()
        return nil, decoded and type(result) == 'table' and result.message or 'Tarantool did not answer'
    end
    return result, connection
end

return M
