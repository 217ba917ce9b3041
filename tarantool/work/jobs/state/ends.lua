-- How many jobs have ended since the start, by status, for the operator's monitoring.

local M = {}

local counts = { finished = 0, failed = 0, cancelled = 0 }

-- Part of a step: counted once it is committed.
function M.note(step, status)
    table.insert(step.done, function()
        counts[status] = counts[status] + 1
    end)
end

function M.counts()
    return counts
end

return M
