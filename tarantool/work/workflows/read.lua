-- svodka.workflows.list, status, changed, dump: what there is. In pages: a row costs about 5 us of the TX thread.

local errors = require('lib.errors')
local find = require('work.workflows.find')
local states = require('work.workflows.states')

local M = {}

local MAX_PAGE = 500

local function name_of(workflow, task_id)
    local task = task_id ~= 0 and box.space.workflow_tasks:get({ workflow.id, task_id }) or nil
    return task ~= nil and task.name or box.NULL
end

-- What is known of a workflow beside its tasks (WorkflowHead in app/work/workflows/procedures.ts).
local function head_of(workflow, project)
    return {
        workflow.id,
        project.name,
        workflow.name,
        workflow.status,
        workflow.run_id,
        name_of(workflow, workflow.run_task),
        workflow.run_started,
        workflow.run_ended,
        workflow.run_by,
        workflow.stop_by,
        workflow.task_count,
        workflow.layout,
        states.last_version(workflow.id),
    }
end

local function status_row(workflow, task_id, place)
    local task = box.space.workflow_tasks:get({ workflow.id, task_id })
    local state = states.current(workflow, task_id)
    local status = states.of_task(workflow, task_id, state)
    state = state or {}
    return {
        task.name,
        place,
        task.exec,
        task['function'],
        status,
        state.code or box.NULL,
        state.pid or box.NULL,
        state.attempt or 0,
        state.started or box.NULL,
        state.ended or box.NULL,
        state.cause or box.NULL,
        state.log_run ~= nil and state.log_run == state.run_id and state.log_end or 0,
    }
end

local function dump_row(workflow, task_id, place)
    local task = box.space.workflow_tasks:get({ workflow.id, task_id })
    return {
        task.name,
        task.label,
        place,
        task.exec,
        task['function'],
        task.params,
        task.env,
        task.tries,
        task.timeout_s,
        task.grace_s,
    }
end

local function require_layout(workflow, layout)
    if layout ~= nil and layout ~= workflow.layout then
        errors.raise('WORKFLOW_CHANGED')
    end
end

-- page: {task | nil, layout | nil, after, limit}. Returns the `after` to go on with (nil at the end), and rows made by
-- row_of(workflow, task_id, place).
local function page_of(workflow, page, row_of)
    require_layout(workflow, page.layout)
    local rows = {}
    if page.task ~= nil then
        local task_id = find.require_task(workflow, page.task).task_id
        for place, id in ipairs(workflow.order) do
            if id == task_id then
                return box.NULL, { row_of(workflow, id, place) }
            end
        end
    end
    local ids = workflow.order
    local last = math.min(#ids, page.after + math.min(page.limit, MAX_PAGE))
    for place = page.after + 1, last do
        rows[place - page.after] = row_of(workflow, ids[place], place)
    end
    return last < #ids and last or box.NULL, rows
end

-- The workflow and its tasks by place, those of a page {task | nil, layout | nil, after, limit}; layout: of the page
-- before. Returns its head, the `after` to go on with (nil at the end), and rows {name, place, exec, function, status,
-- code, pid, attempt, started, ended, cause, log_end}. O(all tasks + limit * log n).
-- Raises WORKFLOW_NOT_FOUND, WORKFLOW_CHANGED.
function M.status(project_name, name, page)
    local workflow, project = find.require_workflow(project_name, name)
    return head_of(workflow, project), page_of(workflow, page, status_row)
end

-- {[task_id] = true} of the tasks that changed after the mark; nil when there are too many to tell. O(changed).
local function changed_tasks(workflow, mark)
    local changed = {}
    local count = 0
    local key = { workflow.id, mark }
    for _, state in box.space.workflow_states.index.version:pairs(key, { iterator = 'GT' }) do
        if state.workflow_id ~= workflow.id then
            break
        end
        count = count + 1
        if count > MAX_PAGE then
            return nil
        end
        changed[state.task_id] = true
    end
    return changed
end

-- What changed of a workflow (by id) since a status that had this run, layout and mark. Returns its head, and rows as
-- status, of the tasks that changed; nil when everything may have changed. O(tasks) when any did.
-- Raises WORKFLOW_NOT_FOUND.
function M.changed(id, run_id, layout, mark)
    local workflow = box.space.workflows:get({ id })
    if workflow == nil then
        errors.raise('WORKFLOW_NOT_FOUND', { what = 'workflow' })
    end
    local head = head_of(workflow, box.space.projects:get({ workflow.project_id }))
    local is_same = workflow.run_id == run_id and workflow.layout == layout
    local changed = is_same and changed_tasks(workflow, mark) or nil
    if changed == nil then
        return head, box.NULL
    end
    local rows = {}
    if next(changed) ~= nil then
        for place, task_id in ipairs(workflow.order) do
            if changed[task_id] then
                table.insert(rows, status_row(workflow, task_id, place))
            end
        end
    end
    return head, rows
end

-- The tree of a workflow, in pages as status. Returns {project label, workflow label, layout}, the `after` to go on
-- with (nil at the end), and rows {name, label, place, exec, function, params, env, tries, timeout_s, grace_s}.
-- Raises WORKFLOW_NOT_FOUND, WORKFLOW_CHANGED.
function M.dump(project_name, name, page)
    local workflow, project = find.require_workflow(project_name, name)
    return { project.label, workflow.label, workflow.layout }, page_of(workflow, page, dump_row)
end

-- A row of list: {project, its label, workflow | nil, its label, status, number of tasks, run_id, started, ended}.
local function list_row(project, workflow)
    if workflow == nil then
        return { project.name, project.label }
    end
    return {
        project.name,
        project.label,
        workflow.name,
        workflow.label,
        workflow.status,
        workflow.task_count,
        workflow.run_id,
        workflow.run_started,
        workflow.run_ended,
    }
end

-- Adds rows of the project's workflows whose names come after `after` (nil: of all; a project without any has one row).
-- Returns whether all are in.
local function add_workflows(rows, project, after)
    local index = box.space.workflows.index.project
    local key = { project.id }
    table.insert(key, after)
    local before = #rows
    for _, workflow in index:pairs(key, { iterator = after ~= nil and 'GT' or 'EQ' }) do
        if workflow.project_id ~= project.id then
            break
        elseif #rows >= MAX_PAGE then
            return false
        end
        table.insert(rows, list_row(project, workflow))
    end
    if #rows == before and after == nil then
        table.insert(rows, list_row(project))
    end
    return true
end

-- Workflows by project and name, of all projects or the one. after: nil, or the project and the workflow ('' for none)
-- of the last row of the page before. Returns whether there may be more, and rows, 500 or so. O(rows * log n).
-- Raises WORKFLOW_NOT_FOUND.
function M.list(project_name, after)
    local rows = {}
    if project_name ~= nil then
        local project = find.require_project(project_name)
        return not add_workflows(rows, project, after ~= nil and after[2] or nil), rows
    end
    local key = after ~= nil and { after[1] } or {}
    for _, project in box.space.projects.index.name:pairs(key, { iterator = 'GE' }) do
        local is_same = after ~= nil and project.name == after[1]
        local is_whole = #rows < MAX_PAGE and add_workflows(rows, project, is_same and after[2] or nil)
        if not is_whole then
            return true, rows
        end
    end
    return false, rows
end

return M
