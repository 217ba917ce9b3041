-- The other of two instances, as this one asks it: a connection for each question, with time limits.

local net_box = require('net.box')
local position = require('replication.position')

local M = {}

local CONNECT_SECONDS = 3
local CALL_SECONDS = 5

-- settings: of lib/settings. Calls a procedure of replication/peer_exports.lua there.
-- Returns its results behind true; false and why not when it does not answer.
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
    -- By lib/export's envelope: true and results, or false, code, details.
    if not results[1] then
        return false, tostring(results[2])
    end
    if not results[2] then
        return false, tostring(results[3])
    end
    return true, unpack(results, 3)
end

-- What replication.state answers there, its position as lib/position has it; nil and why not.
function M.state(settings)
    local ok, state = M.call(settings, 'peer.replication.state')
    if not ok then
        return nil, state
    end
    state.position = position.from_flat(state.position)
    return state
end

return M
