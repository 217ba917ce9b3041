-- svodka.jobs.history, svodka.jobs.statuses: which statuses jobs had, and when.

local read = require('work.jobs.read')

local M = {}

local MAX_PAGE = 1000

local function page_of(rows, limit)
    local next_after
    if #rows > limit then
        rows[#rows] = nil
        next_after = rows[#rows].id
    end
    return next_after, rows
end

-- Of one job (id or task_id), oldest first, after the entry of this id (nil: from the first). Returns the id to go on
-- after (nil at the end), and rows {id, job_id, status, at, attempt, cause, by}. O(limit + log n).
-- Raises JOB_NOT_FOUND.
function M.of_job(ref, after, limit)
    local row = read.require(ref)
    limit = math.min(limit, MAX_PAGE)
    local rows = {}
    local key = { row.id, after ~= nil and after or 0 }
    for _, entry in box.space.job_history.index.job:pairs(key, { iterator = 'GT' }) do
        if entry.job_id ~= row.id or #rows > limit then
            break
        end
        table.insert(rows, entry)
    end
    return page_of(rows, limit)
end

-- Of all jobs, newest first, those of ids below `before` (nil: from the newest). O(limit + log n).
function M.of_all(before, limit)
    local key = before ~= nil and { before } or {}
    local iterator = before ~= nil and 'LT' or 'REQ'
    return box.space.job_history:select(key, { iterator = iterator, limit = math.min(limit, MAX_PAGE) })
end

return M
