-- Votes on a case, and what open cases wait for, for readers.

local rules = require('traffic.votes.rules')
local specialists = require('traffic.votes.specialists')

local M = {}

-- Cases and specialists of a level are counted so far. There are 100 levels at most, and a row takes 0.3 us.
local MAX_COUNTED = 100

-- The user's name; of a removed user too.
local function name_of(user_id)
    local user = box.space.users:get({ user_id })
    return user ~= nil and user.username or ''
end

-- How many votes say what, and all of them, oldest first: {justify, convict, list = {{username, vote, level, at}}}.
-- O(votes)
function M.of_case(case)
    local votes = box.space.votes.index.case:select({ case.no })
    table.sort(votes, function(a, b)
        return a.id < b.id
    end)
    local found = { justify = 0, convict = 0, list = {} }
    for i, vote in ipairs(votes) do
        found[vote.vote] = found[vote.vote] + 1
        found.list[i] = {
            username = name_of(vote.user_id),
            vote = vote.vote,
            level = vote.level,
            at = vote.at,
        }
    end
    return found
end

-- What open cases wait for: how many cases are open, and {level, cases, specialists} for each level at which an open
-- case has a free place: how many of these cases, and how many specialists of that skill who may vote, each counted up
-- to 100. O(levels)
function M.waiting()
    local index = box.space.case_rounds.index.rank
    local levels = {}
    local level = rules.MIN_SKILL
    local round = index:select({ level }, { iterator = 'GE', limit = 1 })[1]
    while round ~= nil do
        level = round.queue
        local cases = #index:select({ level }, { limit = MAX_COUNTED })
        table.insert(levels, { level, cases, specialists.count(level, MAX_COUNTED) })
        round = index:select({ level + 1 }, { iterator = 'GE', limit = 1 })[1]
    end
    return box.space.case_rounds:len(), levels
end

return M
