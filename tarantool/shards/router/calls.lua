-- Calls of procedures at storages, and what becomes of an answer that does not come.
--
-- A call goes to vshard.storage.call of the primary, which refuses it when the bucket is not there, or keeps the bucket
-- there until the call has ended. What a session holds there already (staged imports, claimed keys) keeps its bucket
-- by itself: such calls go to svodka_at directly, since vshard would have them wait for a move that waits for them.
--
-- The answer of a storage is an array: the envelope of lib/export.lua in one value.

local fiber = require('fiber')
local log = require('log')
local activity = require('lib.activity')
local errors = require('lib.errors')
local routes = require('shards.router.sets.routes')
local set_of_storages = require('shards.router.sets.set')
local waits = require('shards.router.sets.waits')

local M = {}

-- Less than the deadline of the web side, 10 s, so that it learns the reason.
local CALL_SECONDS = 8
-- As long as the web side waits for them.
local LONG_CALL_SECONDS = {
    ['svodka.checks.digest'] = 600,
    ['svodka.checks.recount'] = 600,
    ['svodka.comparison.count'] = 60,
}

local LOG_EVERY_SECONDS = 1

local counts = { calls = 0, retries = 0, refused = 0, unknown = 0 }

-- {calls, retries, refused: not carried out because a set or a bucket was away, unknown: writes that were sent and not
-- answered}, all since the start.
function M.counts()
    return counts
end

local function note_call()
    activity.note()
    counts.calls = counts.calls + 1
end

local last_logged_at = 0

-- While a set is away, hundreds of calls a second may fail for the same reason.
function M.log_failure(reason)
    local now = fiber.clock()
    if now - last_logged_at >= LOG_EVERY_SECONDS then
        last_logged_at = now
        log.warn('a storage did not answer: %s', tostring(reason))
    end
end

-- The answer that stands for one that did not come. was_sent: it may have been carried out.
local function failed(mode, was_sent, reason)
    M.log_failure(reason)
    if mode == 'write' and was_sent then
        counts.unknown = counts.unknown + 1
        return { false, 'OUTCOME_UNKNOWN' }
    end
    counts.refused = counts.refused + 1
    return { false, 'SHARD_AWAY' }
end

local function timeout_of(name)
    return LONG_CALL_SECONDS[name] or CALL_SECONDS
end

local function is_read_only(answer)
    return answer[1] == false and answer[2] == 'READ_ONLY'
end

local function describe(reason)
    return type(reason) == 'table' and reason.message or reason
end

-- One call of vshard.storage.call. Returns as set.call does, but of the refusal of a second bucket the third result.
local function send(set, primary, request)
    local seconds = timeout_of(request.name)
    local at = { request.name, request.arguments }
    if request.other_bucket == nil then
        local arguments = { request.bucket, request.mode, 'svodka_at', at }
        return set_of_storages.call(set, primary, 'vshard.storage.call', arguments, seconds)
    end
    local inner = { request.other_bucket, request.mode, 'svodka_at', at }
    local arguments = { request.bucket, request.mode, 'vshard.storage.call', inner }
    local ok, is_let_in, value, third = set_of_storages.call(set, primary, 'vshard.storage.call', arguments, seconds)
    if ok and is_let_in then
        return ok, value, third
    end
    return ok, is_let_in, value
end

-- One try. request: see M.ask. Returns the answer and the instance, or nil, what it lacked ('lost' or as in
-- routes.note_refusal), and the reason.
local function try(set, request)
    local primary = set.primary
    if request.on_send ~= nil and not request.on_send(set, primary) then
        return { false, 'IMPORT_NOT_STAGED' }
    end
    local ok, is_let_in, value = send(set, primary, request)
    if not ok then
        local reason, was_sent = is_let_in, value
        if was_sent and (request.mode == 'write' or primary.connection.state == 'active') then
            -- A write is never sent twice, and a read that has used up its time is not repeated.
            return failed(request.mode, was_sent, reason)
        end
        return nil, 'lost', reason
    elseif is_let_in == nil then
        if request.on_refusal ~= nil then
            request.on_refusal()
        end
        routes.forget(request.other_bucket)
        return nil, routes.note_refusal(request.bucket, value), describe(value)
    elseif not is_let_in then
        return { false, 'INTERNAL', { message = tostring(describe(value)) } }
    end
    waits.note_arrival(request.bucket)
    if is_read_only(value) then
        return nil, 'not primary', 'it takes no writes'
    end
    return value, primary
end

-- Waits for whatever the last try lacked. Returns false when the call must give up.
local function wait_for(what, patience, set, bucket)
    if what == 'not primary' then
        set_of_storages.hurry(set)
    end
    if what ~= nil and set ~= nil and set.primary == nil then
        return waits.for_primary(patience, set)
    end
    return what ~= nil and waits.for_bucket(patience, bucket)
end

-- Calls a procedure on the set that has a bucket. request: {bucket, mode = 'read' or 'write', name, arguments = its
-- arguments, an array that has box.NULL for nil, other_bucket = nil or a second one that the same set has, patience =
-- nil or how many seconds it may wait, on_send = nil or function(set, instance), called before each try, which may
-- return false to give up, on_refusal = nil or function(), called when that try has done nothing}. Returns the answer,
-- and the instance that has given it. SHARD_AWAY: nothing was done. OUTCOME_UNKNOWN: a write may have been done.
function M.ask(request)
    local patience = waits.begin(request.patience)
    note_call()
    while true do
        local set = routes.set_of(request.bucket)
        local what, reason = 'elsewhere', 'no set is known to have the bucket'
        if set ~= nil then
            what, reason = 'lost', ('set %s has no primary'):format(set.name)
            if set.primary ~= nil then
                if not set_of_storages.has_room(set) then
                    return failed(request.mode, false, ('set %s hangs'):format(set.name))
                end
                local answer, second, third = try(set, request)
                if answer ~= nil then
                    return answer, second
                end
                what, reason = second, third
            end
        end
        if not wait_for(what, patience, set, request.bucket) then
            return failed(request.mode, false, reason)
        end
        counts.retries = counts.retries + 1
    end
end

-- Calls a procedure over the connection of an instance, on which its bucket is held. Returns the answer.
function M.ask_held(set, instance, name, arguments)
    note_call()
    local ok, answer, was_sent = set_of_storages.call(set, instance, 'svodka_at', { name, arguments }, timeout_of(name))
    if not ok then
        return failed('write', was_sent, answer)
    end
    return answer
end

-- Calls a procedure at the primary of a set. seconds: nil for the usual deadline. Returns the answer.
function M.ask_set(set, name, arguments, seconds)
    note_call()
    local patience = waits.begin(seconds)
    while true do
        if not waits.for_primary(patience, set) or not set_of_storages.has_room(set) then
            return failed('read', false, ('set %s has no primary'):format(set.name))
        end
        local ok, answer, was_sent =
            set_of_storages.call(set, set.primary, 'svodka_at', { name, arguments }, seconds or CALL_SECONDS)
        if ok then
            return answer
        elseif was_sent and set.primary ~= nil then
            return failed('read', true, 'it took too long')
        elseif not was_sent and not waits.a_little(patience) then
            return failed('read', false, answer)
        end
    end
end

-- Calls a function other than svodka_at at the primary of a set. Returns its result; nil if none came.
function M.ask_function(set, name, arguments)
    if not waits.for_primary(waits.begin(), set) then
        return nil
    end
    local ok, result = set_of_storages.call(set, set.primary, name, arguments, CALL_SECONDS)
    return ok and result or nil
end

-- Raises the error that an answer has, or returns its values.
function M.unwrap(answer)
    if answer[1] then
        return unpack(answer, 2, #answer)
    end
    errors.raise(answer[2], answer[3] ~= box.NULL and answer[3] or nil)
end

return M
