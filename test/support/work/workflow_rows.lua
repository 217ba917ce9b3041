-- tarantool/app.lua plus a procedure that counts what belongs to no workflow.

local project_dir = os.getenv('SVODKA_PROJECT_DIR')
package.path = project_dir .. '/tarantool/?.lua;' .. package.path

local exports = require('exports')

-- Returns the workflows that are being removed, and the rows of tasks of workflows that are not there.
exports.common['svodka.test.workflow_strays'] = function()
    local known = 0
    for _, workflow in box.space.workflows:pairs() do
        known = known + workflow.task_count
    end
    return box.space.workflow_leftovers:len(), box.space.workflow_tasks:len() - known
end

dofile(project_dir .. '/tarantool/app.lua')
