-- Idempotency keys: which import was stored under which key, so that a repeated request does not store it twice.
-- A request first claims its key; the import and the row of the key are written in one transaction.

local fiber = require('fiber')
local background = require('lib.background')
local errors = require('lib.errors')
local holds = require('lib.holds')
local buckets = require('shards.buckets')

local M = {}

M.KEY_LIFETIME_SECONDS = 24 * 60 * 60
M.EXPIRE_EVERY_SECONDS = 60

-- Rows per transaction, as in the sweeper of imports.
local EXPIRE_PIECE = 300

-- The import of a claimed key will be stored in the bucket of the key, which therefore stays here.
local claims = holds.create(function() end, function(key)
    buckets.release(buckets.of_key(key))
end)

-- Claims a key for this session. Returns nothing, or import_id and fingerprint when an import is stored under the key.
-- Raises KEY_IN_USE while any request holds a claim of the key. Claims are checked first, since the row of a claimed
-- key may not be in the log yet. token: nil, or a name of this claim, by which a caller that never got the answer can
-- release it.
function M.claim(key, token)
    if claims.is_held(key) then
        errors.raise('KEY_IN_USE')
    end
    local stored = box.space.idempotency_keys:get({ key })
    if stored ~= nil and stored.expires_at > fiber.time() then
        return stored.import_id, stored.fingerprint
    end
    buckets.hold(buckets.of_key(key))
    claims.take(key, token)
end

-- Ends the claim with this token. Has no effect on other claims.
function M.release(key, token)
    if claims.is_called(key, token) then
        claims.give_up(key)
    end
end

-- Runs work(), which returns an import's id, and writes the row of the key in the same transaction; then the claim
-- ends. key: nil when the request has none. Returns the import's id. Raises KEY_NOT_CLAIMED, and what work raises: then
-- nothing is stored and the claim stays.
function M.commit(key, fingerprint, work)
    if key == nil then
        return box.atomic(work)
    end
    if not claims.is_mine(key) then
        errors.raise('KEY_NOT_CLAIMED')
    end
    return claims.spend(key, box.atomic, function()
        local import_id = work()
        local expires_at = fiber.time() + M.KEY_LIFETIME_SECONDS
        -- replace: there may still be an expired row.
        box.space.idempotency_keys:replace({ key, fingerprint, import_id, expires_at, buckets.of_key(key) })
        return import_id
    end)
end

-- Deletes the expired rows in pieces.
function M.expire()
    local space = box.space.idempotency_keys
    while true do
        local rows = space.index.expires_at:select({ fiber.time() }, { iterator = 'LE', limit = EXPIRE_PIECE })
        if #rows == 0 then
            return
        end
        box.atomic(function()
            for i = 1, #rows do
                space:delete({ rows[i].key })
            end
        end)
    end
end

-- From now on claims end with their sessions, and expired rows are deleted.
function M.start_expiring()
    claims.end_with_sessions()
    local job = { name = 'key_expirer', what = 'deleting expired idempotency keys' }
    background.every(job, M.EXPIRE_EVERY_SECONDS, M.expire)
end

return M
