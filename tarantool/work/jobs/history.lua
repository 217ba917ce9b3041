-- svodka.jobs.history, svodka.jobs.statuses: which statuses jobs had, and when.

local read = require('work.jobs.read')

local M = {}

local MAX_PAGE = 1000
-- Entries that one call looks at: 5,000 take about 4 ms of the TX thread.
local MAX_LOOKS = 5000

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

-- Of all jobs of the type (nil: of every type), newest first, those of ids below `before` (nil: from the newest).
-- Returns the `before` to go on with (nil at the end), and rows, fewer than `limit` when many are of another type.
-- O(limit + log n), O(5,000) with a type.
function M.of_all(before, limit, kind)
    local key = before ~= nil and { before } or {}
    local iterator = before ~= nil and 'LT' or 'REQ'
    local rows = {}
    local looks = 0
    local last
    limit = math.min(limit, MAX_PAGE)
    for _, entry in box.space.job_history:pairs(key, { iterator = iterator }) do
        if #rows >= limit or looks >= MAX_LOOKS then
            return last, rows
        end
        looks = looks + 1
        last = entry.id
        if kind == nil or box.space.jobs:get({ entry.job_id }).type == kind then
            table.insert(rows, entry)
        end
    end
    return box.NULL, rows
end

return M
