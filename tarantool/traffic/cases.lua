-- Cases of cameras: what the web side may call.

local create = require('traffic.cases.create')
local read = require('traffic.cases.read')
local recount = require('traffic.cases.recount')
local staging = require('traffic.cases.staging')
local start = require('traffic.cases.start')

return {
    start = start.start,
    procedures = {
        ['svodka.cases.create'] = create.create,
        ['svodka.cases.stage'] = staging.stage,
        ['svodka.cases.discard'] = staging.discard,
        ['svodka.cases.get'] = read.get,
        ['svodka.cases.list'] = read.list,
        ['svodka.cases.history'] = read.history,
        ['svodka.cases.photo'] = read.photo,
        ['svodka.cases.stats'] = read.stats,
        ['svodka.cases.recount'] = recount.recount,
    },
}
