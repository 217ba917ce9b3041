-- svodka.votes.recount: whether wallets and records of specialists follow from the votes. Other requests are served
-- between pieces of a count, and what they change is counted in.

local fiber = require('fiber')
local errors = require('lib.errors')

local M = {}

-- Votes of one piece: about 1 ms of the TX thread.
local PIECE = 1000
local MAX_DIFFERENCES = 100
local FIELDS = { 'wallet', 'votes', 'right', 'wrong' }
-- A commit that fails while a specialist is counted leaves that count wrong.
local TRIES = 3

-- The count under way: {user_id, last = id of the last vote counted, sums}; nil: there is none.
local current
local is_running = false

local function note_verdict(sums, is_right, reward)
    local verdict = is_right and 'right' or 'wrong'
    sums[verdict] = sums[verdict] + 1
    sums.wallet = sums.wallet + tonumber(reward)
end

-- Called when a vote becomes decided.
function M.note_decided(vote, is_right, reward)
    if current ~= nil and vote.user_id == current.user_id and vote.id <= current.last then
        note_verdict(current.sums, is_right, reward)
    end
end

-- Counts a piece. Returns whether there may be more.
local function count_some()
    local votes = box.space.votes.index.user:select(
        { current.user_id, current.last },
        { iterator = 'GT', limit = PIECE }
    )
    for _, vote in ipairs(votes) do
        if vote.user_id ~= current.user_id then
            return false
        end
        current.last = vote.id
        current.sums.votes = current.sums.votes + 1
        if vote.right ~= nil then
            note_verdict(current.sums, vote.right, vote.reward)
        end
    end
    return #votes == PIECE
end

-- The first field of the specialist that is not what the votes make it: {user_id, field, kept, counted}, or nil.
local function compare(user_id)
    current = { user_id = user_id, last = 0, sums = { wallet = 0, votes = 0, right = 0, wrong = 0 } }
    while count_some() do
        fiber.yield()
    end
    local kept = box.space.specialists:get({ user_id })
    for _, field in ipairs(FIELDS) do
        if kept[field] ~= current.sums[field] then
            return { user_id, field, kept[field], current.sums[field] }
        end
    end
end

local function compare_patiently(user_id)
    local difference
    for _ = 1, TRIES do
        difference = compare(user_id)
        if difference == nil then
            return nil
        end
        fiber.yield()
    end
    return difference
end

local function recount()
    local specialists, differing = 0, 0
    local differences = {}
    local row = box.space.specialists.index.pk:min()
    while row ~= nil do
        specialists = specialists + 1
        local difference = compare_patiently(row.user_id)
        if difference ~= nil then
            differing = differing + 1
            if #differences < MAX_DIFFERENCES then
                table.insert(differences, difference)
            end
        end
        fiber.yield()
        row = box.space.specialists:select({ row.user_id }, { iterator = 'GT', limit = 1 })[1]
    end
    return specialists, box.space.votes:len(), differing, differences
end

local function finish(ok, ...)
    is_running = false
    current = nil
    if not ok then
        error((...), 0)
    end
    return ...
end

-- Returns how many specialists were compared, the number of votes, how many specialists differ, and the first hundred
-- of them as {user_id, field, kept, counted}. O(votes), one recount at a time. Raises RECOUNT_RUNNING.
function M.recount()
    if is_running then
        errors.raise('RECOUNT_RUNNING')
    end
    is_running = true
    return finish(pcall(recount))
end

return M
