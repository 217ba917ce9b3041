-- Specialists: their skill, wallet and record.

local errors = require('lib.errors')
local accounts = require('users.accounts')
local rules = require('traffic.votes.rules')

local M = {}

M.ROLE = 'specialist'
local ADMIN = 'admin'

local MAX_PAGE = 1000

local function insert(user_id)
    return box.space.specialists:insert({ user_id, rules.MIN_SKILL, 0, 0, 0, 0, 0, '', 0, 0 })
end

-- Part of a transaction. The row of a user; one who is new begins with skill 1.
function M.ensure(user_id)
    return box.space.specialists:get({ user_id }) or insert(user_id)
end

-- Part of a transaction. Changes what a decided vote makes of a specialist.
-- standing: as rules.count_decided leaves it; reward: in millionths.
function M.settle(user_id, standing, reward)
    box.space.specialists:update({ user_id }, {
        { '=', 'skill', standing.skill },
        { '=', 'window', standing.window },
        { '=', 'streak', standing.streak },
        { '=', 'right', standing.right },
        { '=', 'wrong', standing.wrong },
        { '+', 'wallet', reward },
    })
end

-- Part of a transaction. One more vote, which agrees with `agreed` of the `pairs` others of its round.
function M.count_vote(user_id, votes, pairs_count, agreed)
    box.space.specialists:update({ user_id }, {
        { '+', 'votes', votes },
        { '+', 'pairs', pairs_count },
        { '+', 'agreed', agreed },
    })
end

-- A user who may not vote any more is no specialist that a case could wait for.
local function may_vote(user_id)
    local user = box.space.users:get({ user_id })
    return user ~= nil
        and user.enabled
        and user.removed_at == nil
        and (accounts.has_role(user, M.ROLE) or accounts.has_role(user, ADMIN))
end

-- Whether a specialist of this skill exists for whom is_one(user_id) holds. O(those for whom it does not)
function M.exists(skill, is_one)
    for _, row in box.space.specialists.index.skill:pairs({ skill }) do
        if is_one(row.user_id) and may_vote(row.user_id) then
            return true
        end
    end
    return false
end

-- How many specialists of this skill may vote, up to `limit`. O(specialists of the skill)
function M.count(skill, limit)
    local count = 0
    for _, row in box.space.specialists.index.skill:pairs({ skill }) do
        if count >= limit then
            break
        elseif may_vote(row.user_id) then
            count = count + 1
        end
    end
    return count
end

local function describe(row)
    local user = box.space.users:get({ row.user_id })
    return {
        row.user_id,
        user ~= nil and user.username or '',
        row.skill,
        row.wallet,
        row.votes,
        row.right,
        row.wrong,
        row.streak,
        row.pairs,
        row.agreed,
    }
end

-- {user_id, username, skill, wallet, votes, right, wrong, streak, pairs, agreed}. A user who has no row yet has not
-- voted. Raises USER_NOT_FOUND.
function M.get(user_id)
    local row = box.space.specialists:get({ user_id })
    if row ~= nil then
        return describe(row)
    end
    return { user_id, accounts.require_id(user_id).username, rules.MIN_SKILL, 0, 0, 0, 0, 0, 0, 0 }
end

-- The same of all specialists in order of their ids, after one id (nil: from the first). Returns them and the id to go
-- on after, nil at the end.
function M.list(after, limit)
    limit = math.min(limit, MAX_PAGE)
    local key = after ~= nil and { after } or {}
    local rows = box.space.specialists:select(key, { iterator = 'GT', limit = limit + 1 })
    local next_after
    if #rows > limit then
        rows[#rows] = nil
        next_after = rows[#rows].user_id
    end
    local described = {}
    for i, row in ipairs(rows) do
        described[i] = describe(row)
    end
    return described, next_after
end

-- Makes a user a specialist, by id or by name; one who is a specialist already keeps skill and wallet.
-- Raises USER_NOT_FOUND.
function M.verify(user_id, username)
    box.atomic(function()
        local user = user_id ~= nil and accounts.require_id(user_id) or accounts.require(username)
        if user_id ~= nil and username ~= nil and user.username ~= username then
            errors.raise('USER_NOT_FOUND')
        end
        accounts.grant_role(user, M.ROLE)
        M.ensure(user.id)
    end)
end

return M
