-- svodka.jobs.totals: how many jobs are stored, by user, type and status.

local M = {}

-- Rows {user, type, status, count}; those of 0 too. O(users).
function M.totals()
    return box.space.job_counts:select()
end

return M
