-- Users, their tokens, and what limits guessing of passwords (tarantool/users.lua).

local function up()
    box.schema.sequence.create('user_id')
    local users = box.schema.space.create('users', {
        format = {
            { 'id', 'unsigned' },
            { 'username', 'string' },
            { 'password', 'string', is_nullable = true }, -- an argon2id hash; nobody can log in without one
            { 'roles', 'array' },
            { 'enabled', 'boolean' },
            { 'created_at', 'number' }, -- seconds of the epoch, as all times
            { 'removed_at', 'number', is_nullable = true }, -- the row stays, so that nobody gets the name again
        },
    })
    users:create_index('pk', { parts = { 'id' }, sequence = 'user_id' })
    users:create_index('username', { parts = { 'username' } })

    box.schema.sequence.create('token_id')
    local tokens = box.schema.space.create('tokens', {
        format = {
            { 'id', 'unsigned' },
            { 'hash', 'string' }, -- SHA-256 of the token, in hexadecimal digits
            { 'user_id', 'unsigned' },
            { 'kind', 'string' }, -- login, named
            { 'name', 'string' },
            { 'created_at', 'number' },
            { 'last_used_at', 'number', is_nullable = true },
            { 'expires_at', 'number', is_nullable = true },
        },
    })
    tokens:create_index('pk', { parts = { 'id' }, sequence = 'token_id' })
    tokens:create_index('hash', { type = 'HASH', parts = { 'hash' } })
    tokens:create_index('user', { parts = { 'user_id', 'kind', 'id' } })

    -- One row for each try that counts; the oldest first.
    box.schema.sequence.create('user_try_id')
    local tries = box.schema.space.create('user_tries', {
        format = {
            { 'id', 'unsigned' },
            { 'what', 'string' }, -- 'login of NAME', 'login from ADDRESS', 'registration from ADDRESS'
            { 'at', 'number' },
        },
    })
    tries:create_index('pk', { parts = { 'id' }, sequence = 'user_try_id' })
    tries:create_index('what', { parts = { 'what', 'at' }, unique = false })
end

return { up = up }
