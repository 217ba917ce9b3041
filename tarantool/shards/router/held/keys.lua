-- Claims of Idempotency-Keys by sessions of web processes. The storage of the key's bucket decides; here it is kept
-- over which connection a key is claimed, since only that one may store an import under it.

local fiber = require('fiber')
local buckets = require('shards.buckets')
local calls = require('shards.router.calls')
local holds = require('lib.holds')
local tokens = require('shards.router.held.tokens')

local M = {}

-- Own token -> {token, key, set, instance, is_over}. At a storage all claims of this router are of one session, which
-- needs names of its own for them.
local claim_of = {}
-- Key -> the claim that the storage has granted.
local granted = {}

local function forget(claim)
    claim.is_over = true
    claim_of[claim.token] = nil
    if granted[claim.key] == claim then
        granted[claim.key] = nil
    end
end

-- What was not sent anywhere needs no release.
local function release(claim)
    forget(claim)
    if claim.instance == nil then
        return { true }
    end
    return calls.ask_held(claim.set, claim.instance, 'svodka.keys.release', { claim.key, claim.token })
end

-- Sessions end in triggers, which must not yield: fiber.new only schedules.
local claims = holds.create(function(token)
    fiber.new(release, claim_of[token])
end)

-- Makes claims end with their sessions.
M.end_with_sessions = claims.end_with_sessions

-- As census/imports/keys.lua has it; returns the answer.
function M.claim(key, token)
    local claim = { token = tokens.next(), key = key }
    claim_of[claim.token] = claim
    claims.take(claim.token, token)
    local answer = calls.ask({
        bucket = buckets.of_key(key),
        mode = 'write',
        name = 'svodka.keys.claim',
        arguments = { key, claim.token },
        on_send = function(set, instance)
            claim.set, claim.instance = set, instance
            return not claim.is_over
        end,
    })
    if claim.is_over then
        return { false, 'KEY_NOT_CLAIMED' }
    elseif answer[1] and answer[2] == nil then
        granted[key] = claim
        return answer
    end
    claims.drop(claim.token)
    if answer[2] == 'OUTCOME_UNKNOWN' then
        release(claim)
    else
        forget(claim)
    end
    return answer
end

-- Ends the claim with this token, which the session has chosen.
function M.release(_, token)
    local own = claims.find(token)
    if own == nil then
        return { true }
    elseif claims.is_mine(own) then
        claims.drop(own)
        return release(claim_of[own])
    end
    claims.give_up(own)
    return { true }
end

-- The claim of a key by this session: {set, instance}, or nil.
function M.of(key)
    local claim = granted[key]
    if claim ~= nil and claims.is_mine(claim.token) then
        return claim
    end
end

-- Runs store(claim), which asks a storage to store an import under a key that this session has claimed, and returns the
-- answer. The claim ends if that succeeds. Returns the answer.
function M.spend(key, store)
    local claim = M.of(key)
    if claim == nil then
        return { false, 'KEY_NOT_CLAIMED' }
    end
    local answer
    pcall(claims.spend, claim.token, function()
        answer = store(claim)
        if not answer[1] then
            error(answer[2], 0)
        end
    end)
    if answer[1] then
        forget(claim)
    end
    return answer
end

return M
