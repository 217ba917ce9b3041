-- Votes of specialists on cases (docs/traffic.md).

local case_links = require('traffic.cases.links')
local case_state = require('traffic.cases.state')
local assign = require('traffic.votes.assign')
local counts = require('traffic.votes.counts')
local holds = require('traffic.votes.holds')
local measure = require('traffic.votes.measure')
local read = require('traffic.votes.read')
local recount = require('traffic.votes.recount')
local rounds = require('traffic.votes.rounds')
local settings = require('traffic.votes.settings')
local specialists = require('traffic.votes.specialists')
local vote = require('traffic.votes.vote')

local M = {}

-- Begins the work of a primary. given: the settings of process/settings.lua.
function M.start(given)
    settings.set(given)
    holds.start()
end

-- For the operator's monitoring.
M.measure = measure.measure

case_state.on_insert(rounds.open)
case_links.set_votes_finder(read.of_case)

M.procedures = {
    ['svodka.votes.take'] = assign.take,
    ['svodka.votes.is_held_by'] = assign.is_held_by,
    ['svodka.votes.vote'] = vote.vote,
    ['svodka.votes.specialist'] = specialists.get,
    ['svodka.votes.specialists'] = specialists.list,
    ['svodka.votes.verify'] = specialists.verify,
    ['svodka.votes.waiting'] = read.waiting,
    ['svodka.votes.counts'] = counts.list,
    ['svodka.votes.recount'] = recount.recount,
}

return M
