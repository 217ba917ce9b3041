-- Limits of the engine. keep_s is set by work.jobs.start.

local M = {}

-- How long jobs are kept after their end: SVODKA_TASK_KEEP, 30 days if not set.
M.keep_s = 30 * 24 * 60 * 60

-- Longer arguments and results are kept in pieces on disk, so that a million jobs fit into memory.
M.MAX_INLINE_BYTES = 2048
-- Of a piece. One of 512 KB took 4 ms of the TX thread.
M.MAX_PIECE_BYTES = 128 * 1024
-- Of an attached file, 64 MiB.
M.MAX_FILE_PIECES = 512
M.LOG_TAIL_BYTES = 1024 * 1024
M.MAX_PAYLOAD_BYTES = 1024 * 1024

-- To create, take or end a job costs 20 to 30 us of the TX thread, so that a full call stays near 4 ms.
M.MAX_SPECS = 100
M.MAX_TAKEN = 50
M.MAX_OUTCOMES = 50
M.MAX_REPORTS = 100
M.MAX_REPORT_BYTES = 1024 * 1024

-- A fault of the caller's program, not of a user: these limits are part of the contract.
function M.require_at_most(what, count, limit)
    if count > limit then
        error(('%s: %d, at most %d'):format(what, count, limit))
    end
end

return M
