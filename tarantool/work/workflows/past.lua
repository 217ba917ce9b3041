-- svodka.workflows.history, runs, log: what happened.

local errors = require('lib.errors')
local find = require('work.workflows.find')
local jobs = require('work.jobs')
local states = require('work.workflows.states')

local M = {}

local MAX_PAGE = 1000

-- Changes of statuses, newest first, those with ids below `before` (nil: from the newest); of one task by its name, and
-- of tasks of that name that were replaced or deleted. Returns rows of workflow_history. O(limit + log n).
-- Raises WORKFLOW_NOT_FOUND.
function M.history(project_name, name, task, before, limit)
    local workflow = find.require_workflow(project_name, name)
    local index = box.space.workflow_history.index.workflow
    local key = { workflow.id }
    if task ~= nil then
        index = box.space.workflow_history.index.task
        key = { workflow.id, task }
        if find.task(workflow, task) == nil and index:count(key) == 0 then
            errors.raise('WORKFLOW_NOT_FOUND', { what = 'task' })
        end
    end
    table.insert(key, before)
    local rows = {}
    local iterator = before ~= nil and 'LT' or 'REQ'
    for _, row in index:pairs(key, { iterator = iterator }) do
        if #rows >= math.min(limit, MAX_PAGE) or row.workflow_id ~= workflow.id then
            break
        elseif task ~= nil and row.task ~= task then
            break
        end
        table.insert(rows, row)
    end
    return rows
end

-- Runs of the workflow, newest first. Returns rows of workflow_runs. O(limit + log n). Raises WORKFLOW_NOT_FOUND.
function M.runs(project_name, name, limit)
    local workflow = find.require_workflow(project_name, name)
    return box.space.workflow_runs.index.workflow:select(
        { workflow.id },
        { iterator = 'REQ', limit = math.min(limit, MAX_PAGE) }
    )
end

-- A page of the log of a task in its last run: whole characters from byte `from` on, about `limit` bytes. Returns the
-- id of the workflow, from, next, ended, text. ended: the run has ended, and nothing follows; the last piece of a task
-- may come after its own end. Yields. O(limit). Raises WORKFLOW_NOT_FOUND.
function M.log(project_name, name, task_name, from, limit)
    local workflow = find.require_workflow(project_name, name)
    local task = find.require_task(workflow, task_name)
    local state = states.current(workflow, task.task_id)
    local is_over = not states.is_active(workflow)
    -- Of a task that waits for its turn in the run that goes on there is no log yet.
    if state == nil or state.log_run ~= state.run_id or state.log_run == 0 then
        return workflow.id, from, from, is_over, ''
    end
    local log = { id = state.log_run, stream = task.task_id, stop = tonumber(state.log_end) }
    local start, next_from, is_all, text = jobs.read_log(log, from, limit)
    return workflow.id, start, next_from, is_over and is_all, text
end

return M
