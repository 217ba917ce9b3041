-- Buckets: how imports are spread over several storages, and how their rows differ from those of a single node.
--
-- An import is in one bucket with everything that belongs to it, and so on one storage: no transaction spans two. Its
-- id says which: id % buckets + 1. An id made here is (tenths of seconds since 2024) * buckets + bucket - 1, so ids
-- grow with time whoever makes them, and no two storages make the same one. An Idempotency-Key is in the bucket of its
-- hash, and an import with a key goes there too, so that both are stored in one transaction.
--
-- In `citizens` the bucket is the first field and the first part of the only index: a second index would double the
-- time of an import and add 26 bytes to each citizen. In the other spaces it is the last field, with an index.
--
-- On a single node there are no buckets: each function then has a variant that does nothing, chosen once at load.

local clock = require('clock')
local digest = require('digest')
local errors = require('lib.errors')
local mode = require('shards.mode')

local EPOCH = 1704067200
local TICKS_PER_SECOND = 10
-- Ticks skipped after the loss of a primary, which may have given ids that are unknown here: five minutes, as
-- replication.lua skips ids of a single node.
local LOST_TICKS = 3000

local count = mode.bucket_count

-- Whether a bucket's rows may be written here until it is released. shards/storage.lua sets one that asks vshard.
local guard = {
    hold = function()
        return true
    end,
    release = function() end,
    standing = function()
        return 'here'
    end,
    generation = function()
        return 0
    end,
}

local function keep_nothing() end

local function always_here()
    return 'here'
end

local single = {
    -- The fields before the import's id in `citizens`.
    BEFORE = 0,
    of = keep_nothing,
    of_key = keep_nothing,
    choose = keep_nothing,
    skip_lost_ids = keep_nothing,
    hold = keep_nothing,
    release = keep_nothing,
    standing = always_here,
    generation = keep_nothing,
}

function single.next_id()
    return box.sequence.import_id:next()
end

function single.key(import_id)
    return { import_id }
end

function single.citizen_key(import_id, citizen_id)
    return { import_id, citizen_id }
end

function single.start_key(_, import_id)
    return { import_id }
end

function single.bare(citizen)
    return citizen
end

function single.with(_, work, ...)
    work(...)
    return true
end

local sharded = { BEFORE = 1 }

-- The bucket of an import.
function sharded.of(import_id)
    return tonumber(import_id) % count + 1
end

-- The bucket of an Idempotency-Key.
function sharded.of_key(key)
    return digest.crc32(key) % count + 1
end

-- The bucket for a new import: the one that the router has chosen, that of the key, or any.
function sharded.choose(bucket, key)
    if bucket ~= nil then
        return bucket
    elseif key ~= nil then
        return sharded.of_key(key)
    end
    local a, b, c, d = digest.urandom(4):byte(1, 4)
    return (((a * 256 + b) * 256 + c) * 256 + d) % count + 1
end

local lowest_tick = 0
-- Bucket -> the tick of the last id that was made here, also in a transaction that was rolled back.
local last_tick_of = {}

local function now()
    return math.floor((clock.time() - EPOCH) * TICKS_PER_SECOND)
end

-- The id of a new import in the bucket. Part of the transaction that stores it. O(log n).
function sharded.next_id(bucket)
    local tick = math.max(now(), lowest_tick, (last_tick_of[bucket] or 0) + 1)
    local newest = box.space.imports.index.bucket_id:max({ bucket })
    if newest ~= nil then
        tick = math.max(tick, math.floor(tonumber(newest.import_id) / count) + 1)
    end
    last_tick_of[bucket] = tick
    return tick * count + bucket - 1
end

-- After a takeover that lost writes: no id that the lost primary may have given is given again.
function sharded.skip_lost_ids()
    lowest_tick = now() + LOST_TICKS
end

-- The first parts of the key of the import's rows in `citizens`.
function sharded.key(import_id)
    return { sharded.of(import_id), import_id }
end

function sharded.citizen_key(import_id, citizen_id)
    return { sharded.of(import_id), import_id, citizen_id }
end

-- The parts of the primary key that name the import, in any space of imports.
function sharded.start_key(space, import_id)
    if space.index[0].name == 'bucket_id' then
        return sharded.key(import_id)
    end
    return { import_id }
end

-- A citizen's tuple as everybody outside knows it: without the bucket.
function sharded.bare(citizen)
    return citizen:transform(1, 1)
end

-- Keeps the bucket here, and its rows writable, until release(). Raises SHARD_AWAY if the bucket is elsewhere or on its
-- way. Neither yields.
function sharded.hold(bucket)
    if not guard.hold(bucket) then
        errors.raise('SHARD_AWAY')
    end
end

function sharded.release(bucket)
    guard.release(bucket)
end

-- Runs work(...) while the bucket is kept here. Returns false, without running it, if the bucket is elsewhere or on its
-- way.
function sharded.with(bucket, work, ...)
    if not guard.hold(bucket) then
        return false
    end
    local ok, reason = pcall(work, ...)
    guard.release(bucket)
    if not ok then
        error(reason, 0)
    end
    return true
end

-- 'here'; 'leaving' if its rows are here and may also be elsewhere; nil if it is not, or not yet, here.
function sharded.standing(bucket)
    return guard.standing(bucket)
end

-- A number that changes whenever a bucket comes, leaves, or is about to.
function sharded.generation()
    return guard.generation()
end

local M = count == nil and single or sharded

-- The number of buckets; nil on a single node.
M.count = count

-- new_guard: {hold(bucket) -> whether, release(bucket), standing(bucket), generation()}; none may yield.
function M.set_guard(new_guard)
    guard = new_guard
end

return M
