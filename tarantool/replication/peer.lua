-- Calls to the other instance of a pair: a connection per call, with time limits.

local net_box = require('net.box')
local position = require('replication.position')

local M = {}

local CONNECT_SECONDS = 3
local CALL_SECONDS = 5

-- settings: of process/settings. Calls a procedure of replication/peer_exports.lua on the peer. Returns true and its
-- results, or false and a reason if there is no answer.
function M.call(settings, name, ...)
    local connection = net_box.connect(settings.peer, {
        user = settings.replication_user,
        password = settings.replication_password,
        connect_timeout = CONNECT_SECONDS,
    })
    if connection.state ~= 'active' then
        local reason = tostring(connection.error or 'no connection')
        connection:close()
        return false, reason
    end
    local results = { pcall(connection.call, connection, name, { ... }, { timeout = CALL_SECONDS }) }
    connection:close()
    -- The envelope of lib/export: true and results, or false, code, details.
    if not results[1] then
        return false, tostring(results[2])
    end
    if not results[2] then
        return false, tostring(results[3])
    end
    return true, unpack(results, 3)
end

-- The result of replication.state on the peer, its position in the form of replication/position; or nil and a reason.
function M.state(settings)
    local ok, state = M.call(settings, 'peer.replication.state')
    if not ok then
        return nil, state
    end
    state.position = position.from_flat(state.position)
    return state
end

return M
