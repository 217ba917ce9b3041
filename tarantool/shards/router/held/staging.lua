-- Imports that sessions of web processes stage. An import stays on the connection over which its first chunk was sent.
--
-- A web process sends the further chunks and the publication, under the token of the import, without waiting for the
-- answer to the first chunk. They are passed on right behind it, in the order of their arrival. If vshard has refused
-- the first chunk, those behind it have found nothing staged, and are sent again behind the next try.

local fiber = require('fiber')
local buckets = require('shards.buckets')
local calls = require('shards.router.calls')
local holds = require('lib.holds')
local keys = require('shards.router.held.keys')
local placement = require('shards.router.held.placement')
local tokens = require('shards.router.held.tokens')

local M = {}

local NOT_STAGED = { false, 'IMPORT_NOT_STAGED' }

-- Own token -> {token, import_id, set, instance, sends, is_over, changed, last_turn, next_turn, appending}. instance:
-- nil until the first chunk is sent, and after a refusal of it. sends: how often it was sent. appending: the number of
-- chunks without an answer.
local staging_of = {}
local own_of_import = {}

local function finish(staging)
    staging.is_over = true
    staging.changed:broadcast()
    staging_of[staging.token] = nil
    if staging.import_id ~= nil then
        own_of_import[staging.import_id] = nil
    end
end

-- Sent behind the first chunk over the same connection, so the storage finds what there is.
local function discard(staging)
    if staging.instance ~= nil then
        calls.ask_held(staging.set, staging.instance, 'svodka.imports.discard_token', { staging.token })
    end
end

local staged = holds.create(function(token)
    local staging = staging_of[token]
    finish(staging)
    fiber.new(discard, staging)
end)

-- Makes staged imports end with their sessions.
M.end_with_sessions = staged.end_with_sessions

local function begin(token)
    local staging = {
        token = tokens.next(),
        sends = 0,
        is_over = false,
        changed = fiber.cond(),
        last_turn = 0,
        next_turn = 1,
        appending = 0,
    }
    staging_of[staging.token] = staging
    staged.take(staging.token, token)
    return staging
end

local function note_sent(staging, set, instance)
    staging.set, staging.instance = set, instance
    staging.sends = staging.sends + 1
    staging.changed:broadcast()
    return not staging.is_over
end

-- A request as in calls.ask.
local function first_chunk(staging, bucket, rows, bytes, counts)
    return {
        bucket = bucket,
        mode = 'write',
        name = 'svodka.imports.stage',
        arguments = { rows, bytes, staging.token, counts, box.NULL, bucket },
        on_send = function(set, instance)
            return note_sent(staging, set, instance)
        end,
        on_refusal = function()
            staging.instance = nil
        end,
    }
end

local function send_first_chunk(staging, rows, bytes, counts, key)
    if key == nil then
        return placement.ask_anywhere(function(bucket)
            return first_chunk(staging, bucket, rows, bytes, counts)
        end)
    end
    local request = first_chunk(staging, buckets.of_key(key), rows, bytes, counts)
    local claim = keys.of(key)
    if claim == nil then
        return { false, 'KEY_NOT_CLAIMED' }
    end
    note_sent(staging, claim.set, claim.instance)
    return calls.ask_held(claim.set, claim.instance, request.name, request.arguments)
end

-- As census/imports.lua has it. key: nil, or the one that the import will be published with, which this session has
-- claimed. Returns the answer, as all functions below.
function M.stage(rows, bytes, token, counts, key)
    local staging = begin(token)
    local answer = send_first_chunk(staging, rows, bytes, counts, key)
    if answer[1] then
        if not staging.is_over then
            staging.import_id = tonumber(answer[2])
            own_of_import[staging.import_id] = staging.token
        end
        return answer
    end
    if not staging.is_over then
        staged.drop(staging.token)
        finish(staging)
        -- It may be staged although no answer came.
        discard(staging)
    end
    return answer
end

-- The staging of an import by this session, or nil. import_id, token: as in census/imports.lua.
local function of_mine(import_id, token)
    local own
    if import_id ~= nil then
        own = own_of_import[tonumber(import_id)]
    else
        own = staged.find(token)
    end
    if own ~= nil and staged.is_mine(own) then
        return staging_of[own]
    end
end

-- Waits until the first chunk and whatever came before this call has been sent.
local function await_turn(staging)
    staging.last_turn = staging.last_turn + 1
    local mine = staging.last_turn
    while not staging.is_over and (staging.instance == nil or staging.next_turn ~= mine) do
        staging.changed:wait()
    end
    staging.next_turn = mine + 1
    if staging.last_turn > mine then
        staging.changed:broadcast()
    end
end

-- Sends a call behind the first chunk, again if that had been refused. is_ready: function() -> whether it may be sent
-- again now.
local function deliver(staging, name, arguments, is_ready)
    await_turn(staging)
    local is_again = false
    while true do
        while not staging.is_over and (staging.instance == nil or (is_again and not is_ready())) do
            staging.changed:wait()
        end
        if staging.is_over then
            return NOT_STAGED
        end
        local sends = staging.sends
        local answer = calls.ask_held(staging.set, staging.instance, name, arguments)
        if answer[2] ~= 'IMPORT_NOT_STAGED' or (staging.sends == sends and staging.instance ~= nil) then
            return answer
        end
        is_again = true
    end
end

local function always()
    return true
end

function M.append(import_id, rows, bytes, counts, token)
    local staging = of_mine(import_id, token)
    if staging == nil then
        return NOT_STAGED
    end
    staging.appending = staging.appending + 1
    local arguments = { box.NULL, rows, bytes, counts, staging.token }
    local answer = deliver(staging, 'svodka.imports.append', arguments, always)
    staging.appending = staging.appending - 1
    staging.changed:broadcast()
    return answer
end

local function publish(staging, citizen_count, bytes, key, fingerprint)
    local arguments = { box.NULL, citizen_count, bytes, key, fingerprint, staging.token }
    local answer
    pcall(staged.spend, staging.token, function()
        answer = deliver(staging, 'svodka.imports.publish', arguments, function()
            return staging.appending == 0
        end)
        if not answer[1] then
            error(answer[2], 0)
        end
    end)
    if answer[1] then
        finish(staging)
    end
    return answer
end

function M.publish(import_id, citizen_count, bytes, key, fingerprint, token)
    local staging = of_mine(import_id, token)
    if staging == nil then
        return NOT_STAGED
    elseif key == nil then
        return publish(staging, citizen_count, bytes, key, fingerprint)
    end
    return keys.spend(key, function()
        return publish(staging, citizen_count, bytes, key, fingerprint)
    end)
end

function M.discard(import_id)
    local own = own_of_import[tonumber(import_id)]
    if own ~= nil then
        staged.give_up(own)
    end
    return { true }
end

function M.discard_token(token)
    local own = staged.find(token)
    if own ~= nil then
        staged.give_up(own)
    end
    return { true }
end

-- Stores an import of one chunk.
function M.create(rows, bytes, key, fingerprint, counts)
    local function arguments(bucket)
        return { rows, bytes, key, fingerprint, counts, bucket }
    end
    if key == nil then
        return (
            placement.ask_anywhere(function(bucket)
                local name = 'svodka.imports.create'
                return { bucket = bucket, mode = 'write', name = name, arguments = arguments(bucket) }
            end)
        )
    end
    return keys.spend(key, function(claim)
        local bucket = buckets.of_key(key)
        return calls.ask_held(claim.set, claim.instance, 'svodka.imports.create', arguments(bucket))
    end)
end

return M
