-- Tokens: by which a client says who it is. Only their SHA-256 is stored.

local fiber = require('fiber')
local errors = require('lib.errors')

local M = {}

-- The kind of tokens that belong to a camera and not to a user; their name is its id.
M.CAMERA = 'camera'

-- Of log-in; older ones end with the next.
local MAX_LOGIN_TOKENS = 20
-- A use is noted when the last one noted is older than this: each note is a write.
local NOTE_USE_SECONDS = 60

-- Part of a transaction. Returns the row.
function M.insert(user_id, hash, kind, name, expires_at)
    return box.space.tokens:insert({ nil, hash, user_id, kind, name, fiber.time(), nil, expires_at })
end

-- Part of a transaction. Deletes all tokens of a user but one (nil: all).
function M.delete_all(user_id, kept_id)
    for _, token in ipairs(box.space.tokens.index.user:select({ user_id })) do
        if token.id ~= kept_id then
            box.space.tokens:delete({ token.id })
        end
    end
end

-- Part of a transaction. A token of log-in, of which a user keeps the newest 20. Returns its row.
function M.insert_login(user_id, hash)
    local row = M.insert(user_id, hash, 'login', 'log-in', nil)
    local index = box.space.tokens.index.user
    local surplus = index:count({ user_id, 'login' }) - MAX_LOGIN_TOKENS
    if surplus > 0 then
        for _, token in ipairs(index:select({ user_id, 'login' }, { limit = surplus })) do
            box.space.tokens:delete({ token.id })
        end
    end
    return row
end

-- Part of a transaction. O(tokens of the user)
local function delete_expired(user_id)
    local now = fiber.time()
    for _, token in ipairs(box.space.tokens.index.user:select({ user_id, 'named' })) do
        if token.expires_at ~= nil and token.expires_at <= now then
            box.space.tokens:delete({ token.id })
        end
    end
end

-- A token with a name of the user's choice; expired ones are deleted. Returns its row. Raises USER_NOT_FOUND,
-- TOO_MANY_TOKENS.
function M.add(user_id, hash, name, expires_at, limit)
    return box.atomic(function()
        local user = box.space.users:get({ user_id })
        if user == nil or not user.enabled then
            errors.raise('USER_NOT_FOUND')
        end
        delete_expired(user_id)
        if box.space.tokens.index.user:count({ user_id, 'named' }) >= limit then
            errors.raise('TOO_MANY_TOKENS')
        end
        return M.insert(user_id, hash, 'named', name, expires_at)
    end)
end

-- The rows of a user's tokens, oldest first.
function M.list(user_id)
    return box.space.tokens.index.user:select({ user_id })
end

-- Raises TOKEN_NOT_FOUND when the user has none of this id.
function M.delete(user_id, id)
    local token = box.space.tokens:get({ id })
    if token == nil or token.user_id ~= user_id then
        errors.raise('TOKEN_NOT_FOUND')
    end
    box.space.tokens:delete({ id })
end

-- Deletes all tokens of a user.
function M.delete_of_user(user_id)
    box.atomic(M.delete_all, user_id)
end

-- Who has these tokens. hashes: a list. Returns a list of the same length: {user_id, username, roles, token_id,
-- note_use}, or false for a token that does not exist or has expired. A camera has the user id 0, its own id as the
-- name, and the role `camera`. note_use: call M.note_use for it. O(hashes).
function M.authenticate(hashes)
    local now = fiber.time()
    local found = {}
    for i, hash in ipairs(hashes) do
        local token = box.space.tokens.index.hash:get({ hash })
        found[i] = false
        if token ~= nil and (token.expires_at == nil or token.expires_at > now) then
            local is_noted = token.last_used_at ~= nil and token.last_used_at > now - NOTE_USE_SECONDS
            local user = box.space.users:get({ token.user_id })
            if token.kind == M.CAMERA then
                found[i] = { 0, token.name, { M.CAMERA }, token.id, not is_noted }
            elseif user ~= nil and user.enabled then
                found[i] = { user.id, user.username, user.roles, token.id, not is_noted }
            end
        end
    end
    return found
end

-- Notes that tokens were used now. Without effect on those that are gone.
function M.note_use(ids)
    box.atomic(function()
        for _, id in ipairs(ids) do
            box.space.tokens:update({ id }, { { '=', 'last_used_at', fiber.time() } })
        end
    end)
end

return M
