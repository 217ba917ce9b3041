-- What the operator's monitoring asks of the engine. Neither yields nor writes.

local clock = require('work.jobs.state.clock')
local ends = require('work.jobs.state.ends')
local holders = require('work.jobs.state.holders')
local queue = require('work.jobs.state.queue')

local M = {}

-- Since when the job that is ready for longest is ready. O(types * priorities in use * log n).
local function oldest_ready_at()
    local oldest
    for _, id in ipairs(queue.first_ids()) do
        local row = box.space.jobs:get({ id })
        local ready_at = math.max(row.updated, row.ready_at)
        oldest = math.min(oldest or ready_at, ready_at)
    end
    return oldest
end

-- Jobs that are ready, wait for their time, are worked on, and have ended; executors that are known, and that wait for
-- jobs; how long the oldest ready job has been ready; jobs ended since the start, by status.
function M.measure()
    local ready, waiting = box.space.job_ready:len(), box.space.job_waiting:len()
    local working, executors, executors_waiting = holders.counts()
    local oldest = oldest_ready_at()
    local measures = {
        ready = ready,
        waiting = waiting,
        working = working,
        ended = box.space.jobs:len() - ready - waiting - working,
        executors = executors,
        executors_waiting = executors_waiting,
        oldest_ready_seconds = oldest ~= nil and math.max(0, clock.wall() - oldest) or 0,
    }
    for status, count in pairs(ends.counts()) do
        measures[status .. '_total'] = count
    end
    return measures
end

return M
