-- lib/background: work continues in its own fiber despite errors.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local background = require('lib.background')

support.start_app()

support.run('background', {
    {
        'a step that fails is rolled back and tried again, and nothing else ends',
        function(t)
            local space = box.schema.space.create('background_test')
            space:create_index('pk')
            local calls, is_over, ended_in = 0, false, nil
            local job = { name = 'tester', what = 'testing', retry_seconds = 0 }
            function job.is_over()
                ended_in = fiber.name()
                return is_over
            end
            background.forever(job, function()
                calls = calls + 1
                if calls == 1 then
                    box.begin()
                    space:insert({ 1 })
                    error('refused')
                end
                is_over = calls == 3
                fiber.sleep(0)
            end)
            support.wait_until(function()
                return is_over
            end)
            t:is(calls, 3)
            t:is(ended_in, 'tester')
            t:is(space:len(), 0, 'what the failed step wrote is gone')
        end,
    },
    {
        'work is done at once and then every so often, until the instance is read-only',
        function(t)
            local calls = 0
            background.every({ name = 'tester', what = 'testing' }, 0, function()
                calls = calls + 1
                if calls == 5 then
                    box.cfg({ read_only = true })
                end
            end)
            support.wait_until(function()
                return calls >= 5
            end)
            fiber.sleep(0)
            fiber.sleep(0)
            t:is(calls, 5)
            box.cfg({ read_only = false })
        end,
    },
})
