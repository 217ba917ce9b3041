-- What the executor of a run calls (docs/workflows.md): the plan of the run, what happened, what people ask for.

local changes = require('work.workflows.changes')
local errors = require('lib.errors')
local jobs = require('work.jobs')
local limits = require('work.jobs.state.limits')
local run = require('work.workflows.run')
local states = require('work.workflows.states')
local sweeper = require('work.workflows.sweeper')

local M = {}

local MAX_PAGE = 1000
-- To store a change costs about 15 us of the TX thread.
local MAX_CHANGES = 500

-- The workflow whose last run is this job, or nil.
local function workflow_of(job_id)
    local its = box.space.workflow_runs:get({ job_id })
    local workflow = its ~= nil and box.space.workflows:get({ its.workflow_id }) or nil
    if workflow ~= nil and workflow.run_id == job_id then
        return workflow
    end
end

local function require_workflow(job_id, lease)
    jobs.require_lease(job_id, lease)
    local workflow = workflow_of(job_id)
    if workflow == nil then
        errors.raise('LEASE_LOST')
    end
    return workflow
end

local function plan_row(workflow, task_id)
    local task = box.space.workflow_tasks:get({ workflow.id, task_id })
    local state = states.current(workflow, task_id) or {}
    local is_of_run = state.run_id == workflow.run_id
    local log_end = is_of_run and state.log_run == workflow.run_id and state.log_end or 0
    return {
        task.task_id,
        task.name,
        task.exec,
        task['function'],
        task.params,
        task.env,
        task.tries,
        task.timeout_s or box.NULL,
        task.grace_s,
        states.of_task(workflow, task_id, state.run_id ~= nil and state or nil),
        state.code or box.NULL,
        state.pid or box.NULL,
        state.pid_start or box.NULL,
        state.boot_id or box.NULL,
        is_of_run and state.attempt or 0,
        log_end,
    }
end

-- The number of the last status that somebody forced on a task of the run; 0: none.
local function last_forced(job_id)
    local last = box.space.workflow_forced:select({ job_id }, { iterator = 'REQ', limit = 1 })[1]
    return last ~= nil and last.id or 0
end

-- The run had ended when its executor was lost before it could settle the job; by now the workflow is gone or runs
-- again.
local function plan_of_the_past(job_id)
    local its = box.space.workflow_runs:get({ job_id })
    local has_ended = its ~= nil and its.ended ~= nil
    return { project = '', workflow = '', status = has_ended and its.status or 'error', asked = 0 }
end

-- The tasks that the run has, by place, `limit` at most after the first `after` ones. Returns
-- {project, workflow, task | nil, status, stop_by | nil, asked}, the `after` to go on with (nil at the end), rows as
-- docs/workflows.md describes them. O(all tasks + limit * log n). Raises LEASE_LOST.
function M.plan(job_id, lease, after, limit)
    jobs.require_lease(job_id, lease)
    local workflow = workflow_of(job_id)
    if workflow == nil then
        return plan_of_the_past(job_id), box.NULL, {}
    end
    local ids = workflow.order
    local head = {
        project = box.space.projects:get({ workflow.project_id }).name,
        workflow = workflow.name,
        status = workflow.status,
        stop_by = workflow.stop_by,
        asked = last_forced(job_id),
    }
    if workflow.run_task ~= 0 then
        ids = { workflow.run_task }
        head.task = box.space.workflow_tasks:get({ workflow.id, workflow.run_task }).name
    end
    after = after or 0
    local last = math.min(#ids, after + math.min(limit, MAX_PAGE))
    local rows = {}
    for i = after + 1, last do
        table.insert(rows, plan_row(workflow, ids[i]))
    end
    return head, last < #ids and last or box.NULL, rows
end

local function change_run(step, workflow, status, details)
    local change = {
        status = status,
        at = details.at,
        by = details.by or states.RUN,
        why = details.why,
        -- Somebody stopped it by a signal; without `by` an awaited task failed.
        stop_by = details.by,
    }
    if status == states.STOPPING then
        if workflow.status == states.RUNNING then
            run.mark_stopping(step, workflow, change)
        end
    elseif status ~= states.RUNNING then
        run.end_run(step, workflow, change)
    end
end

local PROCESS_MEMBERS = { 'pid', 'pid_start', 'boot_id' }

-- Whether a change only brings members of a status that is stored already: `pid` follows `running`, also when somebody
-- has forced `waiting` meanwhile, or the task is being stopped.
local function is_known(old, status, attempt)
    if old == nil or (attempt ~= nil and old.attempt ~= attempt) then
        return false
    end
    local has_gone_on = old.status == states.WAITING or old.status == states.STOPPING
    return old.status == status or (status == states.RUNNING and has_gone_on)
end

local function add_members(old, details)
    local row = old:tomap({ names_only = true })
    for _, name in ipairs({ 'code', 'cause', 'pid', 'pid_start', 'boot_id' }) do
        if details[name] ~= nil and (states.is_alive(row.status) or name == 'code' or name == 'cause') then
            row[name] = details[name]
        end
    end
    states.replace(row)
end

-- old: the row of this run, or nil. any: the row of any run, or nil.
local function new_row(workflow, task, old, any)
    local row = states.fresh(workflow.id, task.task_id)
    row.run_id = workflow.run_id
    if any ~= nil then
        row.log_run, row.log_end = any.log_run, any.log_end
    end
    if old ~= nil then
        row.attempt, row.started = old.attempt, old.started
    end
    return row
end

local function change_task(step, workflow, task, status, details)
    local any = box.space.workflow_states:get({ workflow.id, task.task_id })
    local old = any ~= nil and any.run_id == workflow.run_id and any or nil
    if not details.is_restart and is_known(old, status, details.attempt) then
        add_members(old, details)
        return changes.note_later(step, workflow.id, changes.STATUS)
    end
    local row = new_row(workflow, task, old, any)
    if status == states.RUNNING and (details.is_restart or old == nil or old.attempt ~= details.attempt) then
        row.started = details.at
    end
    row.status = status
    row.attempt = details.attempt or row.attempt
    row.code, row.cause = details.code, details.cause
    row.ended = states.has_ended(status) and details.at or nil
    if states.is_alive(status) then
        -- The process before a restart is gone.
        local kept = not details.is_restart and old or nil
        for _, name in ipairs(PROCESS_MEMBERS) do
            row[name] = details[name] or (kept ~= nil and kept[name] or nil)
        end
    end
    states.replace(row)
    states.note(step, workflow.id, {
        run_id = workflow.run_id,
        task = task.name,
        status = status,
        code = row.code,
        pid = row.pid,
        at = details.at,
        by = details.by or states.RUN,
        why = details.why,
    })
end

-- Null members are as good as none.
local function without_nulls(details)
    local members = {}
    for name, value in pairs(details) do
        if value ~= nil then
            members[name] = value
        end
    end
    return members
end

local function change(step, job_id, task_id, status, details)
    states.require_status(task_id, status)
    -- Read for each change: one before it may have ended the run.
    local workflow = workflow_of(job_id)
    if not states.is_active(workflow) then
        return
    elseif task_id == 0 then
        return change_run(step, workflow, status, details)
    end
    change_task(step, workflow, box.space.workflow_tasks:get({ workflow.id, task_id }), status, details)
end

local function advance_one(step, job_id, lease, seq, list)
    if jobs.find_lease(job_id, lease) == nil or workflow_of(job_id) == nil then
        return 'lost'
    end
    local its = box.space.workflow_runs:get({ job_id })
    -- It was sent again, because its answer was lost.
    if its.lease == lease and its.seq >= seq then
        return 'ok'
    end
    box.space.workflow_runs:update({ job_id }, { { '=', 'lease', lease }, { '=', 'seq', seq } })
    for _, entry in ipairs(list) do
        change(step, job_id, entry[1], entry[2], without_nulls(entry[3]))
    end
    return 'ok'
end

local function advance_all(step, steps)
    local verdicts = {}
    for i, its in ipairs(steps) do
        verdicts[i] = advance_one(step, unpack(its, 1, 4))
    end
    return verdicts
end

-- steps: {job_id, lease, seq, changes}, a change {task_id or 0, status, details}. Returns for each `ok` or `lost`; all
-- in one transaction. O(changes * log n). Raises what writes raise: then nothing is stored.
function M.advance(steps)
    local count = 0
    for _, its in ipairs(steps) do
        count = count + #its[4]
    end
    limits.require_at_most('changes', count, MAX_CHANGES)
    local verdicts = jobs.transact(advance_all, steps)
    sweeper.note_history()
    return verdicts
end

-- What people ask for. Returns who asked for the run's end (nil: nobody), and the statuses that were forced with
-- numbers above `after`, in order: {number, task_id, status, by}. Raises LEASE_LOST.
function M.asked(job_id, lease, after)
    local workflow = require_workflow(job_id, lease)
    local forced = {}
    local key = { job_id, after or 0 }
    for _, row in box.space.workflow_forced:pairs(key, { iterator = 'GT' }) do
        if row.run_id ~= job_id then
            break
        end
        table.insert(forced, { row.id, row.task_id, row.status, row.by })
    end
    return workflow.stop_by, forced
end

local JOB_ID, LEASE, TASK_ID, AT, TEXT = 1, 2, 3, 4, 5

-- The row in which the end of the task's log is kept.
local function state_for_log(workflow, task_id)
    local old = box.space.workflow_states:get({ workflow.id, task_id })
    if old ~= nil then
        return old
    end
    local row = states.fresh(workflow.id, task_id)
    row.run_id = workflow.run_id
    states.replace(row)
    return box.space.workflow_states:get({ workflow.id, task_id })
end

-- Reserves the place of a piece. Returns whether the run is the caller's.
local function reserve(piece)
    local workflow = workflow_of(piece[JOB_ID])
    if workflow == nil or jobs.find_lease(piece[JOB_ID], piece[LEASE]) == nil then
        return false
    end
    local state = state_for_log(workflow, piece[TASK_ID])
    local old_end = 0
    if state.log_run == workflow.run_id then
        old_end = tonumber(state.log_end)
    elseif state.log_run ~= 0 then
        jobs.forget_log(state.log_run, piece[TASK_ID])
    end
    local new_end = math.max(old_end, piece[AT] + #piece[TEXT])
    box.space.workflow_states:update(
        { workflow.id, piece[TASK_ID] },
        { { '=', 'log_run', workflow.run_id }, { '=', 'log_end', new_end } }
    )
    jobs.trim_log(piece[JOB_ID], piece[TASK_ID], old_end, new_end)
    return true, workflow.id
end

local function reserve_all(step, list)
    local lost, reserved, workflows = {}, {}, {}
    for _, piece in ipairs(list) do
        local is_ours, workflow_id = reserve(piece)
        if is_ours then
            table.insert(reserved, { id = piece[JOB_ID], stream = piece[TASK_ID], at = piece[AT], text = piece[TEXT] })
            workflows[workflow_id] = true
        else
            table.insert(lost, piece[JOB_ID])
        end
    end
    jobs.begin_log(step, reserved)
    return lost, reserved, workflows
end

-- list: pieces {job_id, lease, task_id, at, text}; at: the byte of the task's log in this run at which the text (whole
-- characters, 131,072 bytes at most) begins. Returns a list of job ids that are not the caller's any more. One
-- transaction for the rows and one for the texts. Sent again it changes nothing. Raises what writes raise.
function M.add_log(list)
    limits.require_at_most('pieces', #list, limits.MAX_REPORTS)
    local bytes = 0
    for _, piece in ipairs(list) do
        limits.require_at_most('bytes of a log piece', #piece[TEXT], limits.MAX_PIECE_BYTES)
        bytes = bytes + #piece[TEXT]
    end
    limits.require_at_most('bytes of log', bytes, limits.MAX_REPORT_BYTES)
    local lost, reserved, workflows = jobs.transact(reserve_all, list)
    if #reserved > 0 then
        jobs.write_log(reserved)
        for workflow_id in pairs(workflows) do
            changes.note(workflow_id, changes.LOG)
        end
    end
    return lost
end

return M
