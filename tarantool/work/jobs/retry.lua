-- svodka.jobs.retry: enqueues a job again that has ended.

local cleaner = require('work.jobs.cleaner')
local counts = require('work.jobs.state.counts')
local errors = require('lib.errors')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local read = require('work.jobs.read')
local step = require('work.jobs.state.step')

local M = {}

local function remove_old_pieces(row)
    if row.result_bytes > limits.MAX_INLINE_BYTES then
        cleaner.remove_later({ row.id, 'result', row.lease })
    end
    if row.has_files then
        cleaner.remove_later({ row.id, 'file' })
    end
end

local function retry(current, ref, by, max_open)
    local row = read.require(ref)
    if moves.is_open(row) then
        errors.raise('JOB_OPEN')
    elseif row.key ~= nil and box.space.job_keys:get({ row.user, row.key }) ~= nil then
        errors.raise('JOB_KEY_IN_USE')
    elseif max_open ~= nil and counts.open(current.counts, row.user) >= max_open then
        errors.raise('TOO_MANY_JOBS')
    end
    table.insert(current.done, function()
        remove_old_pieces(row)
    end)
    return moves.retry(current, row, by)
end

-- ref: id or task_id. by: who asks. max_open: of the open jobs of the job's user, or nil. Returns the row.
-- Raises JOB_NOT_FOUND, JOB_OPEN, JOB_KEY_IN_USE, TOO_MANY_JOBS, READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.retry(ref, by, max_open)
    return step.run(retry, ref, by, max_open)
end

return M
