-- Votes on a case, for readers.

local M = {}

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

return M
