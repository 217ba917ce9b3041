-- Which enqueued jobs can be taken now, in which order, and which wait for their time. Parts of steps.

local wakeups = require('work.jobs.state.wakeups')

local M = {}

-- Types of jobs that executors can take.
M.TYPES = { 'script', 'run' }

local HIGHEST_PRIORITY = 100
-- Of unsigned ids that are whole in a double.
local MAX_ID = 2 ^ 53

local function put_ready(step, row)
    box.space.job_ready:replace({ row.type, HIGHEST_PRIORITY - row.priority, row.id })
    step.ready[row.type] = (step.ready[row.type] or 0) + 1
end

-- Puts an enqueued job in: ready when its time has come.
function M.put(step, row, now)
    if row.ready_at <= now then
        put_ready(step, row)
    else
        box.space.job_waiting:replace({ row.ready_at, row.id })
        wakeups.expect_wall(row.ready_at)
    end
end

-- Takes an enqueued job out.
function M.remove(row)
    box.space.job_ready:delete({ row.type, HIGHEST_PRIORITY - row.priority, row.id })
    if row.ready_at > 0 then
        box.space.job_waiting:delete({ row.ready_at, row.id })
    end
end

function M.has_ready(kind)
    return box.space.job_ready.index.pk:min({ kind }) ~= nil
end

-- Rows of the jobs of this type to take next, `limit` at most. O(limit + log n).
function M.first(kind, limit)
    local rows = {}
    for _, entry in ipairs(box.space.job_ready:select({ kind }, { limit = limit })) do
        table.insert(rows, box.space.jobs:get({ entry.id }))
    end
    return rows
end

-- Of each type and priority, the id of the job to take first. O(types * priorities in use * log n).
function M.first_ids()
    local ids = {}
    local space = box.space.job_ready
    local entry = space.index.pk:min()
    while entry ~= nil do
        table.insert(ids, entry.id)
        entry = space:select({ entry[1], entry[2], MAX_ID }, { iterator = 'GT', limit = 1 })[1]
    end
    return ids
end

-- Makes jobs ready whose time has come, `limit` at most. Returns how many.
function M.move_due(step, now, limit)
    local due = box.space.job_waiting:select({ now }, { iterator = 'LE', limit = limit })
    for _, entry in ipairs(due) do
        box.space.job_waiting:delete({ entry.ready_at, entry.id })
        put_ready(step, box.space.jobs:get({ entry.id }))
    end
    return #due
end

-- When the next waiting job becomes ready; nil when none waits.
function M.next_due()
    local entry = box.space.job_waiting.index.pk:min()
    return entry ~= nil and entry.ready_at or nil
end

return M
