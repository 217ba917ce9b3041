-- Rows of tasks, as documents have them: {name, label, place, exec, function, params, env, tries, timeout_s, grace_s}.

local M = {}

M.NAME, M.PLACE = 1, 3
local LABEL, EXEC, FUNCTION, PARAMS, ENV, TRIES, TIMEOUT_S, GRACE_S = 2, 4, 5, 6, 7, 8, 9, 10

local MAP = { __serialize = 'map' }

function M.insert(workflow_id, task_id, task)
    box.space.workflow_tasks:insert({
        workflow_id,
        task_id,
        task[M.NAME],
        task[LABEL],
        task[EXEC],
        task[FUNCTION],
        task[PARAMS],
        setmetatable(task[ENV], MAP),
        task[TRIES],
        task[TIMEOUT_S],
        task[GRACE_S],
    })
end

function M.remove(workflow_id, task_id)
    box.space.workflow_tasks:delete({ workflow_id, task_id })
    box.space.workflow_states:delete({ workflow_id, task_id })
end

return M
