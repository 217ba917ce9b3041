-- The engine's metrics.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local jobs = require('work.jobs_support')
local support = require('support')
local cancel = require('work.jobs.cancel')
local clock = require('work.jobs.state.clock')
local engine = require('work.jobs')

support.start_app()

local function numbers(measures)
    local seen = {}
    for _, name in ipairs({ 'ready', 'waiting', 'working', 'ended', 'executors' }) do
        seen[name] = measures[name]
    end
    return seen
end

support.run('jobs: measures', {
    {
        'count jobs by what they wait for, and the executors',
        function(t)
            local low, high = jobs.create({ priority = -5 }, { priority = 7 })
            local later = jobs.create({ run_at = clock.wall() + 3600 })
            t:is_deeply(numbers(engine.measure()), { ready = 2, waiting = 1, working = 0, ended = 0, executors = 0 })
            local taken = jobs.take(1)[1]
            t:is(taken.id, high.id)
            t:is_deeply(numbers(engine.measure()), { ready = 1, waiting = 1, working = 1, ended = 0, executors = 1 })
            jobs.settle(taken, 'finish', { result = '1' })
            cancel.cancel(later.id, 'gomer')
            local measures = engine.measure()
            t:is_deeply(numbers(measures), { ready = 1, waiting = 0, working = 0, ended = 2, executors = 1 })
            t:is(measures.finished_total, 1)
            t:is(measures.cancelled_total, 1)
            t:is(measures.failed_total, 0)
            cancel.cancel(low.id, 'gomer')
        end,
    },
    {
        'say how long the oldest job has been ready, whatever its priority and type',
        function(t)
            t:is(engine.measure().oldest_ready_seconds, 0)
            local old = jobs.create({ priority = -100, type = 'run' })
            jobs.advance(50)
            local others = { jobs.create({ priority = 100 }, { priority = 100 }, { priority = 99 }, { type = 'run' }) }
            local age = engine.measure().oldest_ready_seconds
            t:ok(age >= 50 and age < 80, ('%f'):format(age))
            cancel.cancel(old.id, 'gomer')
            t:ok(engine.measure().oldest_ready_seconds < 30)
            for _, row in ipairs(others) do
                cancel.cancel(row.id, 'gomer')
            end
            t:is(engine.measure().oldest_ready_seconds, 0)
        end,
    },
    {
        'count a job that becomes ready from its time on, and nothing that was rolled back',
        function(t)
            local before = engine.measure().cancelled_total
            local later = jobs.create({ run_at = clock.wall() + 100 })
            jobs.advance(110)
            local measures = engine.measure()
            t:is(measures.ready, 1)
            t:ok(measures.oldest_ready_seconds >= 10 and measures.oldest_ready_seconds < 60)
            local ok = pcall(engine.transact, function(step)
                engine.cancel_in(step, later.id, 'gomer')
                error('no')
            end)
            t:ok(not ok)
            t:is(engine.measure().cancelled_total, before)
        end,
    },
})
