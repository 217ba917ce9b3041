-- What runs things: the engine of jobs, and the rooms that are its faces.

local jobs = require('work.jobs')
local metrics = require('metrics')

local M = {}

-- settings: {task_keep_s}.
function M.become_primary(settings)
    jobs.start(settings)
end

function M.start()
    metrics.add('jobs', jobs.measure)
end

return M
