-- Rounds: open cases, the places left at their level, and the next case of a specialist.

local digest = require('digest')
local had = require('traffic.votes.had')
local settings = require('traffic.votes.settings')

local M = {}

local MAX_RANK = 0xffffffff
-- Random places that are tried before the groups of `had` are gone through. With half of the cases had, 8 tries fail
-- once in 256.
local MAX_TRIES = 8
-- A step takes 1 us. Each leaves out a whole group of cases which the specialist had with the same others.
local MAX_STEPS = 5000

-- LuaJIT begins with the same seed in each process.
math.randomseed(tonumber(digest.urandom(6):hex(), 16))

local function random_rank()
    return math.random(0, MAX_RANK)
end

local function make(case_no, level)
    return { case_no, level, settings.votes, settings.votes, level, random_rank(), had.NOBODY }
end

-- Part of the transaction that stores a case: it wants votes of specialists of its skill. O(log n)
function M.open(case)
    box.space.case_rounds:insert(make(case.no, case.skill_value))
end

-- Part of a transaction. The next level of a case, with votes of its own.
function M.extend(round)
    box.space.case_rounds:replace(make(round.case_no, round.level + 1))
end

function M.close(round)
    box.space.case_rounds:delete({ round.case_no })
end

function M.get(case_no)
    return box.space.case_rounds:get({ case_no })
end

local function set_places(round, places, had_by)
    box.space.case_rounds:update({ round.case_no }, {
        { '=', 'places', places },
        { '=', 'queue', places > 0 and round.level or 0 },
        { '=', 'had', had_by },
    })
end

-- Part of a transaction. One place of the round is the specialist's.
function M.take(round, user_id)
    set_places(round, round.places - 1, had.add(round.had, user_id))
end

-- Part of a transaction. A place of the round is free again. Whoever had it is remembered.
function M.give_back(round)
    set_places(round, round.places + 1, round.had)
end

local function first(index, key, iterator)
    return index:select(key, { iterator = iterator, limit = 1 })[1]
end

-- The round at a random place among those of the level with a free place; nil: there is none.
local function find_any(level)
    local index = box.space.case_rounds.index.rank
    local round = first(index, { level, random_rank() }, 'GE')
    if round == nil or round.queue ~= level then
        round = first(index, { level }, 'EQ')
    end
    return round
end

-- A random round of the group: those which the same specialists had.
local function find_in_group(level, had_by)
    local index = box.space.case_rounds.index.had
    local round = first(index, { level, had_by, random_rank() }, 'GE')
    if round == nil or round.queue ~= level or round.had ~= had_by then
        round = first(index, { level, had_by }, 'EQ')
    end
    return round
end

-- From the group `from` on, a round that the specialist did not have, in a group up to and without `to` (nil: the end).
-- Returns it, or nil, and the steps left.
local function walk_groups(level, user_id, from, to, steps)
    local index = box.space.case_rounds.index.had
    local round = first(index, { level, from }, 'GE')
    while steps > 0 and round ~= nil and round.queue == level and (to == nil or round.had < to) do
        if not had.has(round.had, user_id) then
            return find_in_group(level, round.had), steps
        end
        steps = steps - 1
        round = first(index, { level, had.after(round.had, user_id) }, 'GE')
    end
    return nil, steps
end

-- A random round of the level that has a free place and that the specialist never had; nil: there is none. Tries random
-- places first: each round is as likely then. Where the specialist had most of them, whole groups are left out, so that
-- the steps do not depend on the number of cases. O(log n) for each.
function M.find(level, user_id)
    local round
    for _ = 1, MAX_TRIES do
        round = find_any(level)
        if round == nil then
            return nil
        elseif not had.has(round.had, user_id) then
            return round
        end
    end
    local start = round.had
    local found, steps = walk_groups(level, user_id, start, nil, MAX_STEPS)
    if found == nil then
        found = walk_groups(level, user_id, had.NOBODY, start, steps)
    end
    return found
end

return M
