-- Whether each bucket is on exactly one set.

local errors = require('lib.errors')
local fiber = require('fiber')
local bucket_check = require('shards.bucket_check')
local calls = require('shards.router.calls')
local everywhere = require('shards.router.spanning.everywhere')
local routes = require('shards.router.sets.routes')

local M = {}

local LOOK_AGAIN_SECONDS = 0.5

local function look()
    local of_sets, names = {}, {}
    local answers = everywhere.of_each(function(set)
        return calls.ask_function(set, 'svodka_buckets', {})
    end)
    for _, set in ipairs(routes.sets()) do
        if answers[set.name] == nil then
            errors.raise('SHARD_AWAY')
        end
        table.insert(names, set.name)
        table.insert(of_sets, answers[set.name])
    end
    return bucket_check.compare(of_sets, routes.bucket_count()), names
end

-- What of a list was in an earlier one too, by key_of.
local function confirmed(list, earlier, key_of)
    local was_there, both = {}, {}
    for _, each in ipairs(earlier) do
        was_there[key_of(each)] = true
    end
    for _, each in ipairs(list) do
        if was_there[key_of(each)] then
            table.insert(both, each)
        end
    end
    return both
end

-- Returns the number of buckets, the names of the sets, the doubled and the missing buckets as in
-- shards/bucket_check.lua, and how many are on their way. A bucket that moves between two answers seems doubled or
-- missing, so those count that are so twice. Raises SHARD_AWAY when a set is away.
function M.check()
    local first, names = look()
    local seen = first
    if #first.doubled > 0 or #first.missing > 0 then
        fiber.sleep(LOOK_AGAIN_SECONDS)
        seen = look()
    end
    local doubled = confirmed(seen.doubled, first.doubled, function(each)
        return each[1]
    end)
    local missing = confirmed(seen.missing, first.missing, function(bucket)
        return bucket
    end)
    return routes.bucket_count(), names, doubled, missing, seen.moving
end

return M
