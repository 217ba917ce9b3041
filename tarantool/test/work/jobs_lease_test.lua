-- Leases: how long an executor keeps a job, and when its reports are accepted.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local jobs = require('work.jobs_support')
local support = require('support')
local attach = require('work.jobs.executor.attach')
local cancel = require('work.jobs.cancel')
local payload = require('work.jobs.executor.payload')
local renew = require('work.jobs.executor.renew')
local report = require('work.jobs.executor.report')
local retry = require('work.jobs.retry')
local start = require('work.jobs.start')

support.start_app()

-- A job that an executor has taken; changes: to its spec.
local function working(changes)
    jobs.create(changes or {})
    return jobs.take(1000)[1]
end

support.run('jobs: leases', {
    {
        'a lease lapses after 10 s; the next attempt is ready at once, and the last one ends as lost',
        function(t)
            local job = working({ max_attempts = 2, backoff_s = 3600 })
            jobs.advance(9.5)
            t:is(jobs.row(job.id).status, 'working')
            jobs.advance(1)
            local row = jobs.row(job.id)
            t:is_deeply({ row.status, row.attempt, row.ready_at, row.locked_by }, { 'enqueued', 1, 0 })
            t:is(jobs.take(1)[1].id, job.id)
            jobs.advance(11)
            row = jobs.row(job.id)
            t:is_deeply({ row.status, row.cause, row.attempt }, { 'failed', '{"kind":"lost"}', 2 })
            t:like(row.errortext, 'e1')
            t:is_deeply(jobs.history(job.id), {
                'enqueued 0 by gomer',
                'working 1 by e1',
                'enqueued 1 lost by engine',
                'working 2 by e1',
                'failed 2 lost by engine',
            })
        end,
    },
    {
        'renewing keeps it, of those jobs that are named',
        function(t)
            local a, b = working(), working()
            for _ = 1, 3 do
                jobs.advance(8)
                local _, lost = renew.renew('e1', { a.id, a.lease })
                t:is_deeply(lost, {})
            end
            t:is_deeply({ jobs.row(a.id).status, jobs.row(b.id).status }, { 'working', 'failed' })
            local _, lost = renew.renew('e1', { a.id, a.lease, b.id, b.lease, a.id, a.lease + 1 })
            t:is_deeply(lost, { b.id, a.id })
            _, lost = renew.renew('e2', { a.id, a.lease })
            t:is_deeply(lost, { a.id }, 'it is not of another executor')
            jobs.settle(a, 'finish', { result = '1' })
        end,
    },
    {
        'renewing names cancellations until the job is settled',
        function(t)
            local job = working()
            cancel.cancel(job.id, 'lisa')
            for _ = 1, 2 do
                local _, lost, cancelled = renew.renew('e1', { job.id, job.lease })
                t:is_deeply({ lost, cancelled }, { {}, { job.id } })
            end
            jobs.settle(job, 'finish', { result = '1' })
            local row = jobs.row(job.id)
            t:is_deeply({ row.status, row.result }, { 'cancelled' }, 'whatever the executor says')
            t:is(jobs.history(job.id)[3], 'cancelled 1 by lisa')
        end,
    },
    {
        'what comes under an old lease changes nothing',
        function(t)
            local old = working({ max_attempts = 5 })
            jobs.advance(11)
            local new = jobs.take(1, 'e2')[1]
            t:is_deeply({ new.id, new.lease }, { old.id, old.lease + 1 })
            local before = jobs.row(old.id):totable()
            for _, kind in ipairs({ 'finish', 'fail', 'stop' }) do
                t:is(jobs.settle(old, kind, { result = ('"%s"'):format(('x'):rep(5000)) }), 'lost')
            end
            local _, lost = report.report('e1', { { old.id, old.lease, '{}', 0, 'text' } })
            t:is_deeply(lost, { old.id })
            t:is(support.raised(attach.attach, old.id, old.lease, 0, 'x'), 'LEASE_LOST')
            t:is(support.raised(payload.update, old.id, old.lease, 'x'), 'LEASE_LOST')
            t:is_deeply(jobs.row(old.id):totable(), before)
            t:is(#box.space.job_pieces:select({ old.id, 'log' }), 0)
            t:is(#box.space.job_pieces:select({ old.id, 'file' }), 0)
            support.wait_until(function()
                return #box.space.job_pieces:select({ old.id, 'result' }) == 0
            end)
            t:is(jobs.settle(new, 'finish', { result = '1' }), 'ok')
            t:is(jobs.settle(new, 'finish', { result = '2' }), 'lost', 'said twice')
            t:is(jobs.row(old.id).result, '1')
        end,
    },
    {
        'a fault waits, twice as long each time; what is given back does not count; retry begins anew',
        function(t)
            local job = working({ max_attempts = 3, backoff_s = 1000 })
            local function wait_after_fault()
                jobs.settle(job, 'fail', { errortext = 'x', cause = '{"kind":"error"}' })
                local row = jobs.row(job.id)
                return row.ready_at - row.updated
            end
            t:is(math.floor(wait_after_fault() + 0.5), 1000)
            jobs.advance(1001)
            job = jobs.take(1)[1]
            jobs.settle(job, 'stop')
            t:is(jobs.row(job.id).attempt, 1)
            job = jobs.take(1)[1]
            t:is(job.attempt, 2)
            t:is(math.floor(wait_after_fault() + 0.5), 2000)
            jobs.advance(2001)
            job = jobs.take(1)[1]
            jobs.settle(job, 'fail', { errortext = 'y', cause = '{"kind":"exit","code":3}' })
            local row = jobs.row(job.id)
            t:is_deeply(
                { row.status, row.attempt, row.errortext, row.cause },
                { 'failed', 3, 'y', '{"kind":"exit","code":3}' }
            )
            row = retry.retry(job.id, 'marge')
            t:is_deeply(
                { row.status, row.attempt, row.last_attempt, row.errortext, row.cause, row.ended },
                { 'enqueued', 3, 6, nil, nil, 0 }
            )
            job = jobs.take(1)[1]
            t:is(job.attempt, 4)
            t:is(math.floor(wait_after_fault() + 0.5), 1000)
            cancel.cancel(job.id, 'marge')
            t:is(support.raised(cancel.cancel, job.id, 'marge'), 'JOB_ENDED')
        end,
    },
    {
        'a back-off is 3,600 s at most, however often it was doubled',
        function(t)
            local job = working({ max_attempts = 100, backoff_s = 3000 })
            for _ = 1, 3 do
                jobs.settle(job, 'fail', { errortext = 'x', cause = '{"kind":"error"}' })
                local row = jobs.row(job.id)
                t:ok(row.ready_at - row.updated <= 3600)
                jobs.advance(3601)
                job = jobs.take(1)[1]
            end
            jobs.settle(job, 'finish', { result = '1' })
        end,
    },
    {
        'after a start each working job has a whole lease, and what waits and what is ready is known again',
        function(t)
            local job = working()
            local later, ready = jobs.create({ run_at = require('work.jobs.state.clock').wall() + 5, key = 'k' }, {})
            jobs.advance(9)
            start.start({})
            jobs.advance(9)
            t:is(jobs.row(job.id).status, 'working')
            local _, lost = renew.renew('e1', { job.id, job.lease })
            t:is_deeply(lost, {})
            t:is(jobs.create({ key = 'k' }).id, later.id)
            local taken = jobs.take(3)
            t:is_deeply({ #taken, taken[1].id, taken[2].id }, { 2, later.id, ready.id }, 'one place is held')
            jobs.advance(11)
            for _, id in ipairs({ job.id, later.id, ready.id }) do
                t:is(jobs.row(id).status, 'failed')
            end
        end,
    },
})
