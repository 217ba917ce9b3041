-- Idempotency keys: which import was stored for which key, so that a repeated request stores nothing twice.
-- A request claims its key first; the import and the row of its key commit in one transaction.

local fiber = require('fiber')
local background = require('lib.background')
local errors = require('lib.errors')
local holds = require('lib.holds')

local M = {}

M.KEY_LIFETIME_SECONDS = 24 * 60 * 60
M.EXPIRE_EVERY_SECONDS = 60

-- As many rows as the sweeper of imports deletes in a transaction, and for its reason.
local EXPIRE_PIECE = 300

local claims = holds.create(function() end)

-- Returns nothing when this session has claimed the key now; import_id, fingerprint of what is stored under it. Raises
-- KEY_IN_USE while a request, of this session or another, has it claimed: it is asked first, since the row of a
-- claimed key may be one that the log does not have yet.
-- token: nil, or what tells this claim from the session's other ones, for who waits in vain for the answer.
function M.claim(key, token)
    if claims.is_held(key) then
        errors.raise('KEY_IN_USE')
    end
    local stored = box.space.idempotency_keys:get({ key })
    if stored ~= nil and stored.expires_at > fiber.time() then
        return stored.import_id, stored.fingerprint
    end
    claims.take(key, token)
end

-- Ends this session's claim of this token; without effect on any other.
function M.release(key, token)
    if claims.is_called(key, token) then
        claims.give_up(key)
    end
end

-- Runs work(), which returns an import's id, as one transaction together with the row of the key, and ends the claim.
-- key: nil when the request has none. Returns the import's id. Raises KEY_NOT_CLAIMED, and what work raises: then
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
        -- Replaced, since an expired row may be there still.
        box.space.idempotency_keys:replace({ key, fingerprint, import_id, expires_at })
        return import_id
    end)
end

-- Deletes the rows that have expired, in pieces.
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
