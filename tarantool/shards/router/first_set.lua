-- Everything that is not sharded (users, work, traffic) is on the first set. Each session of a client of the router has
-- a connection of its own there, as the same user: what the procedures hold for a session ends with it, and the
-- storage itself checks what the user may call.

local fiber = require('fiber')
local net_box = require('net.box')
local activity = require('lib.activity')
local calls = require('shards.router.calls')
local routes = require('shards.router.sets.routes')
local waits = require('shards.router.sets.waits')

local M = {}

-- Polls of executors wait for minutes. A storage that hangs is noticed by its set, which ends the wait.
local CALL_SECONDS = 600
local CONNECT_SECONDS = 2

-- Of users of the router: user -> password.
local passwords
-- Session id -> {is_over, connection, instance}; the last two are nil while there is no connection.
local link_of = {}

local function disconnect(link)
    local connection = link.connection
    link.connection, link.instance = nil, nil
    if connection ~= nil then
        connection:close()
    end
end

-- The link of this session. To be called before anything yields: later the session may have ended.
local function own_link()
    local session_id = box.session.id()
    local link = link_of[session_id]
    if link == nil then
        link = { is_over = false }
        link_of[session_id] = link
    end
    return link
end

local function end_link()
    local session_id = box.session.id()
    local link = link_of[session_id]
    if link ~= nil then
        link_of[session_id] = nil
        link.is_over = true
        disconnect(link)
    end
end

local function is_usable(link, primary)
    local connection = link.connection
    return link.instance == primary and connection.state ~= 'closed' and connection.state ~= 'error'
end

-- The link's connection to the primary, which may not be established yet.
local function connection_to(primary, link)
    if not is_usable(link, primary) then
        disconnect(link)
        local user = box.session.user()
        link.instance = primary
        link.connection = net_box.connect(primary.uri, {
            user = user,
            password = passwords[user],
            wait_connected = false,
            fetch_schema = false,
        })
    end
    return link.connection
end

-- Returns the results of a procedure at the first set, as they are.
local function pass_on(name, ...)
    activity.note()
    local link = own_link()
    local set = routes.first_set()
    if not waits.for_primary(waits.begin(), set) or link.is_over then
        return false, 'SHARD_AWAY'
    end
    local connection = connection_to(set.primary, link)
    if connection.state ~= 'active' and not connection:wait_connected(CONNECT_SECONDS) then
        calls.log_failure(connection.error)
        return false, 'SHARD_AWAY'
    end
    local results = { pcall(connection.call, connection, name, { ... }, { timeout = CALL_SECONDS }) }
    if not results[1] then
        calls.log_failure(results[2])
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
        for _, link in pairs(link_of) do
            if link.instance ~= set.primary then
                disconnect(link)
            end
        end
        set.changed:wait()
    end
end

-- given_passwords: of the users that clients of the router connect as. From now on connections end with their sessions.
function M.start(given_passwords)
    passwords = given_passwords
    box.session.on_disconnect(end_link)
    fiber.create(watch_primary)
end

return M
