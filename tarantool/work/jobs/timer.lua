-- What becomes due by itself: leases lapse, jobs become ready, ended jobs are removed. One fiber, which sleeps until
-- the next of these moments.

local fiber = require('fiber')
local log = require('log')
local background = require('lib.background')
local changes = require('work.jobs.state.changes')
local cleaner = require('work.jobs.cleaner')
local clock = require('work.jobs.state.clock')
local counts = require('work.jobs.state.counts')
local holders = require('work.jobs.state.holders')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local queue = require('work.jobs.state.queue')
local step = require('work.jobs.state.step')
local wakeups = require('work.jobs.state.wakeups')

local M = {}

local RETRY_SECONDS = 1
-- Rows of one transaction: about 2 ms of the TX thread.
local PIECE = 100
-- Ended jobs are removed that much later, many at a time. The specification allows 90 s.
local REMOVE_DELAY_SECONDS = 5

local function lapse_all(current, ids)
    for _, id in ipairs(ids) do
        local row = box.space.jobs:get({ id })
        if row ~= nil and row.status == moves.WORKING then
            moves.lapse(current, row)
        else
            holders.release(current, id)
        end
    end
end

-- Returns whether there may be more, and when the next lease ends.
local function lapse_some()
    local ids, next_deadline = holders.lapsed(PIECE)
    if #ids > 0 then
        log.warn('leases of %d jobs have lapsed', #ids)
        for _, id in ipairs(ids) do
            holders.end_poll_of_holder(id)
        end
        step.run(lapse_all, ids)
    end
    return #ids == PIECE, next_deadline
end

local function has_pieces(row)
    -- Logs of the tasks of a run are not counted in its row.
    return row.type == 'run'
        or row.log_end > 0
        or row.args_bytes > limits.MAX_INLINE_BYTES
        or row.result_bytes > limits.MAX_INLINE_BYTES
        or row.has_files
end

local function remove(current, row)
    for _, entry in box.space.job_history.index.job:pairs({ row.id }) do
        box.space.job_history:delete({ entry.id })
    end
    box.space.job_payloads:delete({ row.id })
    if has_pieces(row) then
        box.space.job_leftovers:insert({ row.id })
    end
    box.space.jobs:delete({ row.id })
    counts.add(current.counts, row.user, row.type, row.status, -1)
    step.changed(current, row.id, changes.REMOVED)
end

local function remove_all(current, ended_before)
    local rows = box.space.jobs.index.ended:select({ 0 }, { iterator = 'GT', limit = PIECE })
    local removed = 0
    for _, row in ipairs(rows) do
        if row.ended > ended_before then
            break
        end
        remove(current, row)
        removed = removed + 1
    end
    return removed
end

-- Returns whether there may be more.
local function remove_some()
    local removed = step.run(remove_all, clock.wall() - limits.keep_s)
    if removed > 0 then
        cleaner.wake()
    end
    return removed == PIECE
end

local function next_removal()
    local row = box.space.jobs.index.ended:select({ 0 }, { iterator = 'GT', limit = 1 })[1]
    return row ~= nil and row.ended + limits.keep_s + REMOVE_DELAY_SECONDS or nil
end

local function earlier(a, b)
    return a ~= nil and b ~= nil and math.min(a, b) or a or b
end

-- Does a piece of what is due. Returns whether there may be more, and else when something is due next, on the steady
-- clock (nil: never).
function M.work()
    local more_lapsed, next_deadline = lapse_some()
    local more_due = step.run(queue.move_due, clock.wall(), PIECE) == PIECE
    local more_old = remove_some()
    if more_lapsed or more_due or more_old then
        return true
    end
    local next_wall = earlier(queue.next_due(), next_removal())
    return false, earlier(next_deadline, next_wall ~= nil and wakeups.from_wall(next_wall) or nil)
end

local function work_or_wait()
    local has_more, next_at = M.work()
    if has_more then
        fiber.yield()
    else
        wakeups.sleep(next_at)
    end
end

local begin = background.restartable(
    { name = 'job_timer', what = 'the timer of jobs', retry_seconds = RETRY_SECONDS },
    work_or_wait
)

-- Ends the fiber of an earlier start.
function M.start()
    wakeups.wake()
    begin()
end

return M
