-- The statuses of runs and tasks (docs/workflows.md), and how a change of one is stored.

local changes = require('work.workflows.changes')

local M = {}

M.NEW = 'new'
M.NOT_RUN = 'not run'
M.RUNNING = 'running'
M.STOPPING = 'stopping'
M.STOPPED = 'stopped'

M.WAITING = 'waiting'

-- Who did it, when nobody asked for it.
M.RUN = 'run'

local function set(...)
    local members = {}
    for _, member in ipairs({ ... }) do
        members[member] = true
    end
    return members
end

-- Of a task: nothing runs, and nothing follows in this run.
local ENDED = set('success', 'error', 'terminated', 'stopped', 'killed')
-- Of a task that has a process, or is about to.
local ALIVE = set('running', 'waiting', 'stopping', 'immortal')
local TASK_STATUSES = set(
    'new',
    'not run',
    'running',
    'waiting',
    'error',
    'rerun',
    'success',
    'terminated',
    'stopping',
    'stopped',
    'killed',
    'immortal'
)
local RUN_STATUSES = set('running', 'stopping', 'stopped', 'success', 'error')

function M.has_ended(status)
    return ENDED[status] == true
end

function M.is_alive(status)
    return ALIVE[status] == true
end

-- A fault of the executor's program, not of a user.
function M.require_status(task_id, status)
    local known = task_id == 0 and RUN_STATUSES or TASK_STATUSES
    if not known[status] then
        error('unknown status ' .. tostring(status))
    end
end

-- Whether a run of the workflow has begun and not ended.
function M.is_active(workflow)
    return workflow.status == M.RUNNING or workflow.status == M.STOPPING
end

-- state: the row of the task in workflow_states, or nil. The begin of a run writes no row for each task: what an
-- earlier run left reads as new. O(1).
function M.of_task(workflow, task_id, state)
    if state ~= nil and state.run_id >= workflow.whole_run_id then
        return state.status
    elseif task_id < workflow.whole_below then
        return M.NEW
    end
    return M.NOT_RUN
end

-- The same row when it says what the task is now; nil when it is of an earlier run.
function M.current(workflow, task_id)
    local state = box.space.workflow_states:get({ workflow.id, task_id })
    if state ~= nil and state.run_id >= workflow.whole_run_id then
        return state
    end
end

-- A row of workflow_states as a table.
function M.fresh(workflow_id, task_id)
    return {
        workflow_id = workflow_id,
        task_id = task_id,
        run_id = 0,
        status = M.NEW,
        attempt = 0,
        log_run = 0,
        log_end = 0,
    }
end

-- The last version of the states of a workflow; 0 when it has none. What changes later has higher ones, until the tree
-- is changed. O(log n).
function M.last_version(workflow_id)
    local index = box.space.workflow_states.index.version
    local last = index:select({ workflow_id }, { iterator = 'REQ', limit = 1 })[1]
    return last ~= nil and last.version or 0
end

-- Stores a row under the next version.
function M.replace(row)
    row.version = M.last_version(row.workflow_id) + 1
    local tuple = box.space.workflow_states:frommap(row)
    box.space.workflow_states:replace(tuple)
end

-- Part of a step. change: {run_id, task (name; '': the run), status, code, pid, at, by, why}, of which code, pid and
-- why may be nil.
function M.note(step, workflow_id, change)
    box.space.workflow_history:insert({
        box.NULL,
        workflow_id,
        change.run_id or box.NULL,
        change.task,
        change.status,
        change.code or box.NULL,
        change.pid or box.NULL,
        change.at,
        change.by,
        change.why or box.NULL,
    })
    changes.note_later(step, workflow_id, changes.STATUS)
end

return M
