-- Users, tokens and login attempts: what the procedures store and refuse.

local fio = require('fio')
package.path = fio.dirname(fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))) .. '/?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
support.start_app()

local accounts = require('users.accounts')
local logins = require('users.logins')
local tokens = require('users.tokens')
local tries = require('users.tries')

local raised = support.raised

local function names(rows)
    local found = {}
    for _, row in ipairs(rows) do
        table.insert(found, row.username)
    end
    return found
end

local function age_tries(seconds)
    for _, row in ipairs(box.space.user_tries:select()) do
        box.space.user_tries:update({ row.id }, { { '-', 'at', seconds } })
    end
end

support.run('users', {
    {
        'the first administrator is added once, with a token',
        function(t)
            t:ok(not accounts.any())
            local admin = accounts.add_first_admin('hash of the first')
            t:is(admin.username, 'admin')
            t:is_deeply(admin.roles, { 'admin' })
            t:is(accounts.add_first_admin('another hash'), nil)
            t:ok(accounts.any())
            local found = tokens.authenticate({ 'hash of the first', 'another hash' })
            t:is(found[1][2], 'admin')
            t:is(found[2], false)
        end,
    },
    {
        'a name is given once, also after its user was removed, and nothing is stored for the second',
        function(t)
            accounts.add('moe', 'a hash', { 'user' })
            t:is(raised(accounts.add, 'moe', nil, {}), 'USERNAME_TAKEN')
            t:is(raised(accounts.register, 'moe', 'x', {}, 'here', 100), 'USERNAME_TAKEN')
            t:is(box.space.user_tries:len(), 0)
            accounts.remove('moe')
            t:is(raised(accounts.add, 'moe', nil, {}), 'USERNAME_TAKEN')
            t:is(raised(accounts.begin_registration, 'moe', 'here', 100), 'USERNAME_TAKEN')
            t:is(raised(accounts.require, 'moe'), 'USER_NOT_FOUND')
            t:is(raised(accounts.update, 'moe', { enabled = true }), 'USER_NOT_FOUND')
            t:is(logins.begin('moe', 'here'), nil)
        end,
    },
    {
        'users are listed by name in pages, without those who were removed; null begins at the first',
        function(t)
            for _, name in ipairs({ 'carl', 'apu', 'barney' }) do
                accounts.add(name, nil, {})
            end
            t:is_deeply(names(accounts.list(box.NULL, 2)), { 'admin', 'apu' })
            t:is_deeply(names(accounts.list('apu', 10)), { 'barney', 'carl' })
            t:is_deeply(names(accounts.list(nil, 10)), { 'admin', 'apu', 'barney', 'carl' })
        end,
    },
    {
        'the last enabled administrator is neither removed, nor disabled, nor without the role',
        function(t)
            t:is(raised(accounts.remove, 'admin'), 'LAST_ADMIN')
            t:is(raised(accounts.update, 'admin', { enabled = false }), 'LAST_ADMIN')
            t:is(raised(accounts.update, 'admin', { roles = { 'user' } }), 'LAST_ADMIN')
            t:is_deeply(accounts.require('admin').roles, { 'admin' })
            t:ok(tokens.authenticate({ 'hash of the first' })[1])
            accounts.add('burns', nil, { 'admin' })
            accounts.update('burns', { enabled = false })
            t:is(raised(accounts.remove, 'admin'), 'LAST_ADMIN', 'a disabled one does not count')
            accounts.update('burns', { enabled = true })
            accounts.update('admin', { roles = { 'user' } })
            t:is(raised(accounts.update, 'burns', { roles = {} }), 'LAST_ADMIN')
        end,
    },
    {
        'a disabled user has no tokens, and none when enabled again',
        function(t)
            local user = accounts.add('otto', 'a hash', {})
            logins.succeed(user.id, 'a hash', 'token of otto', 'here')
            t:ok(tokens.authenticate({ 'token of otto' })[1])
            accounts.update('otto', { enabled = false })
            t:is(tokens.authenticate({ 'token of otto' })[1], false)
            t:is(logins.begin('otto', 'here'), nil)
            t:is(raised(logins.succeed, user.id, 'a hash', 'x', 'here'), 'PASSWORD_CHANGED')
            t:is(raised(tokens.add, user.id, 'x', 'x', nil, 10), 'USER_NOT_FOUND')
            accounts.update('otto', { enabled = true })
            t:is(#tokens.list(user.id), 0)
        end,
    },
    {
        'the newest 20 tokens of log-in are kept, and named ones beside them',
        function(t)
            local user = accounts.add('ned', 'a hash', {})
            tokens.add(user.id, 'named', 'a program', nil, 1)
            for i = 1, 21 do
                logins.succeed(user.id, 'a hash', 'login ' .. i, 'here')
            end
            t:is(#tokens.list(user.id), 21)
            t:is(tokens.authenticate({ 'login 1' })[1], false)
            t:ok(tokens.authenticate({ 'login 2' })[1])
            t:ok(tokens.authenticate({ 'named' })[1])
        end,
    },
    {
        'named tokens have a limit, which expired ones do not count for',
        function(t)
            local user = accounts.add('todd', nil, {})
            tokens.add(user.id, 'expired', 'x', fiber.time() - 1, 1)
            t:is(tokens.authenticate({ 'expired' })[1], false)
            local kept = tokens.add(user.id, 'kept', 'y', fiber.time() + 100, 1)
            t:is(raised(tokens.add, user.id, 'more', 'z', nil, 1), 'TOO_MANY_TOKENS')
            t:is(#tokens.list(user.id), 1)
            local other = accounts.add('rod', nil, {})
            t:is(raised(tokens.delete, other.id, kept.id), 'TOKEN_NOT_FOUND')
            tokens.delete(user.id, kept.id)
            t:is(raised(tokens.delete, user.id, kept.id), 'TOKEN_NOT_FOUND')
        end,
    },
    {
        'a use is to be noted once a minute, and noting one of a token that is gone does nothing',
        function(t)
            local user = accounts.add('apu2', nil, {})
            local token = tokens.add(user.id, 'used', 'x', nil, 10)
            t:is(tokens.authenticate({ 'used' })[1][5], true)
            tokens.note_use({ token.id, 999999 })
            t:is(tokens.authenticate({ 'used' })[1][5], false)
            box.space.tokens:update({ token.id }, { { '=', 'last_used_at', fiber.time() - 61 } })
            t:is(tokens.authenticate({ 'used' })[1][5], true)
        end,
    },
    {
        'another password is stored only over the one that was compared with, and ends all other tokens',
        function(t)
            local user = accounts.add('lisa', 'old hash', {})
            local kept = tokens.add(user.id, 'kept of lisa', 'x', nil, 10)
            tokens.add(user.id, 'other of lisa', 'y', nil, 10)
            t:is(raised(accounts.change_password, user.id, 'another', 'new hash', kept.id), 'PASSWORD_CHANGED')
            t:is(#tokens.list(user.id), 2)
            accounts.change_password(user.id, 'old hash', 'new hash', kept.id)
            t:is(#tokens.list(user.id), 1)
            t:is(select(2, logins.begin('lisa', 'here')), 'new hash')
            t:is(raised(logins.succeed, user.id, 'old hash', 'x', 'here'), 'PASSWORD_CHANGED')
        end,
    },
    {
        'ten wrong log-ins of a name are allowed in five minutes, then the right one is refused too',
        function(t)
            local user = accounts.add('homer', 'a hash', {})
            for i = 1, 10 do
                logins.begin('homer', 'address ' .. i)
                logins.fail('homer', 'address ' .. i)
            end
            local code, reason = raised(logins.begin, 'homer', 'elsewhere')
            t:is(code, 'TOO_MANY_TRIES')
            t:ok(reason.details.retry_after_s > 290 and reason.details.retry_after_s <= 300)
            t:is(raised(logins.fail, 'homer', 'elsewhere'), 'TOO_MANY_TRIES')
            t:is(raised(logins.succeed, user.id, 'a hash', 'x', 'elsewhere'), 'TOO_MANY_TRIES')
            t:is(#tokens.list(user.id), 0)
            age_tries(300)
            t:is(logins.begin('homer', 'elsewhere'), user.id)
        end,
    },
    {
        'thirty wrong ones from an address are allowed',
        function(t)
            for i = 1, 30 do
                logins.fail('nobody ' .. i, 'one address')
            end
            t:is(raised(logins.begin, 'nobody', 'one address'), 'TOO_MANY_TRIES')
            t:is(logins.begin('nobody', 'another address'), nil)
        end,
    },
    {
        'old tries are removed as new ones come, some at a time',
        function(t)
            age_tries(400)
            local before = box.space.user_tries:len()
            t:ok(before > 40)
            tries.add('something')
            t:is(box.space.user_tries:len(), before - 20 + 1)
            for _ = 1, 10 do
                tries.add('something')
            end
            t:is(box.space.user_tries:len(), 11)
        end,
    },
})
