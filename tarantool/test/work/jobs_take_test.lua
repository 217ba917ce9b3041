-- Which executor gets which job, and which one is woken for it.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local jobs = require('work.jobs_support')
local fiber = require('fiber')
local support = require('support')
local cancel = require('work.jobs.cancel')
local clock = require('work.jobs.state.clock')
local engine = require('work.jobs')
local holders = require('work.jobs.state.holders')
local poll = require('work.jobs.executor.poll')
local settle = require('work.jobs.executor.settle')

support.start_app()

local SOME_SECONDS = 20

local function ids(rows)
    local list = {}
    for i, row in ipairs(rows) do
        list[i] = row.id or row[1]
    end
    return list
end

local function is_waiting(name)
    for _, row in ipairs(holders.list()) do
        if row[1] == name then
            return row[2]
        end
    end
    return false
end

-- A poll in its own fiber, already waiting. Returns a function that waits for its result: orders, taken.
local function begin_poll(name, capacity, seconds)
    local orders, taken
    local waiting = fiber.new(function()
        local _
        _, orders, taken = poll.poll(name, capacity, seconds or SOME_SECONDS)
    end)
    waiting:set_joinable(true)
    fiber.yield()
    return function()
        local ok, reason = waiting:join()
        if not ok then
            error(reason)
        end
        return orders, taken
    end
end

local function end_all(...)
    for _, rows in ipairs({ ... }) do
        for _, row in ipairs(rows) do
            jobs.settle(row, 'finish', { result = '1' })
        end
    end
end

local PLACES = { script = 1 }

support.run('jobs: who takes', {
    {
        'the highest priority first, then the oldest; a type is taken by those alone who take it',
        function(t)
            local low, old, new, high = jobs.create({ priority = -100 }, {}, {}, { priority = 100 })
            local run = jobs.create({ type = 'run', priority = 100 })
            local taken = jobs.take(10)
            t:is_deeply(ids(taken), { high.id, old.id, new.id, low.id })
            t:is(#jobs.take(10), 0)
            local runs = jobs.take(10, 'e1', 'run')
            t:is_deeply(ids(runs), { run.id })
            end_all(taken, runs)
        end,
    },
    {
        'no more than there are places, counted over all polls of an executor',
        function(t)
            jobs.create({}, {}, {}, {})
            local first = jobs.take(2)
            t:is(#first, 2)
            t:is(#jobs.take(2), 0)
            local third = jobs.take(3)
            t:is(#third, 1)
            end_all(first)
            local rest = jobs.take(2)
            t:is(#rest, 1, 'of the two places that are free again')
            end_all(third, rest)
        end,
    },
    {
        'what waits for its time holds up nobody',
        function(t)
            local later = jobs.create({ priority = 100, run_at = fiber.time() + 1000 })
            local now = jobs.create({ run_at = fiber.time() - 1 })
            local taken = jobs.take(10)
            t:is_deeply(ids(taken), { now.id })
            jobs.advance(1001)
            local late = jobs.take(10)
            t:is_deeply(ids(late), { later.id })
            end_all(taken, late)
        end,
    },
    {
        'polls that wait are woken by the write, the one that has waited longest first, one for each job',
        function(t)
            local polls = {}
            for i = 1, 3 do
                polls[i] = begin_poll('w' .. i, PLACES)
            end
            local a = jobs.create({})
            local _, first = polls[1]()
            t:is_deeply(ids(first), { a.id })
            t:ok(is_waiting('w2') and is_waiting('w3'), 'the others wait on')
            local b, c = jobs.create({}, {})
            local _, second = polls[2]()
            local _, third = polls[3]()
            t:is_deeply({ ids(second), ids(third) }, { { b.id }, { c.id } })
            end_all(first, second, third)
        end,
    },
    {
        'a poll that was woken and finds nothing, because another was quicker, waits on in its place',
        function(t)
            local first = begin_poll('w1', PLACES)
            local second = begin_poll('w2', PLACES)
            holders.wake('script', 1)
            fiber.yield()
            t:ok(is_waiting('w1') and is_waiting('w2'))
            local a = jobs.create({})
            local _, taken = first()
            t:is_deeply(ids(taken), { a.id })
            local b = jobs.create({})
            local _, others = second()
            t:is_deeply(ids(others), { b.id })
            end_all(taken, others)
        end,
    },
    {
        'a waiting poll gets a job when its time has come, by itself',
        function(t)
            jobs.advance(0)
            local waiting = begin_poll('e1', PLACES)
            local job = jobs.create({ run_at = clock.wall() + 0.05 })
            local _, taken = waiting()
            t:is_deeply(ids(taken), { job.id })
            t:ok(taken[1].started >= job.run_at)
            end_all(taken)
        end,
    },
    {
        'a poll without a free place is not woken for a job, and is when a place becomes free',
        function(t)
            jobs.create({})
            local held = jobs.take(1, 'full')
            local full = begin_poll('full', PLACES)
            local b = jobs.create({})
            fiber.sleep(0.01)
            t:ok(is_waiting('full'))
            settle.settle('full', { { held[1].id, held[1].lease, 'finish', { result = '1' } } })
            local _, taken = full()
            t:is_deeply(ids(taken), { b.id })
            end_all(taken)
        end,
    },
    {
        'a second poll of an executor ends the first',
        function(t)
            local first = begin_poll('twice', PLACES)
            local second = begin_poll('twice', PLACES)
            local orders, taken = first()
            t:is_deeply({ #orders, #taken }, { 0, 0 })
            local job = jobs.create({})
            taken = select(2, second())
            t:is_deeply(ids(taken), { job.id })
            end_all(taken)
        end,
    },
    {
        'a poll answers nothing when its time is over, and waits no more',
        function(t)
            local orders, taken = begin_poll('short', PLACES, 0.01)()
            t:is_deeply({ #orders, #taken }, { 0, 0 })
            t:ok(not is_waiting('short'))
        end,
    },
    {
        'a poll whose connection has ended takes nothing, and the next one is woken instead',
        function(t)
            local connection = support.connect()
            connection:call('svodka.jobs.poll', { 'gone', PLACES, SOME_SECONDS }, { is_async = true })
            support.wait_until(function()
                return is_waiting('gone')
            end)
            local next_poll = begin_poll('next', PLACES)
            connection:close()
            support.wait_until(function()
                return not is_waiting('gone')
            end)
            local job = jobs.create({})
            local _, taken = next_poll()
            t:is_deeply(ids(taken), { job.id })
            end_all(taken)
        end,
    },
    {
        'what a poll was woken for and does not look at, because it is over, another is woken for',
        function(t)
            local function enqueue(name)
                local executor = holders.executor(name)
                executor.capacity = PLACES
                return holders.enqueue(executor)
            end
            local gone, heir = enqueue('gone'), enqueue('heir')
            holders.wake('script', 1)
            t:is_deeply({ gone.promised.script, heir.promised.script }, { 1, nil })
            holders.end_waiter(gone)
            holders.dequeue(gone)
            t:is(heir.promised.script, 1)
            holders.wake('script', 1)
            t:is(heir.promised.script, 1, 'it has one place')
            holders.dequeue(heir)
        end,
    },
    {
        'what was taken for a session that has ended meanwhile is given back uncounted',
        function(t)
            local job = jobs.create({})
            local exists = box.session.exists
            box.session.exists = function()
                return false
            end
            local taken = jobs.take(1, 'gone')
            box.session.exists = exists
            t:is(#taken, 0)
            t:is(jobs.row(job.id).attempt, 0)
            t:is_deeply(jobs.history(job.id), { 'enqueued 0 by gomer', 'working 1 by gone', 'enqueued 0 by gone' })
            end_all(jobs.take(1))
        end,
    },
    {
        'orders reach a waiting poll at once: cancellations, and that there is something new',
        function(t)
            local job = jobs.create({})
            local taken = jobs.take(1, 'e1')
            local waiting = begin_poll('e1', PLACES)
            cancel.cancel(job.id, 'gomer')
            local orders = waiting()
            t:is_deeply(orders, { { job.id, taken[1].lease, 'cancel' } })
            cancel.cancel(job.id, 'gomer')
            waiting = begin_poll('e1', PLACES)
            engine.nudge(job.id)
            t:is_deeply(waiting(), { { job.id, taken[1].lease, 'nudge' } })
            t:is(jobs.settle(taken[1], 'stop'), 'ok')
            t:is(jobs.row(job.id).status, 'cancelled')
        end,
    },
    {
        'an outcome takes the next job in the same call, into the place that it leaves',
        function(t)
            local _, b = jobs.create({}, {})
            local taken = jobs.take(1, 'e1')
            local outcome = { taken[1].id, taken[1].lease, 'finish', { result = '1' } }
            local _, verdicts, more = settle.settle('e1', { outcome }, PLACES)
            t:is_deeply({ verdicts, ids(more) }, { { 'ok' }, { b.id } })
            end_all(more)
        end,
    },
    {
        'when the log refuses a step, nothing is taken, ended or held, and it can be done again',
        function(t)
            local job = jobs.create({})
            local commit = box.commit
            local function refusing(work)
                box.commit = function()
                    box.commit = commit
                    box.rollback()
                    box.error(box.error.WAL_IO)
                end
                local ok = pcall(work)
                box.commit = commit
                return not ok
            end
            t:ok(refusing(function()
                jobs.take(1)
            end))
            t:is(jobs.row(job.id).status, 'enqueued')
            local taken = jobs.take(1)
            t:is_deeply(ids(taken), { job.id }, 'the place is free as before')
            t:ok(refusing(function()
                jobs.settle(taken[1], 'finish', { result = '1' })
            end))
            t:is(jobs.row(job.id).status, 'working')
            t:is(#jobs.take(1), 0, 'the place is not free')
            t:ok(holders.find(job.id, taken[1].lease, 'e1') ~= nil, 'its lease is known')
            end_all(taken)
        end,
    },
})
