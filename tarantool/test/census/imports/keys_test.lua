-- keys: a repeated request stores nothing twice. Only one claim exists at a time; a key and its import appear together.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local full_disk = require('full_disk')
local support = require('support')
local imports = require('census.imports')
local keys = require('census.imports.keys')

keys.EXPIRE_EVERY_SECONDS = 0.01
support.start_app()

local DAY_SECONDS = 24 * 60 * 60

local function row_of(key)
    return box.space.idempotency_keys:get({ key })
end

-- Calls a procedure as the web side does. Returns ok, then its results or its error code.
local function call(connection, name, ...)
    return connection:call('svodka.' .. name, { ... })
end

-- The results of the calls once earlier sessions have released the key.
local function becomes_free(key)
    support.wait_until(function()
        return not support.raised(keys.claim, key)
    end)
    keys.release(key)
end

local function store(key, fingerprint)
    keys.claim(key)
    return imports.create(support.rows(1, 2), 20, key, fingerprint)
end

-- Wraps the next commit as within(commit, wait_for_end), where wait_for_end closes the connection and awaits its end.
local function end_within_commit(connection, within)
    local commit = box.commit
    box.commit = function()
        box.commit = commit
        local session_id = box.session.id()
        local has_ended = false
        local function on_end()
            has_ended = has_ended or box.session.id() == session_id
        end
        box.session.on_disconnect(on_end)
        within(commit, function()
            connection:close()
            support.wait_until(function()
                return has_ended
            end)
        end)
        box.session.on_disconnect(nil, on_end)
    end
end

support.run('keys', {
    {
        'a key that nobody used is claimed: the answer is empty',
        function(t)
            t:is(select('#', keys.claim('empty')), 0)
            t:isnil(row_of('empty'), 'nothing is stored')
            keys.release('empty')
        end,
    },
    {
        'a stored key answers its import and the fingerprint, and is not claimed by that',
        function(t)
            local import_id = store('stored', 'print')
            for _ = 1, 2 do
                t:is_deeply({ keys.claim('stored') }, { import_id, 'print' })
            end
            local expires_at = row_of('stored').expires_at
            t:ok(math.abs(expires_at - fiber.time() - DAY_SECONDS) < 60, 'it is kept for a day')
        end,
    },
    {
        'a claimed key is in use, for its own session and for others',
        function(t)
            local connection = support.connect()
            t:is_deeply({ call(connection, 'keys.claim', 'one') }, { true })
            t:is_deeply({ call(connection, 'keys.claim', 'one') }, { false, 'KEY_IN_USE' })
            t:is(support.raised(keys.claim, 'one'), 'KEY_IN_USE')
            t:is(support.raised(keys.claim, 'other'), false, 'another key is not')
            keys.release('other')
            connection:close()
            becomes_free('one')
        end,
    },
    {
        'of many claims at once exactly one wins',
        function(t)
            local won, lost = 0, 0
            local connections = {}
            local finished = fiber.channel(20)
            for i = 1, 20 do
                connections[i] = support.connect()
            end
            for i = 1, 20 do
                fiber.create(function()
                    local ok, code = call(connections[i], 'keys.claim', 'raced')
                    won = won + (ok and 1 or 0)
                    lost = lost + (code == 'KEY_IN_USE' and 1 or 0)
                    finished:put(true)
                end)
            end
            for _ = 1, 20 do
                finished:get()
            end
            t:is_deeply({ won, lost }, { 1, 19 })
            for i = 1, 20 do
                connections[i]:close()
            end
        end,
    },
    {
        'a claim is released by its own token alone',
        function(t)
            keys.claim('tokens', 1)
            keys.release('tokens', 2)
            keys.release('tokens')
            t:is(support.raised(keys.claim, 'tokens', 3), 'KEY_IN_USE')
            keys.release('tokens', 1)
            t:is(support.raised(keys.claim, 'tokens', 3), false)
            keys.release('tokens', 3)
        end,
    },
    {
        'a claim is released by its session alone',
        function(t)
            local connection = support.connect()
            keys.claim('mine')
            t:is_deeply({ call(connection, 'keys.release', 'mine') }, { true })
            t:is_deeply({ call(connection, 'keys.claim', 'mine') }, { false, 'KEY_IN_USE' })
            keys.release('mine')
            keys.release('mine')
            t:is_deeply({ call(connection, 'keys.claim', 'mine') }, { true })
            connection:close()
        end,
    },
    {
        'all claims of a session end with it, and no others',
        function(t)
            local connection = support.connect()
            keys.claim('not of it')
            call(connection, 'keys.claim', 'of it, one')
            call(connection, 'keys.claim', 'of it, two')
            connection:close()
            becomes_free('of it, one')
            becomes_free('of it, two')
            t:is(support.raised(keys.claim, 'not of it'), 'KEY_IN_USE')
            keys.release('not of it')
        end,
    },
    {
        'an import in chunks is published with its key, which is not there before',
        function(t)
            keys.claim('chunks')
            local import_id = imports.stage(support.rows(1, 2), 20)
            t:is(support.raised(imports.publish, import_id, 3, 600, 'chunks', 'print'), 'IMPORT_INCOMPLETE')
            t:isnil(row_of('chunks'))
            imports.append(import_id, support.rows(3, 3), 10)
            imports.publish(import_id, 3, 600, 'chunks', 'print')
            t:is_deeply({ keys.claim('chunks') }, { import_id, 'print' })
        end,
    },
    {
        'with a key that this session has not claimed nothing is stored',
        function(t)
            local connection = support.connect()
            local count = box.space.imports:len()
            local size = box.space.citizens:len()
            t:is(
                support.raised(imports.create, support.rows(1, 2), 20, 'lost', 'print'),
                'KEY_NOT_CLAIMED',
                'by nobody'
            )
            keys.claim('lost')
            local ok, code = call(connection, 'imports.create', support.rows(1, 2), 20, 'lost', 'print')
            t:is_deeply({ ok, code }, { false, 'KEY_NOT_CLAIMED' }, 'by another')
            keys.release('lost')
            local import_id = imports.stage(support.rows(1, 2), 20)
            t:is(support.raised(imports.publish, import_id, 2, 600, 'lost', 'print'), 'KEY_NOT_CLAIMED')
            t:is(imports.describe(import_id), 'staging', 'what was staged is so still')
            imports.discard(import_id)
            support.wait_until(function()
                return box.space.imports:len() == count
            end)
            t:is(box.space.citizens:len(), size)
            t:isnil(row_of('lost'))
            connection:close()
        end,
    },
    {
        'an import that is refused leaves no key, and its claim stays until it is released',
        function(t)
            keys.claim('refused')
            local twice = support.pack({ support.row(1), support.row(1) })
            t:is(pcall(imports.create, twice, 20, 'refused', 'print'), false)
            t:isnil(row_of('refused'))
            t:is(support.raised(keys.claim, 'refused'), 'KEY_IN_USE')
            local import_id = imports.create(support.rows(1, 1), 10, 'refused', 'print')
            t:is_deeply({ keys.claim('refused') }, { import_id, 'print' }, 'with it another attempt can be made')
        end,
    },
    {
        'a key whose log could not be written is not there, nor is its import',
        function(t)
            local count = box.space.imports:len()
            keys.claim('full')
            local import_id = imports.stage(support.rows(1, 2), 20)
            full_disk.with_full_disk(function()
                t:is(pcall(imports.create, support.rows(1, 2), 20, 'full', 'print'), false)
                t:is(pcall(imports.publish, import_id, 2, 600, 'full', 'print'), false)
            end)
            t:isnil(row_of('full'))
            t:is(box.space.imports:len(), count + 1, 'what was staged before')
            imports.publish(import_id, 2, 600, 'full', 'print')
            t:is_deeply({ keys.claim('full') }, { import_id, 'print' }, 'and can be published with the key')
        end,
    },
    {
        'while its row waits for the log a key is in use, although its request was given up; then it is stored',
        function(t)
            keys.claim('waiting')
            local commit = box.commit
            -- Runs while the log is being written.
            box.commit = function()
                box.commit = commit
                t:ok(row_of('waiting') ~= nil, 'its row can be seen')
                t:is(support.raised(keys.claim, 'waiting'), 'KEY_IN_USE')
                keys.release('waiting')
                t:is(support.raised(keys.claim, 'waiting'), 'KEY_IN_USE', 'after the request was given up too')
                return commit()
            end
            local stored = imports.create(support.rows(1, 2), 20, 'waiting', 'print')
            t:is_deeply({ keys.claim('waiting') }, { stored, 'print' })
        end,
    },
    {
        'a request that was given up while its row waited for a log that failed frees its key',
        function(t)
            keys.claim('failing')
            local commit = box.commit
            box.commit = function()
                box.commit = commit
                keys.release('failing')
                return full_disk.with_full_disk(commit) or error('the log failed', 0)
            end
            t:is(pcall(imports.create, support.rows(1, 2), 20, 'failing', 'print'), false)
            t:is(select('#', keys.claim('failing')), 0)
            keys.release('failing')
        end,
    },
    {
        'a session that ends while its import is committed leaves both the import and the key',
        function(t)
            local connection = support.connect()
            call(connection, 'keys.claim', 'ending')
            end_within_commit(connection, function(commit, wait_for_end)
                commit()
                wait_for_end()
                t:is(support.raised(keys.claim, 'ending'), 'KEY_IN_USE', 'the procedure is not over yet')
            end)
            t:is((pcall(call, connection, 'imports.create', support.rows(1, 2), 20, 'ending', 'print')), false)
            support.wait_until(function()
                return support.raised(keys.claim, 'ending') == false
            end)
            local import_id = keys.claim('ending')
            t:is(imports.describe(import_id), 'published')
        end,
    },
    {
        'a session that ends before its import could be committed leaves neither, and the key is free',
        function(t)
            local connection = support.connect()
            local count = box.space.imports:len()
            call(connection, 'keys.claim', 'cut off')
            end_within_commit(connection, function(commit, wait_for_end)
                -- The commit fails, since a transaction must not yield.
                wait_for_end()
                commit()
            end)
            t:is((pcall(call, connection, 'imports.create', support.rows(1, 2), 20, 'cut off', 'print')), false)
            becomes_free('cut off')
            t:isnil(row_of('cut off'))
            t:is(box.space.imports:len(), count)
        end,
    },
    {
        'an expired key is as if it had never been, at once; another import takes its place',
        function(t)
            local first = store('short', 'print')
            box.space.idempotency_keys:update({ 'short' }, { { '=', 'expires_at', fiber.time() } })
            t:is(select('#', keys.claim('short')), 0)
            local second = imports.create(support.rows(1, 1), 10, 'short', 'another')
            t:ok(second > first)
            t:is_deeply({ keys.claim('short') }, { second, 'another' })
        end,
    },
    {
        'expired rows are deleted, more than a piece too, and no others',
        function(t)
            local lifetime = keys.KEY_LIFETIME_SECONDS
            keys.KEY_LIFETIME_SECONDS = 0.2
            for i = 1, 3 do
                store('brief ' .. i, 'print')
            end
            keys.KEY_LIFETIME_SECONDS = lifetime
            store('long', 'print')
            for i = 1, 1201 do
                support.insert('idempotency_keys', { 'old ' .. i, 'print', 1, i }, 1)
            end
            support.wait_until(function()
                return row_of('old 1201') == nil and row_of('brief 3') == nil
            end)
            t:is(box.space.idempotency_keys.index.expires_at:count({ fiber.time() }, { iterator = 'LE' }), 0)
            t:ok(row_of('long') ~= nil)
        end,
    },
    {
        'an error does not end the deleting of expired rows',
        function(t)
            local function fail()
                error('not today')
            end
            box.space.idempotency_keys:before_replace(fail)
            box.space.idempotency_keys:run_triggers(true)
            t:is(pcall(keys.expire), true, 'there is nothing to delete')
            box.space.idempotency_keys:before_replace(nil, fail)
            support.insert('idempotency_keys', { 'stuck', 'print', 1, fiber.time() + 0.05 }, 1)
            box.space.idempotency_keys:before_replace(fail)
            support.wait_until(function()
                return row_of('stuck').expires_at < fiber.time() - 0.1
            end)
            t:is(pcall(keys.expire), false, 'it cannot be deleted')
            box.rollback()
            box.space.idempotency_keys:before_replace(nil, fail)
            support.wait_until(function()
                return row_of('stuck') == nil
            end)
            t:ok(true)
        end,
    },
})
