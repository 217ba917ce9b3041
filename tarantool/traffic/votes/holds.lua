-- Holds: which specialist has which case, until when.

local fiber = require('fiber')
local log = require('log')
local background = require('lib.background')
local clock = require('traffic.votes.clock')
local rounds = require('traffic.votes.rounds')
local settings = require('traffic.votes.settings')

local M = {}

local RETRY_SECONDS = 1
-- Holds that lapse in one transaction: about 2 ms of the TX thread.
local PIECE = 100
-- The clock of the wall can be set: it is looked at again after so long.
local MAX_SLEEP_SECONDS = 60

local cond = fiber.cond()
-- When the fiber wakes by itself; nil: it is at work.
local wakes_at

-- The specialist's hold, or nil; one that is over is none, even if it has not lapsed yet.
function M.find(user_id)
    local hold = box.space.case_holds:get({ user_id })
    return hold ~= nil and hold.ends_at > clock.now() and hold or nil
end

-- Part of a transaction. Takes a place of the round. Returns the hold.
function M.take(round, user_id)
    rounds.take(round, user_id)
    box.space.case_lapses:delete({ user_id, round.level, round.case_no })
    local hold = box.space.case_holds:insert({ user_id, round.case_no, clock.now() + settings.hold_s })
    if wakes_at ~= nil and hold.ends_at < wakes_at then
        cond:broadcast()
    end
    return hold
end

-- Part of a transaction. The hold became a vote.
function M.spend(hold)
    box.space.case_holds:delete({ hold.user_id })
end

-- Part of a transaction. The specialist let the case go: another one gets the place.
function M.lapse(hold)
    local round = rounds.get(hold.case_no)
    box.space.case_holds:delete({ hold.user_id })
    box.space.case_lapses:insert({ hold.user_id, round.level, hold.case_no })
    rounds.give_back(round)
end

-- Part of a transaction. Forgets who let the case go.
function M.forget_lapses(case_no)
    for _, lapse in ipairs(box.space.case_lapses.index.case:select({ case_no })) do
        box.space.case_lapses:delete({ lapse.user_id, lapse.level, case_no })
    end
end

-- Part of a transaction. A hold of the specialist that is over lapses now, before the fiber comes to it.
function M.lapse_own(user_id)
    local hold = box.space.case_holds:get({ user_id })
    if hold ~= nil and hold.ends_at <= clock.now() then
        M.lapse(hold)
    end
end

local function lapse_due()
    local now = clock.now()
    local lapsed = 0
    for _, hold in ipairs(box.space.case_holds.index.ends_at:select({}, { limit = PIECE })) do
        if hold.ends_at > now then
            break
        end
        M.lapse(hold)
        lapsed = lapsed + 1
    end
    return lapsed
end

-- Lapses a piece of what is due. Returns whether there may be more.
function M.lapse_some()
    local lapsed = box.atomic(lapse_due)
    if lapsed > 0 then
        log.info('%d holds of cases have lapsed', lapsed)
    end
    return lapsed == PIECE
end

local function seconds_to_next()
    local next_hold = box.space.case_holds.index.ends_at:min()
    if next_hold == nil then
        return MAX_SLEEP_SECONDS
    end
    return math.min(math.max(0, next_hold.ends_at - clock.now()), MAX_SLEEP_SECONDS)
end

local function work_or_wait()
    if M.lapse_some() then
        fiber.yield()
        return
    end
    local seconds = seconds_to_next()
    wakes_at = clock.now() + seconds
    cond:wait(seconds)
    wakes_at = nil
end

-- Lets the fiber look again.
function M.wake()
    cond:broadcast()
end

local begin = background.restartable(
    { name = 'case_holds', what = 'letting cases go', retry_seconds = RETRY_SECONDS },
    work_or_wait
)

-- Starts the fiber on a primary; it ends that of an earlier start.
function M.start()
    M.wake()
    begin()
end

return M
