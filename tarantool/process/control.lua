-- A door for operators, beside the one for the application: a Unix socket in the data folder, which only the owner of
-- the folder may open. One request a connection, each a line of JSON: {"command": "backup"} -> {"ok": true, ...} or
-- {"ok": false, "message": "..."}. No console: who gets at the socket can do what is listed here and nothing else.

local fio = require('fio')
local json = require('json')
local log = require('log')
local socket = require('socket')

local M = {}

local SOCKET = 'control.sock'
-- Whoever connects and says nothing is let go.
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
        -- Until the other side is through, or has died: then its connection ends too.
        connection:read(1)
        finish()
    end
end

-- commands: {[name] = function(request) -> table to answer, nil or what to do once the connection ends}.
-- A data folder whose path is too long for a socket goes without: nothing that serves requests depends on it.
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

-- Asks the Tarantool that works in the folder. Returns its answer and the connection, which the caller closes, or nil
-- and a reason for people.
function M.ask(data_dir, request, timeout_s)
    local connection = socket.tcp_connect('unix/', M.path(data_dir))
    if connection == nil then
        return nil, 'no Tarantool answers in ' .. data_dir
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
