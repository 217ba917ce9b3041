-- Users: who they are and what they may do. Roles are checked by the web side; here they are kept.

local fiber = require('fiber')
local errors = require('lib.errors')
local tokens = require('users.tokens')
local tries = require('users.tries')

local M = {}

local ADMIN = 'admin'

-- The row of a user by name; nil when there is none, or none any more.
local function find(username)
    local user = box.space.users.index.username:get({ username })
    return user ~= nil and user.removed_at == nil and user or nil
end

-- The same; raises USER_NOT_FOUND.
function M.require(username)
    return find(username) or errors.raise('USER_NOT_FOUND')
end

-- The same by id.
function M.require_id(id)
    local user = box.space.users:get({ id })
    if user == nil or user.removed_at ~= nil then
        errors.raise('USER_NOT_FOUND')
    end
    return user
end

-- Whether a user's row has this role itself: an admin does not have the others.
function M.has_role(user, role)
    for _, each in ipairs(user.roles) do
        if each == role then
            return true
        end
    end
    return false
end

-- Whether somebody else could still administer. O(users).
local function has_other_admin(user_id)
    for _, user in box.space.users:pairs() do
        if user.id ~= user_id and user.enabled and user.removed_at == nil and M.has_role(user, ADMIN) then
            return true
        end
    end
    return false
end

local function require_free(username)
    if box.space.users.index.username:get({ username }) ~= nil then
        errors.raise('USERNAME_TAKEN')
    end
end

-- Part of a transaction. Inserts a user. Raises USERNAME_TAKEN.
local function insert(username, password, roles)
    require_free(username)
    return box.space.users:insert({ nil, username, password or box.NULL, roles, true, fiber.time(), nil })
end

-- A new user, made by an administrator. password: a hash, or nil. Returns its row. Raises USERNAME_TAKEN.
function M.add(username, password, roles)
    return box.atomic(insert, username, password, roles)
end

local function of_registration(address)
    return 'registration from ' .. address
end

-- Called before a password is hashed, which takes about 50 ms of a core. Raises USERNAME_TAKEN, TOO_MANY_TRIES.
function M.begin_registration(username, address, limit)
    tries.require_left(of_registration(address), limit)
    require_free(username)
end

-- A new user, by its own registration. limit: how many registrations may come from the address in five minutes.
-- Returns its row. Raises USERNAME_TAKEN, TOO_MANY_TRIES.
function M.register(username, password, roles, address, limit)
    return box.atomic(function()
        M.begin_registration(username, address, limit)
        tries.add(of_registration(address))
        return insert(username, password, roles)
    end)
end

-- Whether there is or was a user.
function M.any()
    return box.space.users:len() > 0
end

-- The user `admin` with a token, when there is no user yet. Returns its row, or nil when there are users.
function M.add_first_admin(token_hash)
    return box.atomic(function()
        if M.any() then
            return nil
        end
        local user = insert(ADMIN, nil, { ADMIN })
        tokens.insert(user.id, token_hash, 'named', 'first start', nil)
        return user
    end)
end

-- Users in order of their names, after one name (nil: from the first), at most `limit`. Returns rows.
function M.list(after, limit)
    local rows = {}
    local index = box.space.users.index.username
    for _, user in index:pairs(after == nil and {} or { after }, { iterator = 'GT' }) do
        if #rows == limit then
            break
        end
        if user.removed_at == nil then
            table.insert(rows, user)
        end
    end
    return rows
end

-- changes: {roles, enabled}, each may be nil. Disabling ends all tokens. Returns the row as it is now.
-- Raises USER_NOT_FOUND, LAST_ADMIN.
function M.update(username, changes)
    return box.atomic(function()
        local user = M.require(username)
        local updates = {}
        if changes.roles ~= nil then
            table.insert(updates, { '=', 'roles', changes.roles })
        end
        if changes.enabled ~= nil then
            table.insert(updates, { '=', 'enabled', changes.enabled })
        end
        local updated = #updates > 0 and box.space.users:update({ user.id }, updates) or user
        local was_admin = user.enabled and M.has_role(user, ADMIN)
        if was_admin and not (updated.enabled and M.has_role(updated, ADMIN)) and not has_other_admin(user.id) then
            errors.raise('LAST_ADMIN')
        end
        if not updated.enabled then
            tokens.delete_all(user.id)
        end
        return updated
    end)
end

-- Part of a transaction. Adds a role to those of a user's row.
function M.grant_role(user, role)
    if not M.has_role(user, role) then
        box.space.users:update({ user.id }, { { '!', 'roles[' .. #user.roles + 1 .. ']', role } })
    end
end

-- Removes a user with all tokens; the name is never given again. Raises USER_NOT_FOUND, LAST_ADMIN.
function M.remove(username)
    box.atomic(function()
        local user = M.require(username)
        if user.enabled and M.has_role(user, ADMIN) and not has_other_admin(user.id) then
            errors.raise('LAST_ADMIN')
        end
        tokens.delete_all(user.id)
        box.space.users:update({ user.id }, {
            { '=', 'removed_at', fiber.time() },
            { '=', 'enabled', false },
            { '=', 'password', box.NULL },
        })
    end)
end

-- Stores another password and ends all tokens but one. old: the hash that was checked against; when it is not the
-- stored one any more, the password was changed meanwhile. Raises PASSWORD_CHANGED, USER_NOT_FOUND.
function M.change_password(user_id, old, new, kept_token_id)
    box.atomic(function()
        if M.require_id(user_id).password ~= old then
            errors.raise('PASSWORD_CHANGED')
        end
        box.space.users:update({ user_id }, { { '=', 'password', new } })
        tokens.delete_all(user_id, kept_token_id)
    end)
end

return M
