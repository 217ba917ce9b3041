-- svodka.jobs.cancel: ends a job before its end.

local errors = require('lib.errors')
local moves = require('work.jobs.state.moves')
local read = require('work.jobs.read')
local step = require('work.jobs.state.step')

local M = {}

-- Part of a step. ref: id or task_id. by: who asks. Returns the row. Raises JOB_NOT_FOUND, JOB_ENDED.
function M.cancel_in(current, ref, by)
    local row = read.require(ref)
    if not moves.is_open(row) then
        errors.raise('JOB_ENDED')
    end
    return moves.cancel(current, row, by)
end

-- As a step of its own. Also raises READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.cancel(ref, by)
    return step.run(M.cancel_in, ref, by)
end

return M
