-- Photos and records of cameras, and who votes on them.

local cases = require('traffic.cases')
local metrics = require('metrics')
local votes = require('traffic.votes')

local M = {}

-- settings: {votes, case_hold_s, vote_reward}.
function M.become_primary(settings)
    cases.start()
    votes.start(settings)
end

function M.start()
    metrics.add('votes', votes.measure)
end

return M
