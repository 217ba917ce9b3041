-- What a name means: projects, workflows and tasks.

local errors = require('lib.errors')

local M = {}

local function require_row(row, what)
    if row == nil then
        errors.raise('WORKFLOW_NOT_FOUND', { what = what })
    end
    return row
end

function M.project(name)
    return box.space.projects.index.name:get({ name })
end

function M.workflow(project, name)
    return box.space.workflows.index.project:get({ project.id, name })
end

-- Of a workflow's row. O(log n).
function M.task(workflow, name)
    return box.space.workflow_tasks.index.name:get({ workflow.id, name })
end

-- Raises WORKFLOW_NOT_FOUND, as those below; `what` of its details is the parameter that names nothing.
function M.require_project(name)
    return require_row(M.project(name), 'project')
end

-- Returns the rows of the workflow and of its project.
function M.require_workflow(project_name, name)
    local project = M.require_project(project_name)
    return require_row(M.workflow(project, name), 'workflow'), project
end

function M.require_task(workflow, name)
    return require_row(M.task(workflow, name), 'task')
end

-- The workflow of this name in any project. Raises WORKFLOW_NOT_FOUND, and WORKFLOW_AMBIGUOUS when several projects
-- have one.
function M.require_anywhere(name)
    local rows = box.space.workflows.index.name:select({ name })
    if #rows > 1 then
        local projects = {}
        for i, row in ipairs(rows) do
            projects[i] = box.space.projects:get({ row.project_id }).name
        end
        table.sort(projects)
        errors.raise('WORKFLOW_AMBIGUOUS', { projects = projects })
    end
    local workflow = require_row(rows[1], 'workflow')
    return workflow, box.space.projects:get({ workflow.project_id })
end

return M
