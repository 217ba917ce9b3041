-- svodka.jobs.get, svodka.jobs.text: one job.

local errors = require('lib.errors')
local limits = require('work.jobs.state.limits')
local pieces = require('work.jobs.state.pieces')

local M = {}

-- The row of a job by its id (number) or task_id (string). Raises JOB_NOT_FOUND.
function M.require(ref)
    local jobs = box.space.jobs
    local row
    if type(ref) == 'string' then
        row = jobs.index.task_id:get({ ref })
    else
        row = jobs:get({ ref })
    end
    if row == nil then
        errors.raise('JOB_NOT_FOUND')
    end
    return row
end

-- The whole JSON text of `args` or `result`; nil when there is no result. Yields when it is long. Raises JOB_NOT_FOUND.
function M.text(id, what)
    local row = M.require(id)
    if what == 'args' then
        return row.args_bytes > limits.MAX_INLINE_BYTES and pieces.read_text(row.id, 'args', 0) or row.args
    elseif row.result_bytes > limits.MAX_INLINE_BYTES then
        return pieces.read_text(row.id, 'result', row.lease)
    end
    return row.result
end

return M
