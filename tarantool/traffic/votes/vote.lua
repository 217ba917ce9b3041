-- svodka.votes.vote: a vote, and with the last one of a round the decision, the rewards and the skills, in one
-- transaction.

local errors = require('lib.errors')
local assign = require('traffic.votes.assign')
local cases = require('traffic.cases.state')
local clock = require('traffic.votes.clock')
local counts = require('traffic.votes.counts')
local holds = require('traffic.votes.holds')
local recount = require('traffic.votes.recount')
local rounds = require('traffic.votes.rounds')
local rules = require('traffic.votes.rules')
local settings = require('traffic.votes.settings')
local specialists = require('traffic.votes.specialists')

local M = {}

-- Stores the vote and counts how it agrees with the others of the round. Returns what all votes of the round say.
local function cast(round, user_id, vote)
    local others = box.space.votes.index.case:select({ round.case_no, round.level })
    local said, agreed = { vote }, 0
    for _, other in ipairs(others) do
        local is_same = other.vote == vote
        agreed = agreed + (is_same and 1 or 0)
        specialists.count_vote(other.user_id, 0, 1, is_same and 1 or 0)
        table.insert(said, other.vote)
    end
    box.space.votes:insert({ nil, round.case_no, user_id, round.level, vote, clock.now(), nil, 0 })
    specialists.count_vote(user_id, 1, #others, agreed)
    counts.add_vote(vote, #others, agreed)
    return said
end

-- The standings of specialists that change, by id.
local function standing_of(standings, user_id)
    local standing = standings[user_id]
    if standing == nil then
        local row = box.space.specialists:get({ user_id })
        standing = {
            skill = row.skill,
            window = row.window,
            streak = row.streak,
            right = row.right,
            wrong = row.wrong,
            reward = 0,
        }
        standings[user_id] = standing
    end
    return standing
end

-- Says of all votes of the case, in order, whether they were right, and what follows from that. One reward a person.
local function settle(case_no, status)
    local votes = box.space.votes.index.case:select({ case_no })
    table.sort(votes, function(a, b)
        return a.id < b.id
    end)
    local standings = {}
    for _, vote in ipairs(votes) do
        local is_right = rules.is_right(vote.vote, status)
        local standing = standing_of(standings, vote.user_id)
        rules.count_decided(standing, vote.level, is_right)
        local reward = is_right and standing.reward == 0 and settings.reward or 0
        standing.reward = standing.reward + reward
        recount.note_decided(vote, is_right, reward)
        box.space.votes:update({ vote.id }, { { '=', 'right', is_right }, { '=', 'reward', reward } })
    end
    for user_id, standing in pairs(standings) do
        specialists.settle(user_id, standing, standing.reward)
    end
end

local function decide(round, said, user_id)
    local case = box.space.cases:get({ round.case_no })
    local status = rules.decide(said, round.level)
    local change = { at = clock.now(), by = box.space.users:get({ user_id }).username }
    holds.forget_lapses(round.case_no)
    if status == rules.EXTENDED then
        rounds.extend(round)
        change.skill_value = round.level + 1
    else
        rounds.close(round)
        settle(round.case_no, status)
        counts.add_decision(status, change.at - case.created_at)
    end
    cases.set_status(case, status, change)
    if status == rules.CONVICTED then
        box.space.case_convictions:insert({ change.at, round.case_no })
    end
end

local function vote_in(user_id, vote, wants_next, case_id)
    local hold = holds.find(user_id)
    if hold == nil then
        errors.raise('NO_CASE_HELD')
    end
    local held_id = box.space.cases:get({ hold.case_no }).case_id
    if case_id ~= nil and case_id ~= held_id then
        errors.raise('NO_CASE_HELD')
    end
    local round = rounds.get(hold.case_no)
    holds.spend(hold)
    local said = cast(round, user_id, vote)
    if #said == round.wanted then
        decide(round, said, user_id)
    end
    return held_id, wants_next and assign.take_in(user_id) or nil
end

-- Votes on the case that the specialist has. vote: justify or convict. wants_next: take the next case in the same
-- transaction. case_id: the case that is meant, nil: whichever it is. Returns the id of the case that was voted on, and
-- what assign.describe does of the next one; nothing more if there is none or none is wanted. Raises NO_CASE_HELD, also
-- for another case than the one held.
function M.vote(user_id, vote, wants_next, case_id)
    local voted_id, next_hold = box.atomic(vote_in, user_id, vote, wants_next, case_id)
    if next_hold == nil then
        return voted_id
    end
    return voted_id, assign.describe(next_hold)
end

return M
