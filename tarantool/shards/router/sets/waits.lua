-- How long calls wait for a primary that is away, or for a bucket that is on its way to another set.
--
-- Each call that waits holds one of the 512 places that a web process has for all sets together, so few may wait, none
-- for long, and none for what others have waited for in vain.

local fiber = require('fiber')
local set_of_storages = require('shards.router.sets.set')

local M = {}

M.MAX_WAIT_SECONDS = 2
-- Half of the places of one web process.
M.MAX_WAITING = 256
-- Pauses between two tries for a bucket that moves.
local FIRST_PAUSE_SECONDS = 0.01
local LAST_PAUSE_SECONDS = 0.2
-- A refusal after this time counts as the first one of another move.
local FORGET_SECONDS = 5

local waiting = 0
-- Bucket -> {since, last}: the first and the latest time at which it was refused.
local refused = {}

function M.count_waiting()
    return waiting
end

-- Runs wait(...) and counts it as waiting. Returns false, without waiting, if too many wait.
local function in_line(wait, ...)
    if waiting >= M.MAX_WAITING then
        return false
    end
    waiting = waiting + 1
    wait(...)
    waiting = waiting - 1
    return true
end

-- A call's patience, to be passed to the functions below. seconds: nil for the usual.
function M.begin(seconds)
    return { deadline = fiber.clock() + (seconds or M.MAX_WAIT_SECONDS), pause = FIRST_PAUSE_SECONDS }
end

-- Waits until the set has a primary. Returns whether it has one.
function M.for_primary(patience, set)
    if set.primary == nil then
        in_line(set_of_storages.await_primary, set, math.min(patience.deadline, set.away_since + M.MAX_WAIT_SECONDS))
    end
    return set.primary ~= nil
end

-- Waits, twice as long each time up to a limit. Returns false when the call must give up.
function M.a_little(patience)
    if fiber.clock() >= patience.deadline then
        return false
    end
    local pause = patience.pause
    patience.pause = math.min(2 * pause, LAST_PAUSE_SECONDS)
    return in_line(fiber.sleep, pause)
end

-- Waits before the next try for a bucket that was refused. Returns false when the call must give up.
function M.for_bucket(patience, bucket)
    local now = fiber.clock()
    local history = refused[bucket]
    if history == nil or now - history.last > FORGET_SECONDS then
        history = { since = now }
        refused[bucket] = history
    end
    history.last = now
    return now < history.since + M.MAX_WAIT_SECONDS and M.a_little(patience)
end

-- The bucket has let a call in.
function M.note_arrival(bucket)
    refused[bucket] = nil
end

return M
