-- svodka.workflows.create, delete, update: changes of the tree of workflows and tasks. Each is one transaction, refused
-- whole. Shapes are checked by the web side; here is what depends on stored rows.
--
-- A document is {project name, project label, workflows}; a workflow of it {name, label, tasks}, tasks may be nil; a
-- task {name, label, place, exec, function, params, env, tries, timeout_s, grace_s}, only {name} for a deletion.
--
-- To store 10,000 tasks holds the TX thread for about 40 ms, 4 us a task.

local changes = require('work.workflows.changes')
local errors = require('lib.errors')
local find = require('work.workflows.find')
local jobs = require('work.jobs')
local order = require('work.workflows.order')
local states = require('work.workflows.states')
local sweeper = require('work.workflows.sweeper')

local M = {}

local PROJECT, PROJECT_LABEL, WORKFLOWS = 1, 2, 3
local NAME, LABEL, TASKS = 1, 2, 3
local PLACE, EXEC, FUNCTION, PARAMS, ENV, TRIES, TIMEOUT_S, GRACE_S = 3, 4, 5, 6, 7, 8, 9, 10

-- Kinds of faults.
local RUNNING, TAKEN, NO_WORKFLOW, NO_TASK, NO_PROJECT = 'running', 'taken', 'no_workflow', 'no_task', 'no_project'

-- Raised once a dry run has found out what it would change; nothing is stored then.
local DRY = {}

local EMPTY_MAP = { __serialize = 'map' }

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

local function insert_task(workflow_id, task_id, task)
    local env = setmetatable(task[ENV], EMPTY_MAP)
    box.space.workflow_tasks:insert({
        workflow_id,
        task_id,
        task[NAME],
        task[LABEL],
        task[EXEC],
        task[FUNCTION],
        task[PARAMS],
        env,
        task[TRIES],
        task[TIMEOUT_S],
        task[GRACE_S],
    })
end

local function remove_task(workflow_id, task_id)
    box.space.workflow_tasks:delete({ workflow_id, task_id })
    box.space.workflow_states:delete({ workflow_id, task_id })
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
        box.NULL,
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
        if find.task(row, task[NAME]) ~= nil then
            faults.add(TAKEN, w, t)
        end
    end
end

local function create(step, document, is_dry)
    local made = { workflows = {}, tasks = {} }
    local faults = create_faults()
    local project = find.project(document[PROJECT])
    local rows = {}
    for w, workflow in ipairs(document[WORKFLOWS]) do
        rows[w] = project ~= nil and find.workflow(project, workflow[NAME]) or nil
        if rows[w] ~= nil then
            check_new_tasks(faults, w, rows[w], workflow)
        else
            table.insert(made.workflows, workflow[NAME])
        end
        for _, task in ipairs(tasks_of(workflow)) do
            table.insert(made.tasks, workflow[NAME] .. '/' .. task[NAME])
        end
    end
    faults.require_none()
    if is_dry then
        return made
    end
    project = project or box.space.projects:insert({ box.NULL, document[PROJECT], document[PROJECT_LABEL] })
    for w, workflow in ipairs(document[WORKFLOWS]) do
        local row = rows[w] or insert_workflow(step, project, workflow)
        local tasks = tasks_of(workflow)
        if #tasks > 0 then
            local list = order.create(row.order)
            for t, task in ipairs(tasks) do
                local id = row.next_task_id + t - 1
                insert_task(row.id, id, task)
                list.insert(task[PLACE], id)
            end
            store_order(step, row, list.to_array(), row.next_task_id + #tasks)
        end
    end
    return made
end

-- The rows of the document's tasks in a stored workflow; notes those that are not there.
local function find_tasks(faults, w, row, workflow)
    local found = {}
    for t, task in ipairs(tasks_of(workflow)) do
        found[t] = find.task(row, task[NAME])
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
    local gone = { workflows = {}, tasks = {} }
    for _, workflow in ipairs(document[WORKFLOWS]) do
        if workflow[TASKS] == nil then
            table.insert(gone.workflows, workflow[NAME])
        end
        for _, task in ipairs(tasks_of(workflow)) do
            table.insert(gone.tasks, workflow[NAME] .. '/' .. task[NAME])
        end
    end
    if is_dry then
        return gone
    end
    for w, workflow in ipairs(document[WORKFLOWS]) do
        if workflow[TASKS] == nil then
            delete_workflow(step, rows[w])
        else
            local removed = {}
            for _, task in ipairs(tasks[w]) do
                removed[task.task_id] = true
                remove_task(rows[w].id, task.task_id)
            end
            store_order(step, rows[w], order_without(rows[w], removed).to_array())
        end
    end
    return gone
end

-- Puts the new tasks in: first those that keep their place, from the lowest, then the others in the document's order.
-- place_of: {[task_id] = the place that it had}.
local function insert_replacements(row, workflow, found, place_of, list)
    local keeping, placed = {}, {}
    for t, task in ipairs(workflow[TASKS]) do
        local id = row.next_task_id + t - 1
        insert_task(row.id, id, task)
        if task[PLACE] == nil then
            table.insert(keeping, { place = place_of[found[t].task_id], id = id })
        else
            table.insert(placed, { place = task[PLACE], id = id })
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
    local replaced = { workflows = {}, tasks = {} }
    for _, workflow in ipairs(document[WORKFLOWS]) do
        for _, task in ipairs(workflow[TASKS]) do
            table.insert(replaced.tasks, workflow[NAME] .. '/' .. task[NAME])
        end
    end
    if is_dry then
        return replaced
    end
    for w, workflow in ipairs(document[WORKFLOWS]) do
        local row = rows[w]
        local place_of, removed = {}, {}
        for place, id in ipairs(row.order) do
            place_of[id] = place
        end
        for _, task in ipairs(tasks[w]) do
            removed[task.task_id] = true
            remove_task(row.id, task.task_id)
        end
        local list = order_without(row, removed)
        insert_replacements(row, workflow, tasks[w], place_of, list)
        store_order(step, row, list.to_array(), row.next_task_id + #workflow[TASKS])
    end
    return replaced
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
    return result.workflows, result.tasks
end

-- Makes what is not there, and adds tasks to workflows that are. Returns the names of the workflows made, and of the
-- tasks as workflow/task. is_dry: nothing is stored. O(tasks * log n). Raises WORKFLOW_FAULTS, READ_ONLY,
-- OUT_OF_MEMORY, WAL_FAILED.
function M.create(document, is_dry)
    return run(create, document, is_dry)
end

-- Deletes the leaves. Returns and raises the same.
function M.delete(document, is_dry)
    return run(delete, document, is_dry)
end

-- Replaces the tasks named. Returns and raises the same.
function M.update(document, is_dry)
    return run(update, document, is_dry)
end

return M
