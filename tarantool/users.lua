-- Users, tokens, log-in: what the web side may call.

local accounts = require('users.accounts')
local logins = require('users.logins')
local tokens = require('users.tokens')

return {
    procedures = {
        ['svodka.users.any'] = accounts.any,
        ['svodka.users.begin_registration'] = accounts.begin_registration,
        ['svodka.users.register'] = accounts.register,
        ['svodka.users.add'] = accounts.add,
        ['svodka.users.add_first_admin'] = accounts.add_first_admin,
        ['svodka.users.get'] = accounts.require,
        ['svodka.users.get_by_id'] = accounts.require_id,
        ['svodka.users.list'] = accounts.list,
        ['svodka.users.update'] = accounts.update,
        ['svodka.users.remove'] = accounts.remove,
        ['svodka.users.change_password'] = accounts.change_password,
        ['svodka.users.begin_login'] = logins.begin,
        ['svodka.users.fail_login'] = logins.fail,
        ['svodka.users.succeed_login'] = logins.succeed,
        ['svodka.users.authenticate'] = tokens.authenticate,
        ['svodka.users.note_use'] = tokens.note_use,
        ['svodka.users.add_token'] = tokens.add,
        ['svodka.users.list_tokens'] = tokens.list,
        ['svodka.users.delete_token'] = tokens.delete,
        ['svodka.users.delete_tokens'] = tokens.delete_of_user,
    },
}
