-- When the timer (work/jobs/timer.lua) has to work next. It sleeps until then.

local fiber = require('fiber')
local clock = require('work.jobs.state.clock')

local M = {}

-- The clock of the wall can be set: what it decides is looked at again after so long.
M.MAX_WALL_SLEEP_SECONDS = 60

local AWAKE = -math.huge

local cond = fiber.cond()
-- On the steady clock; nil: the timer sleeps without an end.
local next_at = AWAKE
-- The earliest moment that was expected while the timer was awake: a commit of it yields, and what it has looked at by
-- then it does not look at again.
local expected

-- There will be work at this moment of the steady clock. O(1).
function M.expect(at)
    if next_at == AWAKE then
        expected = math.min(at, expected or at)
    elseif next_at == nil or at < next_at then
        next_at = at
        cond:broadcast()
    end
end

-- On the steady clock, for a moment of the wall's.
function M.from_wall(at)
    local seconds = math.max(0, at - clock.wall())
    return clock.steady() + math.min(seconds, M.MAX_WALL_SLEEP_SECONDS)
end

-- There will be work at this moment of the wall's clock. O(1).
function M.expect_wall(at)
    M.expect(M.from_wall(at))
end

-- Sleeps until `at` on the steady clock (nil: without an end), or until work is expected sooner.
function M.sleep(at)
    at = at ~= nil and math.min(at, expected or at) or expected
    expected = nil
    next_at = at
    if at == nil then
        cond:wait()
    else
        cond:wait(math.max(0, at - clock.steady()))
    end
    next_at = AWAKE
end

-- Lets the timer look again.
function M.wake()
    if next_at == AWAKE then
        expected = AWAKE
    end
    next_at = AWAKE
    cond:broadcast()
end

-- Whether the timer has done what is due.
function M.is_asleep()
    return next_at ~= AWAKE
end

return M
