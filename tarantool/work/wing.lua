-- What runs things: the engine of jobs, and the rooms that are its faces.

local alarms = require('work.alarms')
local jobs = require('work.jobs')
local metrics = require('metrics')
local workflows = require('work.workflows')

local M = {}

-- What the executor's user may call, and nothing else (docs/engine.md, docs/workflows.md).
M.executor_procedures = {}
-- Those of them that the web side's user may not call.
M.executor_only_procedures = {}
for _, room in ipairs({ jobs, workflows }) do
    for _, name in ipairs(room.executor_procedures) do
        table.insert(M.executor_procedures, name)
        if not (room.shared_procedures or {})[name] then
            table.insert(M.executor_only_procedures, name)
        end
    end
end

-- settings: {task_keep_s, alarm_quiet_s}.
function M.become_primary(settings)
    jobs.start(settings)
    workflows.start()
    alarms.start(settings)
end

function M.start()
    metrics.add('jobs', jobs.measure)
    metrics.add('alarms', alarms.measure)
end

return M
