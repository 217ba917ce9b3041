-- svodka.votes.take: the case that a specialist looks at next.

local errors = require('lib.errors')
local had = require('traffic.votes.had')
local holds = require('traffic.votes.holds')
local registers = require('traffic.registers')
local rounds = require('traffic.votes.rounds')
local specialists = require('traffic.votes.specialists')

local M = {}

-- Cases that the specialist let go and that are looked at when there is no other.
local MAX_LAPSES = 100

-- Whether some other specialist of the skill never had the case.
local function is_left_to_others(round)
    return specialists.exists(round.level, function(user_id)
        return not had.has(round.had, user_id)
    end)
end

-- A case that the specialist let go, while nobody else of the skill is left for it.
local function find_lapsed(level, user_id)
    local lapses = box.space.case_lapses:select({ user_id, level }, { limit = MAX_LAPSES })
    for _, lapse in ipairs(lapses) do
        local round = rounds.get(lapse.case_no)
        if round.places > 0 and not is_left_to_others(round) then
            return round
        end
    end
end

-- Part of a transaction. The hold of the case that the specialist has or gets; nil: there is no case for him. O(log n)
-- in the number of cases.
function M.take_in(user_id)
    local specialist = specialists.ensure(user_id)
    local hold = holds.find(user_id)
    if hold ~= nil then
        -- Written again, because the first write may not be in the log yet, and this answer promises the case too.
        return box.space.case_holds:replace(hold)
    end
    holds.lapse_own(user_id)
    local level = specialist.skill
    local round = rounds.find(level, user_id) or find_lapsed(level, user_id)
    return round ~= nil and holds.take(round, user_id) or nil
end

-- The row of the case that is held, its violation's type (nil: it is gone), and when the hold ends.
function M.describe(hold)
    local case = box.space.cases:get({ hold.case_no })
    local violation = registers.find_violation(case.violation_id)
    return case, violation ~= nil and violation.violation_type or box.NULL, hold.ends_at
end

-- Returns what M.describe does, of the case that the specialist has, or of a random one of his skill that he never had
-- at this level. No more specialists get a case than votes are missing. Raises NO_CASE_LEFT.
function M.take(user_id)
    local hold = box.atomic(M.take_in, user_id)
    if hold == nil then
        errors.raise('NO_CASE_LEFT')
    end
    return M.describe(hold)
end

-- Whether the specialist has the case of this id now.
function M.is_held_by(case_id, user_id)
    local hold = holds.find(user_id)
    return hold ~= nil and box.space.cases:get({ hold.case_no }).case_id == case_id
end

return M
