-- Shared by the Lua tests of workflows: documents, and runs that the test carries out as their executor.

local fio = require('fio')
local uuid = require('uuid')

package.path = fio.dirname(fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))) .. '/?.lua;' .. package.path
local jobs_support = require('work.jobs_support')
local clock = require('work.jobs.state.clock')
local executor = require('work.workflows.executor')
local run = require('work.workflows.run')
local tree = require('work.workflows.tree')

local M = {}

local last_at = 0

-- A task as documents have it; changes: {place, exec, tries}.
function M.task(name, changes)
    changes = changes or {}
    return {
        name,
        box.NULL,
        changes.place or box.NULL,
        changes.exec or 'await',
        'simple',
        { '1', '' },
        { A = 'b' },
        changes.tries or 2,
        box.NULL,
        6,
    }
end

-- A document with one workflow. tasks: names, or tasks.
function M.document(project, workflow, tasks)
    local its = {}
    for i, task in ipairs(tasks or {}) do
        its[i] = type(task) == 'string' and M.task(task) or task
    end
    return { project, 1, { { workflow, 2, tasks ~= nil and its or nil } } }
end

function M.create(project, workflow, tasks)
    return tree.create(M.document(project, workflow, tasks))
end

function M.row(project, workflow)
    return (require('work.workflows.find').require_workflow(project, workflow))
end

-- The names of its tasks by place, as one text.
function M.names(project, workflow)
    local row = M.row(project, workflow)
    local names = {}
    for i, id in ipairs(row.order) do
        names[i] = box.space.workflow_tasks:get({ row.id, id }).name
    end
    assert(#names == row.task_count)
    return table.concat(names, ' ')
end

function M.run(project, workflow, task)
    local spec = jobs_support.spec({ type = 'run', max_attempts = 1000000 })
    return run.run(project, workflow, task, 'homer', spec)
end

-- Takes the next run for the executor of the test; returns the job.
function M.take()
    return jobs_support.take(100, 'e1', 'run')[1]
end

-- A time, later than all before.
function M.at()
    last_at = math.max(last_at + 0.001, clock.wall())
    return last_at
end

local last_seq = 0

-- Stores changes {task_id, status, details} of one run; `at` is added where it is missing. Returns the verdict.
function M.advance(job, ...)
    last_seq = last_seq + 1
    return M.advance_as(job, last_seq, ...)
end

-- The same as a step of this number.
function M.advance_as(job, seq, ...)
    local changes = { ... }
    for _, change in ipairs(changes) do
        change[3] = change[3] or {}
        change[3].at = change[3].at or M.at()
    end
    return executor.advance({ { job.id, job.lease, seq, changes } })[1]
end

-- The statuses of the tasks by place, as the run's plan has them, and the run's own.
function M.plan(job)
    local head, _, rows = executor.plan(job.id, job.lease, 0, 1000)
    local texts = {}
    for i, row in ipairs(rows) do
        texts[i] = row[2] .. ' ' .. row[10]
    end
    return table.concat(texts, ', '), head.status, rows
end

M.new_id = uuid.str
M.settle = jobs_support.settle
M.advance_clock = jobs_support.advance

return M
