-- svodka.workflows.create, delete, update: changes of the tree of workflows and tasks. Each is one transaction, refused
-- whole. Shapes are checked by the web side; here is what depends on stored rows.
--
-- A document is {project name, project label, workflows}; a workflow of it {name, label, tasks, staged}; a task as
-- tasks.lua has it, only {name} for a deletion. tasks may be nil. staged: nil, or the id under which the tasks were
-- staged (stage.lua): then `tasks` is the list of their places.
--
-- To add a task costs about 3 us of the TX thread, to replace one 6 us, to publish one that was staged 0.5 us at most:
-- a new workflow of more than 1,000 is staged.

local changes = require('work.workflows.changes')
local errors = require('lib.errors')
local find = require('work.workflows.find')
local jobs = require('work.jobs')
local order = require('work.workflows.order')
local stage = require('work.workflows.stage')
local states = require('work.workflows.states')
local sweeper = require('work.workflows.sweeper')
local task_rows = require('work.workflows.tasks')

local M = {}

local PROJECT, PROJECT_LABEL, WORKFLOWS = 1, 2, 3
local NAME, LABEL, TASKS, STAGED = 1, 2, 3, 4

-- Kinds of faults.
local RUNNING, TAKEN, NO_WORKFLOW, NO_TASK, NO_PROJECT = 'running', 'taken', 'no_workflow', 'no_task', 'no_project'

-- Raised once a dry run has found out what it would change; nothing is stored then.
local DRY = {}

-- Collects faults {kind, index of the workflow, index of the task | nil}, from 0 as JSON Pointers count.
local function create_faults()
    local faults = {}
    local list = {}

    function list.add(kind, w, t)
        table.insert(faults, { kind, w ~= nil and w - 1 or box.NULL, t ~= nil and t - 1 or box.NULL })
    end

    -- Raises WORKFLOW_FAULTS when there are any.
    function list.require_none()
        if #faults > 0 then
            errors.raise('WORKFLOW_FAULTS', { faults = faults })
        end
    end

    return list
end

local function tasks_of(workflow)
    return workflow[TASKS] ~= nil and workflow[TASKS] or {}
end

-- Stores the new order of a workflow. next_task_id: nil when it stays.
local function store_order(step, workflow, ids, next_task_id)
    box.space.workflows:update({ workflow.id }, {
        { '=', 'order', ids },
        { '=', 'task_count', #ids },
        { '=', 'next_task_id', next_task_id or workflow.next_task_id },
        { '+', 'layout', 1 },
    })
    changes.note_later(step, workflow.id, changes.TREE)
end

-- The list of the workflow's task ids without those in `removed` ({[id] = true}).
local function order_without(workflow, removed)
    local kept = {}
    for _, id in ipairs(workflow.order) do
        if not removed[id] then
            kept[#kept + 1] = id
        end
    end
    return order.create(kept)
end

local function insert_workflow(step, project, workflow)
    local row = box.space.workflows:insert({
        workflow[STAGED] or box.NULL,
        project.id,
        workflow[NAME],
        workflow[LABEL],
        0, -- layout
        1, -- next_task_id
        0, -- task_count
        states.NOT_RUN,
        box.NULL, -- run_id
        0, -- run_task
        box.NULL, -- run_started
        box.NULL, -- run_ended
        box.NULL, -- run_by
        box.NULL, -- stop_by
        0, -- whole_run_id
        0, -- whole_below
        {},
    })
    changes.note_later(step, row.id, changes.TREE)
    return row
end

local function check_new_tasks(faults, w, row, workflow)
    local tasks = tasks_of(workflow)
    if #tasks > 0 and states.is_active(row) then
        return faults.add(RUNNING, w)
    end
    for t, task in ipairs(tasks) do
        if find.task(row, task[task_rows.NAME]) ~= nil then
            faults.add(TAKEN, w, t)
        end
    end
end

-- Puts the tasks of the document into the workflow.
local function add_tasks(step, row, workflow)
    local list = order.create(row.order)
    local first_id = row.next_task_id
    for t, task in ipairs(workflow[TASKS]) do
        local id = first_id + t - 1
        if workflow[STAGED] == nil then
            task_rows.insert(row.id, id, task)
            list.insert(task[task_rows.PLACE], id)
        else
            list.insert(task, id)
        end
    end
    store_order(step, row, list.to_array(), first_id + #workflow[TASKS])
end

local function publish(workflow)
    if not stage.is_staged(workflow[STAGED]) then
        errors.raise('WORKFLOW_CHANGED')
    end
    box.space.workflow_leftovers:delete({ workflow[STAGED] })
end

local function create(step, document, is_dry)
    local made = {}
    local faults = create_faults()
    local project = find.project(document[PROJECT])
    local rows = {}
    for w, workflow in ipairs(document[WORKFLOWS]) do
        rows[w] = project ~= nil and find.workflow(project, workflow[NAME]) or nil
        if rows[w] == nil then
            table.insert(made, workflow[NAME])
        elseif workflow[STAGED] ~= nil then
            -- It was made meanwhile.
            errors.raise('WORKFLOW_CHANGED')
        else
            check_new_tasks(faults, w, rows[w], workflow)
        end
    end
    faults.require_none()
    if is_dry then
        return made
    end
    project = project or box.space.projects:insert({ box.NULL, document[PROJECT], document[PROJECT_LABEL] })
    for w, workflow in ipairs(document[WORKFLOWS]) do
        if workflow[STAGED] ~= nil then
            publish(workflow)
        end
        local row = rows[w] or insert_workflow(step, project, workflow)
        if #tasks_of(workflow) > 0 then
            add_tasks(step, row, workflow)
        end
    end
    return made
end

-- The rows of the document's tasks in a stored workflow; notes those that are not there.
local function find_tasks(faults, w, row, workflow)
    local found = {}
    for t, task in ipairs(tasks_of(workflow)) do
        found[t] = find.task(row, task[task_rows.NAME])
        if found[t] == nil then
            faults.add(NO_TASK, w, t)
            found[t] = false
        end
    end
    return found
end

-- Looks everything up that the document names and that has to be there, not running. Returns the rows of the
-- workflows, and for each the rows of its tasks. Raises WORKFLOW_FAULTS.
local function require_leaves(document)
    local faults = create_faults()
    local project = find.project(document[PROJECT])
    if project == nil then
        faults.add(NO_PROJECT)
    end
    local rows, tasks = {}, {}
    for w, workflow in ipairs(document[WORKFLOWS]) do
        local row = project ~= nil and find.workflow(project, workflow[NAME]) or nil
        if project ~= nil and row == nil then
            faults.add(NO_WORKFLOW, w)
        elseif row ~= nil then
            if states.is_active(row) then
                faults.add(RUNNING, w)
            end
            rows[w] = row
            tasks[w] = find_tasks(faults, w, row, workflow)
        end
    end
    faults.require_none()
    return rows, tasks
end

-- The rows of its tasks, states and history are removed later, in pieces.
local function delete_workflow(step, row)
    box.space.workflow_leftovers:insert({ row.id })
    box.space.workflows:delete({ row.id })
    changes.note_later(step, row.id, changes.REMOVED)
    table.insert(step.done, sweeper.wake)
end

local function delete(step, document, is_dry)
    local rows, tasks = require_leaves(document)
    if is_dry then
        return
    end
    for w, workflow in ipairs(document[WORKFLOWS]) do
        if workflow[TASKS] == nil then
            delete_workflow(step, rows[w])
        else
            local removed = {}
            for _, task in ipairs(tasks[w]) do
                removed[task.task_id] = true
                task_rows.remove(rows[w].id, task.task_id)
            end
            store_order(step, rows[w], order_without(rows[w], removed).to_array())
        end
    end
end

-- Puts the new tasks in: first those that keep their place, from the lowest, then the others in the document's order.
-- place_of: {[task_id] = the place that it had}.
local function insert_replacements(row, workflow, found, place_of, list)
    local keeping, placed = {}, {}
    for t, task in ipairs(workflow[TASKS]) do
        local id = row.next_task_id + t - 1
        task_rows.insert(row.id, id, task)
        if task[task_rows.PLACE] == nil then
            table.insert(keeping, { place = place_of[found[t].task_id], id = id })
        else
            table.insert(placed, { place = task[task_rows.PLACE], id = id })
        end
    end
    table.sort(keeping, function(a, b)
        return a.place < b.place
    end)
    for _, entries in ipairs({ keeping, placed }) do
        for _, entry in ipairs(entries) do
            list.insert(entry.place, entry.id)
        end
    end
end

local function update(step, document, is_dry)
    local rows, tasks = require_leaves(document)
    if is_dry then
        return
    end
    for w, workflow in ipairs(document[WORKFLOWS]) do
        local row = rows[w]
        local place_of, removed = {}, {}
        for place, id in ipairs(row.order) do
            place_of[id] = place
        end
        for _, task in ipairs(tasks[w]) do
            removed[task.task_id] = true
            task_rows.remove(row.id, task.task_id)
        end
        local list = order_without(row, removed)
        insert_replacements(row, workflow, tasks[w], place_of, list)
        store_order(step, row, list.to_array(), row.next_task_id + #workflow[TASKS])
    end
end

local function run(work, document, is_dry)
    local result
    local ok, reason = pcall(jobs.transact, function(step)
        result = work(step, document, is_dry)
        if is_dry then
            error(DRY, 0)
        end
    end)
    if not ok and reason ~= DRY then
        error(reason, 0)
    end
    return result
end

-- Makes what is not there, and adds tasks to workflows that are. Returns the names of the workflows made. is_dry:
-- nothing is stored. O(tasks * log n). Raises WORKFLOW_FAULTS, READ_ONLY, OUT_OF_MEMORY, WAL_FAILED, and
-- WORKFLOW_CHANGED when what was staged cannot be used.
function M.create(document, is_dry)
    local ok, result = pcall(run, create, document, is_dry)
    for _, workflow in ipairs(document[WORKFLOWS]) do
        if workflow[STAGED] ~= nil then
            sweeper.spare_no_more(workflow[STAGED])
        end
    end
    if not ok then
        error(result, 0)
    end
    return result
end

-- Deletes the leaves. Raises WORKFLOW_FAULTS, READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.delete(document, is_dry)
    run(delete, document, is_dry)
end

-- Replaces the tasks named. Raises the same.
function M.update(document, is_dry)
    run(update, document, is_dry)
end

return M
