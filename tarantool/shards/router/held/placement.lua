-- Which bucket a new import goes to.
--
-- An import with an Idempotency-Key goes to the bucket of its key, so that the key and the import are stored in one
-- transaction. Any other goes to a random bucket of a set that is there.

local digest = require('digest')
local calls = require('shards.router.calls')
local routes = require('shards.router.sets.routes')
local set_of_storages = require('shards.router.sets.set')
local waits = require('shards.router.sets.waits')

local M = {}

-- With half of the buckets away, 1 of 65,536 choices fails and is repeated after a pause.
local MAX_PICKS = 16
local SEED_BYTES = 4

-- Two routers must not choose the same buckets in the same order.
local seed = 0
for _, byte in ipairs({ digest.urandom(SEED_BYTES):byte(1, SEED_BYTES) }) do
    seed = seed * 256 + byte
end
math.randomseed(seed)

local function is_there(set)
    return set ~= nil and set.primary ~= nil and set_of_storages.has_room(set)
end

local function pick()
    local bucket
    for _ = 1, MAX_PICKS do
        bucket = math.random(routes.bucket_count())
        if is_there(routes.known_set_of(bucket)) then
            return bucket
        end
    end
    return bucket
end

-- Calls a procedure that stores an import without a key. make(bucket) -> a request as in calls.ask. A bucket that
-- refuses it, because it moves or its set has just gone, is replaced by another one. Returns what calls.ask does.
function M.ask_anywhere(make)
    local patience = waits.begin()
    while true do
        local request = make(pick())
        request.patience = 0
        local answer, instance = calls.ask(request)
        local is_refused = answer[1] == false and answer[2] == 'SHARD_AWAY'
        if not is_refused or not waits.a_little(patience) then
            return answer, instance
        end
    end
end

return M
