-- The router's view of its sets: their changes, their primaries, and the connections to the first set.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path
package.loaded['shards.mode'] = { bucket_count = 10 }

local fiber = require('fiber')
local support = require('support')
local stub = require('shards.router_support')

local router = stub.start()
local calls = router.calls

support.run('the sets of a router', {
    {
        'tells every reader of changes to look itself when those of a set may have been missed',
        function(t)
            stub.reset()
            local epoch, place = router.feed.wait(nil, nil, 0)
            local polls = {}
            stub.answers['svodka.imports.changes'] = function(arguments)
                local set = arguments[1] == nil and 'first' or arguments[1]
                polls[set] = (polls[set] or 0) + 1
                if arguments[1] == nil then
                    return { true, 1, 0, box.NULL }
                elseif arguments[2] == 0 then
                    return { true, 1, 1, { 42, 9 } }
                end
                fiber.sleep(0.02)
                return { true, 1, 1, {} }
            end
            router.feed.follow_sets()
            local changed
            support.wait_until(function()
                local flat
                epoch, place, flat = router.feed.wait(epoch, place, 0.1)
                changed = flat
                return flat ~= nil and #flat > 0
            end)
            t:is_deeply(changed, { 42, 9 })
            stub.answers['svodka.imports.changes'] = function()
                fiber.sleep(0.02)
                return { true, 2, 0, box.NULL }
            end
            support.wait_until(function()
                return select(3, router.feed.wait(epoch, place, 0.1)) == nil
            end)
            t:ok(true)
        end,
    },
    {
        'tells every reader of changes to look itself when a set is followed that was not there at the start',
        function(t)
            stub.reset()
            stub.answers['svodka.imports.changes'] = function(arguments)
                fiber.sleep(0.02)
                return { true, 2, 0, arguments[1] == nil and box.NULL or {} }
            end
            -- The instance has another name, so the set is a new one for the router.
            local changed = stub.topology_with('a2')
            local epoch, place = router.feed.wait(nil, nil, 0)
            support.wait_until(function()
                local flat
                epoch, place, flat = router.feed.wait(epoch, place, 0.1)
                return flat ~= nil
            end)
            router.routes.configure(changed)
            router.feed.follow_sets()
            support.wait_until(function()
                return select(3, router.feed.wait(epoch, place, 0.1)) == nil
            end)
            t:ok(true)
        end,
    },
    {
        'asks a set whose connection has ended unnoticed no longer than it may, and lets others work meanwhile',
        function(t)
            local ended = { state = 'closed' }
            local set = { name = 'x', in_flight = 0, primary = { connection = ended, heard_at = fiber.clock() } }
            t:is_deeply(calls.ask_set(set, 'svodka.x', {}, 0.1), { false, 'SHARD_AWAY' })
        end,
    },
    {
        'opens no connection to the first set for a session that ended while it waited for a primary',
        function(t)
            stub.reset()
            local set = router.routes.first_set()
            local logins, has_begun, is_over = 0, false, false
            box.session.on_auth(function(user)
                logins = logins + (user == 'web' and 1 or 0)
            end)
            stub.define('pass', function()
                has_begun = true
                router.first_set.procedure('svodka.x')()
                is_over = true
            end)
            stub.role = 'replica'
            support.wait_until(function()
                return set.primary == nil
            end)
            local web = stub.connect()
            web:call('pass', {}, { is_async = true })
            support.wait_until(function()
                return has_begun
            end)
            web:close()
            -- Behind the end of the other connection.
            stub.connect():ping()
            stub.role = 'primary'
            support.wait_until(function()
                return is_over
            end)
            t:is(logins, 2)
        end,
    },
})
