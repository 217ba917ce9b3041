-- svodka.workflows.stage: stores the tasks of a large new workflow in pieces, before the transaction that makes them
-- visible. Until then their workflow is one of those whose rows are to be removed.

local find = require('work.workflows.find')
local limits = require('work.jobs.state.limits')
local sweeper = require('work.workflows.sweeper')
local tasks = require('work.workflows.tasks')

local M = {}

-- About 3 ms of the TX thread.
local MAX_TASKS = 1000

local function insert(id, list)
    local last = box.space.workflow_tasks.index.pk:max({ id })
    local first_id = last ~= nil and last.task_id + 1 or 1
    for i, task in ipairs(list) do
        tasks.insert(id, first_id + i - 1, task)
    end
end

-- Stores up to 1,000 more tasks (as of a document) of a workflow that is not there. id: nil for the first ones, then
-- what the first call returned. Returns the id that the workflow will have; nil when it is there already. The tasks
-- have the ids 1, 2, ... in this order. O(tasks * log n). Raises READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.stage(project_name, name, id, list)
    limits.require_at_most('tasks', #list, MAX_TASKS)
    local project = find.project(project_name)
    if project ~= nil and find.workflow(project, name) ~= nil then
        return nil
    end
    local is_first = id == nil
    id = id or box.sequence.workflow_id:next()
    sweeper.spare(id)
    box.atomic(function()
        if is_first then
            box.space.workflow_leftovers:insert({ id })
        end
        insert(id, list)
    end)
    return id
end

-- Whether the tasks are there, and will be until the end of the transaction.
function M.is_staged(id)
    return sweeper.is_spared(id) and box.space.workflow_leftovers:get({ id }) ~= nil
end

return M
