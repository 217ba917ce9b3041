-- What monitoring learns of the sets and of this router.

local errors = require('lib.errors')
local calls = require('shards.router.calls')
local everywhere = require('shards.router.spanning.everywhere')
local metrics = require('metrics')
local routes = require('shards.router.sets.routes')
local waits = require('shards.router.sets.waits')

local M = {}

-- Below the deadlines of the web side, 2 s and 1 s, so that a set that is away does not hide the others.
local INFO_SECONDS = 1
local METRICS_SECONDS = 0.7

-- As health.info of a single node, with {sets = {[name] = whether its primary answers}}. schema: the lowest of all.
-- Raises SHARD_AWAY if no set answers.
function M.info()
    local info
    local sets = {}
    for name, answer in pairs(everywhere.ask_each('svodka.service.info', {}, INFO_SECONDS)) do
        sets[name] = answer[1]
        if answer[1] then
            local of_set = answer[2]
            info = info or of_set
            info.schema = math.min(info.schema, of_set.schema)
        end
    end
    if info == nil then
        errors.raise('SHARD_AWAY')
    end
    return { schema = info.schema, tarantool = info.tarantool, wings = info.wings, sets = sets }
end

local function counts_by_set()
    local in_flight, is_up = {}, {}
    for _, set in ipairs(routes.sets()) do
        in_flight[set.name], is_up[set.name] = set.in_flight, set.primary ~= nil
    end
    return { in_flight = in_flight, is_up = is_up, buckets = routes.bucket_counts() }
end

-- {sets = {[name] = as metrics.read of its primary}, router = {counts = {[name] = number}, sets: see counts_by_set,
-- server = as metrics.read of this process}}. Sets that do not answer are left out.
function M.metrics()
    local sets = {}
    for name, answer in pairs(everywhere.ask_each('svodka.metrics', {}, METRICS_SECONDS)) do
        if answer[1] then
            sets[name] = answer[2]
        end
    end
    local counts = { waiting = waits.count_waiting() }
    for name, count in pairs(calls.counts()) do
        counts[name] = count
    end
    return { sets = sets, router = { counts = counts, sets = counts_by_set(), process = metrics.read() } }
end

return M
