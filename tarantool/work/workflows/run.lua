-- svodka.workflows.run, stop, set_status: what people ask of a workflow.

local clock = require('work.jobs.state.clock')
local errors = require('lib.errors')
local find = require('work.workflows.find')
local jobs = require('work.jobs')
local states = require('work.workflows.states')

local M = {}

local JOB_IS_GONE = 'its job had ended without saying how'

-- Its job has not ended: the executor of the run hears of what changed once the step is committed.
local function nudge_later(step, run_id)
    table.insert(step.done, function()
        jobs.nudge(run_id)
    end)
end

-- Whether its run goes on in the engine. Only a fault of the executor's program ends the job before the run.
local function has_job(workflow)
    local job = box.space.jobs:get({ workflow.run_id })
    return job ~= nil and job.ended == 0
end

local function begin(step, project_name, name, task_name, by, spec)
    local workflow = find.require_workflow(project_name, name)
    local task = task_name ~= nil and find.require_task(workflow, task_name) or nil
    local stored = box.space.jobs.index.task_id:get({ spec[1] })
    if stored ~= nil and stored.id == workflow.run_id then
        return workflow
    elseif states.is_active(workflow) then
        if has_job(workflow) then
            errors.raise('WORKFLOW_RUNNING')
        end
        M.end_run(step, workflow, { status = 'error', at = clock.wall(), by = states.RUN, why = JOB_IS_GONE })
    end
    local job, code = jobs.create_in(step, spec)
    if job == nil then
        errors.raise(code)
    end
    local now = clock.wall()
    local operations = {
        { '=', 'status', states.RUNNING },
        { '=', 'run_id', job.id },
        { '=', 'run_task', task ~= nil and task.task_id or 0 },
        { '=', 'run_started', now },
        { '=', 'run_ended', box.NULL },
        { '=', 'run_by', by },
        { '=', 'stop_by', box.NULL },
    }
    if task == nil then
        table.insert(operations, { '=', 'whole_run_id', job.id })
        table.insert(operations, { '=', 'whole_below', workflow.next_task_id })
    else
        M.renew_state(workflow, task.task_id, job.id)
    end
    local new = box.space.workflows:update({ workflow.id }, operations)
    box.space.workflow_runs:insert({ job.id, workflow.id, task_name or '', states.RUNNING, now, box.NULL, by, 0, 0 })
    states.note(step, workflow.id, { run_id = job.id, task = '', status = states.RUNNING, at = now, by = by })
    return new
end

-- The task is new in this run; the log of its last one is kept until it writes another.
function M.renew_state(workflow, task_id, run_id)
    local old = box.space.workflow_states:get({ workflow.id, task_id })
    local row = states.fresh(workflow.id, task_id)
    if old ~= nil then
        row.log_run = old.log_run
        row.log_end = old.log_end
    end
    row.run_id = run_id
    states.replace(row)
end

-- Begins a run of the workflow, or of the one task when task_name is not nil. spec: of a job of type `run`, as
-- svodka.jobs.create takes it. Returns the id of the run and its status. The same spec again returns the same.
-- Raises WORKFLOW_NOT_FOUND, WORKFLOW_RUNNING, READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.run(project_name, name, task_name, by, spec)
    local workflow = jobs.transact(begin, project_name, name, task_name, by, spec)
    return workflow.run_id, workflow.status
end

-- Part of a step: the run has ended. change: {status, at, by, why}.
function M.end_run(step, workflow, change)
    local at = math.max(change.at, workflow.run_started)
    box.space.workflows:update({ workflow.id }, { { '=', 'status', change.status }, { '=', 'run_ended', at } })
    box.space.workflow_runs:update({ workflow.run_id }, { { '=', 'status', change.status }, { '=', 'ended', at } })
    for _, row in ipairs(box.space.workflow_forced:select({ workflow.run_id })) do
        box.space.workflow_forced:delete({ row.run_id, row.id })
    end
    states.note(step, workflow.id, {
        run_id = workflow.run_id,
        task = '',
        status = change.status,
        at = at,
        by = change.by,
        why = change.why,
    })
end

-- Part of a step: the run is to end.
function M.mark_stopping(step, workflow, change)
    box.space.workflows:update(
        { workflow.id },
        { { '=', 'status', states.STOPPING }, { '=', 'stop_by', change.stop_by or workflow.stop_by or box.NULL } }
    )
    box.space.workflow_runs:update({ workflow.run_id }, { { '=', 'status', states.STOPPING } })
    states.note(step, workflow.id, {
        run_id = workflow.run_id,
        task = '',
        status = states.STOPPING,
        at = change.at,
        by = change.by,
        why = change.why,
    })
end

local function stop(step, project_name, name, by)
    local workflow
    if project_name ~= nil then
        workflow = find.require_workflow(project_name, name)
    else
        workflow = find.require_anywhere(name)
    end
    if not states.is_active(workflow) then
        errors.raise('WORKFLOW_NOT_RUNNING')
    elseif workflow.stop_by ~= nil then
        return workflow
    end
    local change = { at = clock.wall(), by = by, why = 'asked to stop', stop_by = by }
    if workflow.status == states.RUNNING then
        M.mark_stopping(step, workflow, change)
    else
        box.space.workflows:update({ workflow.id }, { { '=', 'stop_by', by } })
    end
    if not has_job(workflow) then
        M.end_run(step, workflow, { status = states.STOPPED, at = change.at, by = by, why = JOB_IS_GONE })
    elseif box.space.jobs:get({ workflow.run_id }).lease == 0 then
        -- No executor ever had it: there is nothing to end.
        jobs.cancel_in(step, workflow.run_id, by)
        M.end_run(step, workflow, { status = states.STOPPED, at = change.at, by = by, why = 'it had not begun' })
    else
        nudge_later(step, workflow.run_id)
    end
    return workflow
end

-- Asks the run to stop. project_name: nil when the name is unique. Returns the id of the run and `stopping`, again and
-- again until it has ended. Raises WORKFLOW_NOT_FOUND, WORKFLOW_AMBIGUOUS, WORKFLOW_NOT_RUNNING, and what writes raise.
function M.stop(project_name, name, by)
    local workflow = jobs.transact(stop, project_name, name, by)
    return workflow.run_id, states.STOPPING
end

-- Whether the status means that the task has a process.
local function needs_process(status)
    return status == states.WAITING or status == states.RUNNING
end

-- What a task is forced to be beside its status.
local function forced_fields(state, status, at)
    state.status = status
    state.code = status == 'success' and 0 or nil
    if states.has_ended(status) then
        state.ended = state.ended ~= nil and state.ended or at
    end
    if not states.is_alive(status) then
        state.pid, state.pid_start, state.boot_id = nil, nil, nil
    end
end

local function set_status(step, names, status, by, why)
    local workflow = find.require_workflow(names.project, names.workflow)
    local task = find.require_task(workflow, names.task)
    local old = states.current(workflow, task.task_id)
    local is_in_run = states.is_active(workflow) and (workflow.run_task == 0 or workflow.run_task == task.task_id)
    local is_alive = is_in_run and old ~= nil and states.is_alive(old.status)
    if needs_process(status) and not is_alive then
        errors.raise('TASK_NOT_RUNNING')
    end
    local state = old ~= nil and old:tomap({ names_only = true }) or states.fresh(workflow.id, task.task_id)
    local at = clock.wall()
    if old == nil then
        state.run_id = workflow.run_id ~= nil and workflow.run_id or 0
    end
    forced_fields(state, status, at)
    states.replace(state)
    states.note(step, workflow.id, {
        run_id = workflow.run_id,
        task = task.name,
        status = status,
        code = state.code,
        pid = state.pid,
        at = at,
        by = by,
        why = why,
    })
    -- The others change what is shown, and what a run that is taken over takes for done.
    if needs_process(status) then
        local number = box.sequence.workflow_forced_id:next()
        box.space.workflow_forced:insert({ workflow.run_id, number, task.task_id, status, by })
        nudge_later(step, workflow.run_id)
    end
end

-- Forces a status of a task. names: {project, workflow, task}. Raises WORKFLOW_NOT_FOUND, TASK_NOT_RUNNING, and what
-- writes raise.
function M.set_status(names, status, by, why)
    jobs.transact(set_status, names, status, by, why)
end

return M
