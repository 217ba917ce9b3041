-- The router's calls, claims and staged imports, over a stub of vshard. test/integration/shards has the real one.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path
package.loaded['shards.mode'] = { bucket_count = 10 }

local fiber = require('fiber')
local support = require('support')
local stub = require('shards.router_support')

local router = stub.start()
local calls, keys, staging, waits = router.calls, router.keys, router.staging, router.waits

-- What a web process calls.
stub.define('stage', function(...)
    return staging.stage(...)
end)
stub.define('append', function(...)
    return staging.append(...)
end)
stub.define('publish', function(...)
    return staging.publish(...)
end)
stub.define('create', function(...)
    return staging.create(...)
end)
stub.define('claim', function(...)
    return keys.claim(...)
end)
stub.define('release', function(...)
    return keys.release(...)
end)

local function ask(mode, bucket)
    return (calls.ask({ bucket = bucket or 1, mode = mode, name = 'svodka.x', arguments = { 7 } }))
end

local function wait_for_names(wanted)
    support.wait_until(function()
        return table.concat(stub.asked_names(), ' ') == wanted
    end)
end

-- Refuses the first calls with this code, and lets the others in.
local function refuse(count, code)
    stub.refusal = function()
        count = count - 1
        return count >= 0 and code or nil
    end
end

support.run('router', {
    {
        'passes a call on and returns the envelope as it is',
        function(t)
            stub.answers['svodka.x'] = function(arguments)
                return { true, box.NULL, { arguments[1] } }
            end
            t:is_deeply(ask('read'), { true, box.NULL, { 7 } })
            stub.answers['svodka.x'] = function()
                return { false, 'IMPORT_NOT_FOUND' }
            end
            t:is_deeply(ask('read'), { false, 'IMPORT_NOT_FOUND' })
            t:is(stub.resets, 0)
        end,
    },
    {
        'looks for a bucket that has moved, and waits for one that moves',
        function(t)
            stub.reset()
            refuse(2, stub.CODES.WRONG_BUCKET)
            t:is(ask('write')[1], true)
            t:is(stub.resets, 2)
            refuse(3, stub.CODES.TRANSFER_IS_IN_PROGRESS)
            t:is(ask('write')[1], true)
            t:is(#stub.asked, 2, 'each is carried out once')
        end,
    },
    {
        'gives up on a bucket that keeps moving; then later calls do not wait at all',
        function(t)
            stub.reset()
            refuse(math.huge, stub.CODES.BUCKET_IS_LOCKED)
            t:is_deeply(ask('write'), { false, 'SHARD_AWAY' })
            local before = calls.counts().retries
            for _ = 1, 5 do
                t:is_deeply(ask('write'), { false, 'SHARD_AWAY' })
            end
            t:is(calls.counts().retries, before)
            t:is(#stub.asked, 0)
            stub.refusal = nil
            t:is(ask('write')[1], true, 'and it is served as soon as it has arrived')
        end,
    },
    {
        'lets few calls wait at the same time',
        function(t)
            stub.reset()
            refuse(math.huge, stub.CODES.TRANSFER_IS_IN_PROGRESS)
            local max_waiting = waits.MAX_WAITING
            waits.MAX_WAITING = 3
            local answers = {}
            for _ = 1, 10 do
                fiber.create(function()
                    table.insert(answers, ask('write', 2))
                end)
            end
            support.wait_until(function()
                return #answers >= 7
            end)
            t:ok(waits.count_waiting() <= 3)
            waits.MAX_WAITING = max_waiting
            stub.refusal = nil
            support.wait_until(function()
                return #answers == 10
            end)
        end,
    },
    {
        'does not send a write again whose connection was lost, but a read',
        function(t)
            stub.reset()
            local cuts = 1
            stub.answers['svodka.x'] = function()
                if cuts > 0 then
                    cuts = cuts - 1
                    for _, set in ipairs(router.routes.sets()) do
                        set.instances[1].connection:close()
                    end
                end
                return { true, 'done' }
            end
            t:is_deeply(ask('write'), { false, 'OUTCOME_UNKNOWN' })
            t:is(#stub.asked, 1)
            cuts = 1
            stub.asked = {}
            t:is_deeply(ask('read'), { true, 'done' })
            t:is(#stub.asked, 2)
        end,
    },
    {
        'takes a storage that became a replica for one that has done nothing',
        function(t)
            stub.reset()
            local count = 0
            stub.answers['svodka.x'] = function()
                count = count + 1
                return count == 1 and { false, 'READ_ONLY' } or { true }
            end
            t:is_deeply(ask('write'), { true })
            refuse(1, stub.CODES.NON_MASTER)
            t:is_deeply(ask('write'), { true })
        end,
    },
    {
        'sends the chunks of an import and its publication behind the first chunk, in order, over one connection',
        function(t)
            stub.reset()
            stub.answers['svodka.imports.stage'] = function()
                fiber.sleep(0.05)
                return { true, 77 }
            end
            stub.route_seconds = 0.05
            local web = stub.connect()
            local futures = {
                web:call('stage', { 'rows 1', 6, 5, box.NULL, box.NULL }, { is_async = true }),
                web:call('append', { box.NULL, 'rows 2', 6, box.NULL, 5 }, { is_async = true }),
                web:call('append', { box.NULL, 'rows 3', 6, box.NULL, 5 }, { is_async = true }),
                web:call('publish', { box.NULL, 3, 18, box.NULL, box.NULL, 5 }, { is_async = true }),
            }
            for i, future in ipairs(futures) do
                t:is(future:wait_result(20)[1][1], true, 'call ' .. i)
            end
            stub.route_seconds = nil
            t:is(futures[1]:wait_result(20)[1][2], 77)
            t:is(
                table.concat(stub.asked_names(), ' '),
                'svodka.imports.stage svodka.imports.append svodka.imports.append svodka.imports.publish'
            )
            t:is(stub.asked[2].arguments[2], 'rows 2')
            t:is(stub.asked[3].arguments[2], 'rows 3')
            for _, each in ipairs(stub.asked) do
                t:is(each.session, stub.asked[1].session)
            end
            local token = stub.asked[1].arguments[3]
            t:is(stub.asked[2].arguments[5], token)
            t:is(stub.asked[4].arguments[6], token)
            web:close()
        end,
    },
    {
        'sends them again behind the next try if the first chunk was refused',
        function(t)
            stub.reset()
            local staged, chunks = {}, {}
            refuse(1, stub.CODES.BUCKET_IS_LOCKED)
            stub.answers['svodka.imports.stage'] = function(arguments)
                staged[arguments[3]] = true
                return { true, 78 }
            end
            stub.answers['svodka.imports.append'] = function(arguments)
                if not staged[arguments[5]] then
                    -- The publication is refused before.
                    fiber.sleep(0.05)
                    return { false, 'IMPORT_NOT_STAGED' }
                end
                table.insert(chunks, arguments[2])
                return { true }
            end
            stub.answers['svodka.imports.publish'] = function(arguments)
                if not staged[arguments[6]] then
                    return { false, 'IMPORT_NOT_STAGED' }
                end
                return #chunks == 2 and { true } or { false, 'IMPORT_INCOMPLETE' }
            end
            local web = stub.connect()
            local futures = {
                web:call('stage', { 'rows 1', 6, 6, box.NULL, box.NULL }, { is_async = true }),
                web:call('append', { box.NULL, 'rows 2', 6, box.NULL, 6 }, { is_async = true }),
                web:call('append', { box.NULL, 'rows 3', 6, box.NULL, 6 }, { is_async = true }),
                web:call('publish', { box.NULL, 3, 18, box.NULL, box.NULL, 6 }, { is_async = true }),
            }
            for i, future in ipairs(futures) do
                t:is_deeply(future:wait_result(20)[1][1], true, 'call ' .. i)
            end
            t:is(#chunks, 2, 'each chunk is stored once')
            web:close()
        end,
    },
    {
        'keeps two web processes with the same token apart, and abandons what one of them leaves behind',
        function(t)
            stub.reset()
            local next_id = 100
            stub.answers['svodka.imports.stage'] = function()
                next_id = next_id + 1
                return { true, next_id }
            end
            local one, other = stub.connect(), stub.connect()
            t:is(one:call('stage', { 'a', 1, 1, box.NULL, box.NULL })[2], 101)
            t:is(other:call('stage', { 'b', 1, 1, box.NULL, box.NULL })[2], 102)
            t:isnt(stub.asked[1].arguments[3], stub.asked[2].arguments[3])
            t:is(other:call('append', { 101, 'x', 1, box.NULL, box.NULL })[2], 'IMPORT_NOT_STAGED', 'not its own')
            stub.asked = {}
            one:close()
            wait_for_names('svodka.imports.discard_token')
            t:is(other:call('append', { box.NULL, 'x', 1, box.NULL, 1 })[1], true, 'the other one goes on')
            stub.asked = {}
            other:close()
            wait_for_names('svodka.imports.discard_token')
        end,
    },
    {
        'stores an import with a key over the connection that has claimed it, and in the bucket of the key',
        function(t)
            stub.reset()
            local web = stub.connect()
            t:is_deeply(web:call('create', { 'a', 1, 'key', 'print', box.NULL }), { false, 'KEY_NOT_CLAIMED' })
            t:is_deeply(web:call('claim', { 'key', 9 }), { true })
            stub.answers['svodka.imports.create'] = function()
                return { true, 5 }
            end
            t:is_deeply(web:call('create', { 'a', 1, 'key', 'print', box.NULL }), { true, 5 })
            t:is(stub.asked[1].name, 'svodka.keys.claim')
            t:is(stub.asked[2].arguments[6], require('shards.buckets').of_key('key'))
            t:is(stub.asked[1].session, stub.asked[2].session)
            t:is_deeply(web:call('create', { 'a', 1, 'key', 'print', box.NULL }), { false, 'KEY_NOT_CLAIMED' })
            web:close()
        end,
    },
    {
        'releases claims: when asked, and with their session',
        function(t)
            stub.reset()
            local web = stub.connect()
            web:call('claim', { 'one', 1 })
            web:call('claim', { 'two', 2 })
            web:call('release', { 'one', 1 })
            web:close()
            wait_for_names('svodka.keys.claim svodka.keys.claim svodka.keys.release svodka.keys.release')
            t:is(stub.asked[3].arguments[2], stub.asked[1].arguments[2])
            t:is(stub.asked[4].arguments[2], stub.asked[2].arguments[2])
        end,
    },
    {
        'returns what is stored under a key, and claims nothing then',
        function(t)
            stub.reset()
            stub.answers['svodka.keys.claim'] = function()
                return { true, 4, 'print' }
            end
            local web = stub.connect()
            t:is_deeply(web:call('claim', { 'stored', 1 }), { true, 4, 'print' })
            t:is_deeply(web:call('create', { 'a', 1, 'stored', 'print', box.NULL }), { false, 'KEY_NOT_CLAIMED' })
            web:close()
        end,
    },
    {
        'puts an import without a key into another bucket when its own refuses it',
        function(t)
            stub.reset()
            local refused
            stub.refusal = function(bucket)
                refused = refused or bucket
                return bucket == refused and stub.CODES.BUCKET_IS_LOCKED or nil
            end
            stub.answers['svodka.imports.create'] = function(arguments)
                return { true, arguments[6] }
            end
            local answer = staging.create('a', 1, box.NULL, box.NULL, box.NULL)
            t:is(answer[1], true)
            t:isnt(answer[2], refused)
        end,
    },
    {
        'compares two imports of one set with both buckets kept there, and leaves those of two sets to the web side',
        function(t)
            stub.reset()
            local refs = {}
            stub.refusal = function(bucket)
                table.insert(refs, bucket)
            end
            stub.answers['svodka.comparison.count'] = function()
                return { true, 1, 2, { 3, 4, 5, 6 } }
            end
            local count = router.exports.procedures({ ['svodka.comparison.count'] = true })['svodka.comparison.count']
            t:is_deeply({ count(11, 12) }, { true, 1, 2, { 3, 4, 5, 6 } })
            t:is_deeply(refs, { 2, 3 })
            local ok, nothing = count(11, 18)
            t:ok(ok == true and nothing == nil)
        end,
    },
    {
        'has every procedure of the census under its own rule: none goes to the first set',
        function(t)
            local names = require('shards.router.names')
            local first_set = require('shards.router.first_set')
            local passed_on = {}
            local procedure = first_set.procedure
            first_set.procedure = function(name)
                table.insert(passed_on, name)
                return procedure(name)
            end
            local exports = require('exports')
            router.exports.procedures(exports.census)
            t:is_deeply(passed_on, {})
            for name in pairs(names) do
                t:ok(exports.census[name] ~= nil, name)
            end
            first_set.procedure = procedure
        end,
    },
})
