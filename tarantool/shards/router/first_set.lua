-- Everything that is not sharded (users, work, traffic) is on the first set. Each session of a client of the router has
-- a connection of its own there, as the same user: what the procedures hold for a session ends with it, and the
-- storage itself checks what the user may call.

local fiber = require('fiber')
local net_box = require('net.box')
local activity = require('lib.activity')
local routes = require('shards.router.sets.routes')
local waits = require('shards.router.sets.waits')

local M = {}

-- Polls of executors wait for minutes. A storage that hangs is noticed by its set, which ends the wait.
local CALL_SECONDS = 600
local CONNECT_SECONDS = 2

-- Of users of the router: user -> password.
local passwords
-- Session id -> {connection, instance}.
local link_of = {}

local function is_usable(link, primary)
    local state = link.connection.state
    return link.instance == primary and state ~= 'closed' and state ~= 'error'
end

local function close(session_id)
    local link = link_of[session_id]
    if link ~= nil then
        link_of[session_id] = nil
        link.connection:close()
    end
end

-- The session's connection to the primary, which may not be established yet.
local function link_to(primary)
    local session_id = box.session.id()
    local link = link_of[session_id]
    if link ~= nil and is_usable(link, primary) then
        return link
    end
    close(session_id)
    local user = box.session.user()
    link = {
        instance = primary,
        connection = net_box.connect(primary.uri, {
            user = user,
            password = passwords[user],
            wait_connected = false,
            fetch_schema = false,
        }),
    }
    link_of[session_id] = link
    return link
end

-- Returns the results of a procedure at the first set, as they are.
local function pass_on(name, ...)
    activity.note()
    local set = routes.first_set()
    if not waits.for_primary(waits.begin(), set) then
        return false, 'SHARD_AWAY'
    end
    local link = link_to(set.primary)
    local connection = link.connection
    if connection.state ~= 'active' and not connection:wait_connected(CONNECT_SECONDS) then
        return false, 'SHARD_AWAY'
    end
    local results = { pcall(connection.call, connection, name, { ... }, { timeout = CALL_SECONDS }) }
    if not results[1] then
        return false, 'OUTCOME_UNKNOWN'
    end
    return unpack(results, 2, #results)
end

-- Returns a function that calls the procedure of this name there.
function M.procedure(name)
    return function(...)
        return pass_on(name, ...)
    end
end

local function watch_primary()
    fiber.name('watch_first_set')
    while true do
        local set = routes.first_set()
        -- A primary that hangs, or is none any more, ends the calls that wait for it.
        for session_id, link in pairs(link_of) do
            if link.instance ~= set.primary then
                close(session_id)
            end
        end
        set.changed:wait()
    end
end

-- given_passwords: of the users that clients of the router connect as. From now on connections end with their sessions.
function M.start(given_passwords)
    passwords = given_passwords
    box.session.on_disconnect(function()
        close(box.session.id())
    end)
    fiber.create(watch_primary)
end

return M
