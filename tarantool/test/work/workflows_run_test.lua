-- Runs of workflows: what people ask for, and what the executor stores.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local workflows = require('work.workflows_support')
local support = require('support')
local executor = require('work.workflows.executor')
local run = require('work.workflows.run')
local states = require('work.workflows.states')

support.start_app()

local function history(project, workflow)
    local row = workflows.row(project, workflow)
    local texts = {}
    for i, entry in ipairs(box.space.workflow_history.index.workflow:select({ row.id })) do
        texts[i] = ('%s%s by %s'):format(entry.task ~= '' and entry.task .. ' ' or '', entry.status, entry.by)
    end
    return texts
end

-- Carries out a whole run of tasks 1 ... count.
local function carry_out(job, count)
    for task_id = 1, count do
        workflows.advance(job, { task_id, 'running', { pid = 7, attempt = 1 } }, { task_id, 'success', { code = 0 } })
    end
    workflows.advance(job, { 0, 'success' })
    workflows.settle(job, 'finish', { result = '1' })
end

support.run('workflows: runs', {
    {
        'a run begins at once, is planned by place, and ends with the status that its process stores',
        function(t)
            workflows.create('p1', 'w', { 'a', 'b' })
            local run_id, status = workflows.run('p1', 'w')
            t:is(status, 'running')
            local job = workflows.take()
            t:is(job.id, run_id)
            t:is_deeply({ workflows.plan(job) }, { 'a new, b new', 'running', (select(3, workflows.plan(job))) })
            local head, next_after, rows = executor.plan(job.id, job.lease, 0, 1)
            t:is(head.project .. '/' .. head.workflow, 'p1/w')
            t:is(next_after, 1)
            t:is(#rows, 1)
            t:is_deeply({ rows[1][4], rows[1][5], rows[1][6] }, { 'simple', { '1', '' }, { A = 'b' } })
            carry_out(job, 2)
            t:is(workflows.row('p1', 'w').status, 'success')
            t:is_deeply(history('p1', 'w'), {
                'running by homer',
                'a running by run',
                'a success by run',
                'b running by run',
                'b success by run',
                'success by run',
            })
            t:is(box.space.workflow_runs:get({ run_id }).status, 'success')
        end,
    },
    {
        'a second run is refused while one goes on, and the same spec again is the same run',
        function(t)
            workflows.create('p2', 'w', { 'a' })
            local spec = require('work.jobs_support').spec({ type = 'run' })
            local run_id = run.run('p2', 'w', nil, 'homer', spec)
            t:is(run.run('p2', 'w', nil, 'homer', spec), run_id)
            t:is(support.raised(workflows.run, 'p2', 'w'), 'WORKFLOW_RUNNING')
            t:is(support.raised(workflows.run, 'p2', 'w', 'a'), 'WORKFLOW_RUNNING')
            carry_out(workflows.take(), 1)
            t:isnt(workflows.run('p2', 'w'), run_id)
            carry_out(workflows.take(), 1)
        end,
    },
    {
        'what names nothing is refused with the parameter that does',
        function(t)
            workflows.create('p3', 'w', { 'a' })
            for what, names in pairs({
                project = { 'none', 'w', 'a' },
                workflow = { 'p3', 'none', 'a' },
                task = { 'p3', 'w', 'none' },
            }) do
                local code, reason = support.raised(workflows.run, unpack(names))
                t:is(code, 'WORKFLOW_NOT_FOUND')
                t:is(reason.details.what, what)
            end
            t:is(box.space.jobs.index.status:count({ 'enqueued' }), 0, 'nothing is left')
        end,
    },
    {
        'a step that is sent again changes nothing; under an old lease it is lost',
        function(t)
            workflows.create('p4', 'w', { 'a' })
            workflows.run('p4', 'w')
            local job = workflows.take()
            local step = {
                { 1, 'running', { pid = 9, attempt = 1, at = 5000.25 } },
                { 1, 'error', { code = 3, at = 5000.5, cause = '{"kind":"exit"}' } },
            }
            t:is(workflows.advance_as(job, 1, unpack(step)), 'ok')
            local before = history('p4', 'w')
            t:is(workflows.advance_as(job, 1, unpack(step)), 'ok')
            t:is_deeply(history('p4', 'w'), before)
            t:is((workflows.plan(job)), 'a error')
            workflows.advance_clock(11)
            local again = workflows.take()
            t:is(again.id, job.id)
            t:is(workflows.advance(job, { 1, 'rerun' }), 'lost')
            t:is(support.raised(executor.plan, job.id, job.lease, 0, 1), 'LEASE_LOST')
            t:is(support.raised(executor.asked, job.id, job.lease, 0), 'LEASE_LOST')
            local _, _, rows = workflows.plan(again)
            t:is_deeply({ rows[1][10], rows[1][11], rows[1][12], rows[1][15] }, { 'error', 3, box.NULL, 1 })
            workflows.advance(again, { 0, 'error' })
            t:is(workflows.advance(again, { 0, 'success' }), 'ok', 'after the end nothing changes')
            t:is(workflows.row('p4', 'w').status, 'error')
            workflows.settle(again, 'finish', { result = '1' })
        end,
    },
    {
        'the process of a task is kept while it runs and forgotten at its end',
        function(t)
            workflows.create('p5', 'w', { 'a' })
            workflows.run('p5', 'w')
            local job = workflows.take()
            workflows.advance(job, { 1, 'running', { pid = 9, pid_start = 77, boot_id = 'x', attempt = 1 } })
            local _, _, rows = workflows.plan(job)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'running', box.NULL, 9, 77, 'x', 1 })
            workflows.advance(job, { 1, 'immortal', { pid = 9, pid_start = 77, boot_id = 'x', attempt = 1 } })
            _, _, rows = workflows.plan(job)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'immortal', box.NULL, 9, 77, 'x', 1 })
            workflows.advance(job, { 1, 'killed', { pid = 9, cause = box.NULL } }, { 0, 'stopped' })
            _, _, rows = workflows.plan(job)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'killed', box.NULL, box.NULL, box.NULL, box.NULL, 1 })
            workflows.settle(job, 'finish', { result = '1' })
        end,
    },
    {
        'the process follows the status without a history of its own, also when another status came between',
        function(t)
            workflows.create('p12', 'w', { 'a' })
            workflows.run('p12', 'w')
            local job = workflows.take()
            local names = { project = 'p12', workflow = 'w', task = 'a' }
            workflows.advance(job, { 1, 'running', { attempt = 1 } })
            local before = #history('p12', 'w')
            workflows.advance(job, { 1, 'running', { attempt = 1, pid = 9 } })
            t:is(#history('p12', 'w'), before)
            run.set_status(names, 'waiting', 'marge')
            workflows.advance(job, { 1, 'running', { attempt = 1, boot_id = 'x' } })
            local _, _, rows = workflows.plan(job)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'waiting', box.NULL, 9, box.NULL, 'x', 1 })
            workflows.advance(job, { 1, 'rerun', { code = 2 } }, { 1, 'running', { attempt = 2, pid = 10 } })
            _, _, rows = workflows.plan(job)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'running', box.NULL, 10, box.NULL, box.NULL, 2 })
            workflows.advance(job, { 0, 'stopping', { by = 'SIGUSR1' } }, { 0, 'stopped' })
            t:is(workflows.row('p12', 'w').stop_by, 'SIGUSR1')
            workflows.settle(job, 'finish', { result = '1' })
        end,
    },
    {
        'a task that is started again by a taken over run begins anew, in its last attempt',
        function(t)
            workflows.create('p40', 'w', { 'a', 'b' })
            workflows.run('p40', 'w')
            local job = workflows.take()
            workflows.advance(
                job,
                { 1, 'running', { pid = 9, pid_start = 77, boot_id = 'x', attempt = 1, at = 5000.25 } },
                { 2, 'running', { pid = 10, attempt = 2, at = 5000.5 } }
            )
            run.set_status({ project = 'p40', workflow = 'w', task = 'b' }, 'waiting', 'marge')
            workflows.advance_clock(11)
            local again = workflows.take()
            t:is(again.id, job.id)
            local step = {
                { 1, 'running', { attempt = 1, at = 6000, why = 'again', is_restart = true } },
                { 2, 'running', { attempt = 2, at = 6000, is_restart = true } },
            }
            workflows.advance_as(again, 1, unpack(step))
            workflows.advance_as(again, 1, unpack(step))
            local _, _, rows = workflows.plan(again)
            t:is_deeply({ unpack(rows[1], 10, 15) }, { 'running', box.NULL, box.NULL, box.NULL, box.NULL, 1 })
            t:is_deeply({ unpack(rows[2], 10, 15) }, { 'running', box.NULL, box.NULL, box.NULL, box.NULL, 2 })
            local states_of = box.space.workflow_states
            local id = workflows.row('p40', 'w').id
            t:is_deeply({ states_of:get({ id, 1 }).started, states_of:get({ id, 2 }).started }, { 6000, 6000 })
            t:is_deeply(history('p40', 'w'), {
                'running by homer',
                'a running by run',
                'b running by run',
                'b waiting by marge',
                'a running by run',
                'b running by run',
            })
            local entries = box.space.workflow_history.index.task:select({ id, 'a' })
            t:is(entries[2].why, 'again')
            workflows.advance_as(again, 2, { 1, 'running', { attempt = 1, pid = 11 } })
            t:is(#history('p40', 'w'), 6, 'its process follows')
            workflows.advance_as(again, 3, { 0, 'error' })
            workflows.settle(again, 'finish', { result = '1' })
        end,
    },
    {
        'the begin of a run makes its tasks new without a row for each; a run of one task makes that one new',
        function(t)
            workflows.create('p6', 'w', { 'a', 'b', 'c' })
            local function statuses()
                local row = workflows.row('p6', 'w')
                local texts = {}
                for i, id in ipairs(row.order) do
                    texts[i] = states.of_task(row, id, box.space.workflow_states:get({ row.id, id }))
                end
                return table.concat(texts, ', ')
            end
            t:is(statuses(), 'not run, not run, not run')
            workflows.run('p6', 'w', 'b')
            t:is(statuses(), 'not run, new, not run')
            local job = workflows.take()
            local text, _, rows = workflows.plan(job)
            t:is(text, 'b new')
            t:is(rows[1][1], 2)
            workflows.advance(job, { 2, 'running', { attempt = 1 } }, { 2, 'error', { code = 1 } }, { 0, 'error' })
            workflows.settle(job, 'finish', { result = '1' })
            t:is(statuses(), 'not run, error, not run')
            workflows.run('p6', 'w')
            t:is(statuses(), 'new, new, new')
            job = workflows.take()
            workflows.advance(job, { 1, 'running', { attempt = 1 } }, { 1, 'error', { code = 1 } }, { 0, 'error' })
            workflows.settle(job, 'finish', { result = '1' })
            t:is(statuses(), 'error, new, new')
            workflows.create('p6', 'w', { 'd' })
            t:is(statuses(), 'error, new, new, not run')
            workflows.run('p6', 'w', 'd')
            t:is(statuses(), 'error, new, new, new')
            carry_out(workflows.take(), 0)
            t:is(statuses(), 'error, new, new, new')
        end,
    },
    {
        'a run that no executor had is stopped at once; another one is marked, and its executor is nudged',
        function(t)
            workflows.create('p7', 'w7', { 'a' })
            local run_id = workflows.run('p7', 'w7')
            t:is_deeply({ run.stop(nil, 'w7', 'marge') }, { run_id, 'stopping' })
            t:is(workflows.row('p7', 'w7').status, 'stopped')
            t:is(box.space.jobs:get({ run_id }).status, 'cancelled')
            t:is(support.raised(run.stop, nil, 'w7', 'marge'), 'WORKFLOW_NOT_RUNNING')
            run_id = workflows.run('p7', 'w7')
            local job = workflows.take()
            for _ = 1, 2 do
                t:is_deeply({ run.stop('p7', 'w7', 'marge') }, { run_id, 'stopping' }, 'again and again')
            end
            t:is((executor.asked(job.id, job.lease, 0)), 'marge')
            local _, orders = require('work.jobs.executor.poll').poll('e1', { run = 100 }, 0)
            t:is_deeply(orders, { { job.id, job.lease, 'nudge' } }, 'one nudge')
            workflows.advance(job, { 0, 'stopped' })
            workflows.settle(job, 'finish', { result = '1' })
            t:is(workflows.row('p7', 'w7').status, 'stopped')
        end,
    },
    {
        'a run that had ended when its executor was lost is planned as ended, also when another one goes on',
        function(t)
            workflows.create('p14', 'w', { 'a' })
            workflows.run('p14', 'w')
            local first = workflows.take()
            workflows.advance(first, { 0, 'error' })
            workflows.run('p14', 'w')
            local second = workflows.take()
            workflows.advance_clock(11)
            workflows.take()
            local again, other = box.space.jobs:get({ first.id }), box.space.jobs:get({ second.id })
            t:is(again.lease, first.lease + 1)
            local head, next_after, rows = executor.plan(again.id, again.lease, 0, 10)
            t:is_deeply({ head.status, next_after, rows }, { 'error', box.NULL, {} })
            t:is(workflows.advance(again, { 0, 'success' }), 'lost')
            workflows.settle(again, 'finish', { result = '1' })
            t:is((workflows.plan(other)), 'a new')
            workflows.advance(other, { 0, 'success' })
            workflows.settle(other, 'finish', { result = '1' })
        end,
    },
    {
        'a run whose job has ended without saying how can be stopped, and another one can begin',
        function(t)
            workflows.create('p13', 'w', { 'a' })
            for _ = 1, 2 do
                workflows.run('p13', 'w')
                workflows.settle(workflows.take(), 'finish', { result = '1' })
                t:is(workflows.row('p13', 'w').status, 'running')
            end
            run.stop('p13', 'w', 'marge')
            t:is(workflows.row('p13', 'w').status, 'stopped')
            local row = workflows.row('p13', 'w')
            local statuses = {}
            for _, its in ipairs(box.space.workflow_runs.index.workflow:select({ row.id })) do
                table.insert(statuses, its.status)
            end
            t:is_deeply(statuses, { 'error', 'stopped' })
        end,
    },
    {
        'a name in several projects is refused with their names, also when only one of them runs',
        function(t)
            workflows.create('p8', 'twice', { 'a' })
            workflows.create('p9', 'twice', { 'a' })
            workflows.run('p8', 'twice')
            local code, reason = support.raised(run.stop, nil, 'twice', 'marge')
            t:is(code, 'WORKFLOW_AMBIGUOUS')
            t:is_deeply(reason.details.projects, { 'p8', 'p9' })
            run.stop('p8', 'twice', 'marge')
        end,
    },
    {
        'forced statuses are stored, told to the executor of the run, and waiting needs a task that runs',
        function(t)
            workflows.create('p10', 'w', { 'a', 'b' })
            local names = { project = 'p10', workflow = 'w', task = 'a' }
            run.set_status(names, 'error', 'marge', 'to try it')
            t:is_deeply(history('p10', 'w'), { 'a error by marge' })
            t:is(support.raised(run.set_status, names, 'waiting', 'marge'), 'TASK_NOT_RUNNING')
            workflows.run('p10', 'w')
            local job = workflows.take()
            t:is((workflows.plan(job)), 'a new, b new')
            t:is(support.raised(run.set_status, names, 'running', 'marge'), 'TASK_NOT_RUNNING')
            workflows.advance(job, { 1, 'running', { pid = 9, attempt = 1 } })
            run.set_status(names, 'waiting', 'marge', 'a library')
            run.set_status(names, 'running', 'marge')
            local stop_by, forced = executor.asked(job.id, job.lease, 0)
            t:is(stop_by, box.NULL)
            t:is_deeply({ unpack(forced[1], 2, 4) }, { 1, 'waiting', 'marge' })
            t:is(forced[2][3], 'running')
            t:is_deeply({ executor.asked(job.id, job.lease, forced[1][1]) }, { box.NULL, { forced[2] } })
            t:is((executor.plan(job.id, job.lease, 0, 1)).asked, forced[2][1])
            local _, _, rows = workflows.plan(job)
            t:is_deeply({ rows[1][10], rows[1][12] }, { 'running', 9 })
            workflows.advance(job, { 0, 'stopped' })
            t:is(box.space.workflow_forced:len(), 0)
            workflows.settle(job, 'finish', { result = '1' })
        end,
    },
    {
        'the log of a task is kept for its last run, under any number of calls, and goes on after a crash',
        function(t)
            workflows.create('p11', 'w', { 'a', 'b' })
            workflows.run('p11', 'w')
            local job = workflows.take()
            local piece = { job.id, job.lease, 1, 0, 'one\n' }
            t:is_deeply(executor.add_log({ piece, { job.id, job.lease, 2, 0, 'two\n' } }), {})
            t:is_deeply(executor.add_log({ piece }), {}, 'again')
            t:is_deeply(executor.add_log({ { job.id, job.lease + 1, 1, 4, 'x' } }), { job.id })
            local function read(task_id, stop)
                local log = { id = job.id, stream = task_id, stop = stop }
                return { require('work.jobs').read_log(log, 0, 100) }
            end
            t:is_deeply(read(1, 4), { 0, 4, true, 'one\n' })
            t:is_deeply(read(2, 4), { 0, 4, true, 'two\n' })
            workflows.advance_clock(11)
            local again = workflows.take()
            local _, _, rows = workflows.plan(again)
            t:is(rows[1][16], 4)
            executor.add_log({ { again.id, again.lease, 1, 4, 'more\n' } })
            t:is_deeply(read(1, 9), { 0, 9, true, 'one\nmore\n' })
            carry_out(again, 2)
            workflows.run('p11', 'w')
            local second = workflows.take()
            _, _, rows = workflows.plan(second)
            t:is(rows[1][16], 0)
            executor.add_log({ { second.id, second.lease, 1, 0, 'new\n' } })
            support.wait_until(function()
                return #box.space.job_pieces:select({ job.id, 'log', 1 }) == 0
            end)
            t:is(#box.space.job_pieces:select({ job.id, 'log', 2 }), 1, 'task b has written none yet')
            carry_out(second, 2)
        end,
    },
})
