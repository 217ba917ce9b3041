-- One set of storages as a router sees it: a connection to each instance, and which instance is the primary.
--
-- The connections are the router's own: what a web process stages is held by the session of such a connection
-- (lib/holds.lua), while vshard may replace its connections at any time.

local fiber = require('fiber')
local log = require('log')
local net_box = require('net.box')

local M = {}

-- A question takes 0.05 ms of either side.
M.ASK_EVERY_SECONDS = 0.25
-- An instance that has answered nothing for this long hangs: its connection is closed, which ends what waits for it.
M.SILENCE_SECONDS = 3
-- When so many calls wait for an instance that has been silent for HESITATION_SECONDS, further ones are refused: each
-- holds one of the 512 places that a web process has for all sets together.
M.MAX_CALLS_IN_SILENCE = 256
M.HESITATION_SECONDS = 0.5

local function is_open(connection)
    return connection ~= nil and connection.state ~= 'closed' and connection.state ~= 'error'
end

-- A primary of an earlier term, back after a takeover, does not know yet that it has a successor.
local function note_state(set, instance, state)
    local is_primary = state ~= nil and state.role == 'primary' and state.term >= set.term
    if is_primary then
        set.term = state.term
        if set.primary ~= instance then
            set.primary, set.away_since = instance, nil
            log.info('%s is the primary of set %s, in term %d', instance.name, set.name, state.term)
            set.changed:broadcast()
        end
    elseif set.primary == instance then
        set.primary, set.away_since = nil, fiber.clock()
        log.warn('set %s has no primary: %s is none any more', set.name, instance.name)
        set.changed:broadcast()
    end
end

local function connect(set, instance)
    local connection = net_box.connect(instance.uri, {
        user = set.user,
        password = set.password,
        wait_connected = false,
        fetch_schema = false,
    })
    instance.connection, instance.heard_at = connection, fiber.clock()
    connection:on_disconnect(function()
        if instance.connection == connection then
            note_state(set, instance, nil)
        end
    end)
end

-- Asks an instance what it is.
local function ask(set, instance)
    if not is_open(instance.connection) then
        connect(set, instance)
    end
    local connection = instance.connection
    local options = { timeout = M.SILENCE_SECONDS }
    local ok, result = pcall(connection.call, connection, 'svodka_at', { 'svodka.replication.state', {} }, options)
    if ok then
        instance.heard_at = fiber.clock()
        -- The connection may have ended right after the answer, before this fiber runs.
        local is_active = connection.state == 'active'
        note_state(set, instance, is_active and result[1] and result[2] or nil)
        return
    end
    if not is_open(connection) then
        note_state(set, instance, nil)
    elseif fiber.clock() - instance.heard_at >= M.SILENCE_SECONDS then
        log.warn('%s of set %s does not answer: %s', instance.name, set.name, tostring(result))
        note_state(set, instance, nil)
        connection:close()
    end
end

local function watch(set, instance)
    fiber.name('watch_' .. instance.name, { truncate = true })
    while not set.is_over do
        ask(set, instance)
        set.hurried:wait(M.ASK_EVERY_SECONDS)
    end
    instance.connection:close()
end

-- options: {id, name, instances = {{name, uri}, ...}, user, password}. Returns a set: `primary` is the instance that is
-- the primary, or nil; `changed` is signalled when another instance or none becomes it; `away_since` is when there was
-- one last.
function M.create(options)
    local set = {
        id = options.id,
        name = options.name,
        user = options.user,
        password = options.password,
        instances = options.instances,
        primary = nil,
        term = 0,
        away_since = fiber.clock(),
        changed = fiber.cond(),
        hurried = fiber.cond(),
        in_flight = 0,
        is_over = false,
    }
    for _, instance in ipairs(set.instances) do
        fiber.create(watch, set, instance)
    end
    return set
end

-- Ends the connections of a set that is not part of the topology any more.
function M.close(set)
    set.is_over = true
    set.hurried:broadcast()
    set.changed:broadcast()
end

-- Has all instances asked at once: one has said that it is not the primary.
function M.hurry(set)
    set.hurried:broadcast()
end

-- Whether one more call may be sent to the primary.
function M.has_room(set)
    return set.in_flight < M.MAX_CALLS_IN_SILENCE or fiber.clock() - set.primary.heard_at < M.HESITATION_SECONDS
end

-- Waits for a primary, at most until `deadline` of fiber.clock(). Returns it, or nil.
function M.await_primary(set, deadline)
    while set.primary == nil do
        local left = deadline - fiber.clock()
        if left <= 0 or set.is_over then
            return nil
        end
        set.changed:wait(left)
    end
    return set.primary
end

-- Calls a function at an instance over its open connection. Returns true and its first three results, or false, the
-- reason, and whether the call was sent: if so, it may have been carried out.
function M.call(set, instance, name, arguments, timeout_seconds)
    local connection = instance.connection
    if connection.state ~= 'active' then
        return false, 'not connected', false
    end
    set.in_flight = set.in_flight + 1
    local ok, first, second, third = pcall(connection.call, connection, name, arguments, { timeout = timeout_seconds })
    set.in_flight = set.in_flight - 1
    if not ok then
        return false, first, true
    end
    instance.heard_at = fiber.clock()
    return true, first, second, third
end

return M
