-- Log-in. The web side compares passwords, which takes about 50 ms of a core; this side limits the tries and stores
-- what follows from the comparison.

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

-- Called before a password is compared. Returns the user's id and the hash to compare with; nothing when nobody can
-- log in under the name: there is no such user, it is disabled, or has no password. Raises TOO_MANY_TRIES.
function M.begin(username, address)
    require_left(username, address)
    local user = box.space.users.index.username:get({ username })
    if user ~= nil and user.enabled and user.password ~= nil then
        return user.id, user.password
    end
end

-- Counts a wrong name or password. Raises TOO_MANY_TRIES when others have used up the limit meanwhile: the guess is
-- not answered then.
function M.fail(username, address)
    box.atomic(function()
        require_left(username, address)
        tries.add(of_name(username))
        tries.add(from_address(address))
    end)
end

-- The right password: stores a token of log-in. password: the hash that was compared with. Returns the token's row.
-- Raises PASSWORD_CHANGED when the user has changed meanwhile, TOO_MANY_TRIES as M.fail does.
function M.succeed(user_id, password, token_hash, address)
    return box.atomic(function()
        local user = box.space.users:get({ user_id })
        if user ~= nil then
            require_left(user.username, address)
        end
        if user == nil or not user.enabled or user.password ~= password then
            errors.raise('PASSWORD_CHANGED')
        end
        return tokens.insert_login(user_id, token_hash)
    end)
end

return M
