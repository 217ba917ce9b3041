-- What the operator sets of voting.

local M = {
    -- Votes that decide a case at one level; odd.
    votes = 3,
    -- How long a case stays with a specialist.
    hold_s = 30 * 60,
    -- For a vote that was decided as it was cast, in millionths.
    reward = 1000000,
}

-- settings: those of process/settings.lua.
function M.set(settings)
    M.votes = settings.votes or M.votes
    M.hold_s = settings.case_hold_s or M.hold_s
    M.reward = settings.vote_reward or M.reward
end

return M
