-- Removes pieces on disk that no job refers to any more, in a fiber of its own.

local fiber = require('fiber')
local background = require('lib.background')
local pieces = require('work.jobs.state.pieces')

local M = {}

local RETRY_SECONDS = 5

-- {key, before | nil}: as pieces.remove takes them. Lost with a restart: then they go with their job.
local tasks = {}
local cond = fiber.cond()
-- Ids under which pieces are being written whose job is not stored yet.
local coming = {}

-- Removes pieces soon. O(1), without a yield.
function M.remove_later(key, before)
    table.insert(tasks, { key, before })
    cond:broadcast()
end

-- Wakes the cleaner after a job with pieces has gone.
function M.wake()
    cond:broadcast()
end

-- Pieces of this id stay although no job refers to them yet.
function M.spare(job_id)
    coming[job_id] = true
end

function M.spare_no_more(job_id)
    coming[job_id] = nil
    cond:broadcast()
end

local function next_leftover()
    for _, row in box.space.job_leftovers:pairs() do
        if not coming[row.job_id] then
            return row.job_id
        end
    end
end

-- Does one thing. Returns whether there was any.
local function clean_some()
    local task = table.remove(tasks)
    if task ~= nil then
        pieces.remove(unpack(task, 1, 2))
        return true
    end
    local job_id = next_leftover()
    if job_id ~= nil then
        pieces.remove({ job_id })
        box.space.job_leftovers:delete({ job_id })
        return true
    end
    return false
end

local function clean_or_wait()
    if not clean_some() then
        cond:wait()
    end
end

local begin = background.restartable(
    { name = 'job_cleaner', what = 'removing pieces of jobs', retry_seconds = RETRY_SECONDS },
    clean_or_wait
)

-- Ends the fiber of an earlier start.
function M.start()
    tasks = {}
    coming = {}
    cond:broadcast()
    begin()
end

return M
