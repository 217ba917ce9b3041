-- Log-in: the web side compares passwords, which takes 50 ms of a processor; here is what may be tried, and what follows.

local errors = require('lib.errors')
local tokens = require('users.tokens')
local tries = require('users.tries')

local M = {}

local MAX_BY_NAME = 10
local MAX_BY_ADDRESS = 30

local function of_name(username)
    return 'login of ' .. username
end

local function from_address(address)
    return 'login from ' .. address
end

local function require_left(username, address)
    tries.require_left(of_name(username), MAX_BY_NAME)
    tries.require_left(from_address(address), MAX_BY_ADDRESS)
end

-- Before a password is compared. Returns the user's id and the hash to compare with; nothing when there is no such user,
-- it is disabled, or has no password. Raises TOO_MANY_TRIES.
function M.begin(username, address)
    require_left(username, address)
    local user = box.space.users.index.username:get({ username })
    if user ~= nil and user.enabled and user.password ~= nil then
        return user.id, user.password
    end
end

-- A wrong name or password. Raises TOO_MANY_TRIES when as many were tried meanwhile as are allowed.
function M.fail(username, address)
    box.atomic(function()
        require_left(username, address)
        tries.add(of_name(username))
        tries.add(from_address(address))
    end)
end

-- The right password: stores a token of log-in. password: the hash that was compared with. Returns the token's row.
-- Raises PASSWORD_CHANGED when the user has changed meanwhile.
function M.succeed(user_id, password, token_hash)
    return box.atomic(function()
        local user = box.space.users:get({ user_id })
        if user == nil or not user.enabled or user.password ~= password then
            errors.raise('PASSWORD_CHANGED')
        end
        return tokens.insert_login(user_id, token_hash)
    end)
end

return M
