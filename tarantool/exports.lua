-- Every procedure that the web side may call, by the name it calls it by: those of each wing, and `common` ones, which
-- are there whatever wings are on. The application's user may execute those of the wings that are on, and nothing else.

local ages = require('census.stats.ages')
local cameras = require('traffic.cameras')
local cases = require('traffic.cases')
local alarms = require('work.alarms')
local changes = require('census.imports.changes')
local checks = require('census.checks')
local citizens = require('census.citizens')
local comparison = require('census.comparison')
local digest = require('census.checks.digest')
local digests = require('census.comparison.digests')
local find = require('census.citizens.find')
local health = require('health')
local imports = require('census.imports')
local jobs = require('work.jobs')
local keys = require('census.imports.keys')
local metrics = require('metrics')
local presents = require('census.presents')
local registers = require('traffic.registers')
local replication = require('replication')
local stats = require('census.stats')
local users = require('users')
local votes = require('traffic.votes')
local workflows = require('work.workflows')

local M = {}

M.common = {
    ['svodka.replication.state'] = replication.state,
    ['svodka.metrics'] = metrics.read,
    ['svodka.service.info'] = health.info,
}
for name, procedure in pairs(users.procedures) do
    M.common[name] = procedure
end

M.census = {
    ['svodka.imports.state'] = imports.state,
    ['svodka.imports.describe'] = imports.describe,
    ['svodka.imports.create'] = imports.create,
    ['svodka.imports.stage'] = imports.stage,
    ['svodka.imports.append'] = imports.append,
    ['svodka.imports.publish'] = imports.publish,
    ['svodka.imports.delete'] = imports.delete,
    ['svodka.imports.list'] = imports.list,
    ['svodka.imports.changes'] = changes.wait,
    ['svodka.imports.discard'] = imports.discard,
    ['svodka.imports.discard_token'] = imports.discard_token,
    ['svodka.keys.claim'] = keys.claim,
    ['svodka.keys.release'] = keys.release,
    ['svodka.checks.recount'] = checks.recount,
    ['svodka.checks.digest'] = digest.digest,
    ['svodka.shards.check'] = checks.buckets,
    ['svodka.citizens.page'] = citizens.page,
    ['svodka.citizens.get'] = citizens.get,
    ['svodka.citizens.find'] = find.page,
    ['svodka.citizens.history'] = citizens.history,
    ['svodka.citizens.patch'] = citizens.patch,
    ['svodka.comparison.count'] = comparison.count,
    ['svodka.comparison.page'] = comparison.page,
    ['svodka.comparison.digests'] = digests.page,
    ['svodka.comparison.rows'] = digests.rows,
    ['svodka.presents.by_month'] = presents.by_month,
    ['svodka.presents.by_month_of_town'] = presents.by_month_of_town,
    ['svodka.presents.busiest'] = presents.busiest,
    ['svodka.presents.page'] = presents.page,
    ['svodka.presents.names'] = presents.names,
    ['svodka.stats.birth_ranks'] = stats.birth_ranks,
    ['svodka.stats.ages'] = ages.page,
}

M.work = {}
for _, room in ipairs({ jobs, workflows, alarms }) do
    for name, procedure in pairs(room.procedures) do
        M.work[name] = procedure
    end
end

M.traffic = {}
for _, room in ipairs({ cameras, cases, votes, registers }) do
    for name, procedure in pairs(room.procedures) do
        M.traffic[name] = procedure
    end
end

return M
