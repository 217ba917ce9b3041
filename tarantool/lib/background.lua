-- Background work that runs as long as the process, each in its own fiber. A failure is logged, rolled back and
-- retried.

local fiber = require('fiber')
local log = require('log')

local M = {}

-- Another instance has become the primary and takes over the work.
local function is_read_only()
    return box.info.ro
end

-- Calls step() repeatedly; step() waits by itself when there is nothing to do. job: {name = of the fiber, what = for
-- the log, retry_seconds = pause after a failure, is_over = function; nil: until the instance is read-only}.
function M.forever(job, step)
    local is_over = job.is_over or is_read_only
    fiber.create(function()
        fiber.name(job.name)
        while not is_over() do
            local ok, reason = pcall(step)
            if not ok then
                box.rollback()
                log.error('%s: %s', job.what, reason)
                fiber.sleep(job.retry_seconds)
            end
        end
    end)
end

-- Returns start(), which begins the fiber on a primary and ends that of an earlier start. A fiber that waits has to be
-- woken to end. job, step: as above, without is_over.
function M.restartable(job, step)
    local generation = 0
    return function()
        generation = generation + 1
        local mine = generation
        local function is_over()
            return mine ~= generation or is_read_only()
        end
        M.forever({ name = job.name, what = job.what, retry_seconds = job.retry_seconds, is_over = is_over }, step)
    end
end

-- Calls work() immediately and then `seconds` after each end of it. job: {name, what, is_over} as above.
function M.every(job, seconds, work)
    M.forever({ name = job.name, what = job.what, is_over = job.is_over, retry_seconds = seconds }, function()
        work()
        fiber.sleep(seconds)
    end)
end

return M
