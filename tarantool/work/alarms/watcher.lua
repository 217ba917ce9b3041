-- Closes alarms that no signal has reached for a while, and removes those that were closed long ago. One fiber, which
-- sleeps until the next of these moments.

local fiber = require('fiber')
local background = require('lib.background')
local changes = require('work.alarms.changes')
local clock = require('work.jobs.state.clock')
local limits = require('work.alarms.limits')
local rows = require('work.alarms.rows')

local M = {}

local RETRY_SECONDS = 5
-- Rows of one transaction: about 2 ms of the TX thread.
local PIECE = 100
-- The clock of the wall can be set; removals may be late.
local MAX_SLEEP_SECONDS = 60

local cond = fiber.cond()
-- The moment of the wall clock until which the fiber sleeps; nil: without an end, or it is awake.
local sleeps_until
local is_asleep = false

-- An alarm may close at this moment. O(1).
function M.expect(at)
    if is_asleep and (sleeps_until == nil or at < sleeps_until) then
        cond:broadcast()
    end
end

-- Whether it has done what is due.
function M.is_asleep()
    return is_asleep
end

function M.wake()
    is_asleep = false
    cond:broadcast()
end

local function close_some(now)
    local lines, version = {}, nil
    for _, open in ipairs(box.space.alarms_open.index.last:select({}, { limit = PIECE })) do
        local alarm = rows.from(box.space.alarms:get({ open.alarm_id }))
        if not rows.is_quiet(alarm, now) then
            break
        end
        version = box.sequence.alarm_version:next()
        table.insert(lines, rows.close(alarm, version))
    end
    return lines, version
end

local function remove_some(now)
    local removed = 0
    for _, row in ipairs(box.space.alarms.index.state:select({ rows.CLOSED }, { limit = PIECE })) do
        if row.closed_at + limits.keep_s > now then
            break
        end
        for _, change in ipairs(changes.of_alarm(row.alarm_id)) do
            box.space.alarm_changes:delete({ change.id })
        end
        box.space.alarms:delete({ row.alarm_id })
        removed = removed + 1
    end
    return removed
end

local function next_moment()
    local open = box.space.alarms_open.index.last:min()
    local closed = box.space.alarms.index.state:min({ rows.CLOSED })
    local closing = open ~= nil and open.last_at + limits.quiet_s or math.huge
    local removal = closed ~= nil and closed.closed_at + limits.keep_s or math.huge
    local at = math.min(closing, removal)
    return at ~= math.huge and at or nil
end

-- Does a piece of what is due. Returns whether there was any.
function M.work()
    local now = clock.wall()
    local lines, version = box.atomic(close_some, now)
    changes.write_log(lines)
    if version ~= nil then
        changes.note(version)
    end
    return #lines + box.atomic(remove_some, now) > 0
end

local function work_or_sleep()
    if M.work() then
        fiber.yield()
        return
    end
    -- From here to the wait nothing yields, so no signal is missed.
    sleeps_until = next_moment()
    is_asleep = true
    if sleeps_until == nil then
        cond:wait()
    else
        cond:wait(math.min(MAX_SLEEP_SECONDS, math.max(0, sleeps_until - clock.wall())))
    end
    is_asleep = false
end

local begin = background.restartable(
    { name = 'alarm_watcher', what = 'watching alarms', retry_seconds = RETRY_SECONDS },
    work_or_sleep
)

-- Ends the fiber of an earlier start.
function M.start()
    M.wake()
    begin()
end

return M
