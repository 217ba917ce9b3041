-- Turns the data of a single node into those of a storage that has all buckets (docs/adr, 38). Each space is moved, row
-- by row, into one with the fields and indexes of a storage. Every transaction leaves each row in exactly one of the
-- two, so an interrupted conversion is continued by running it again.

local M = {}

-- Rows per transaction. No other work needs the TX thread during a conversion.
M.PIECE = 1000

local SUFFIX = '_of_storage'
-- The key in _schema that says that this instance has all buckets; its value is their number.
local ALL_BUCKETS = 'svodka_all_buckets'

local function bucket_of(name, row, buckets)
    if name == 'idempotency_keys' then
        return buckets.of_key(row.key)
    end
    return buckets.of(row.import_id)
end

-- In `citizens` the bucket comes first, elsewhere after all `count` fields: optional ones may be missing in a row.
local function with_bucket(name, row, count, buckets)
    local bucket = bucket_of(name, row, buckets)
    if name == 'citizens' or #row == count then
        return row:transform(name == 'citizens' and 1 or count + 1, 0, bucket)
    end
    local fields = row:totable()
    for place = #row + 1, count do
        fields[place] = box.NULL
    end
    fields[count + 1] = bucket
    return fields
end

local function key_of(row, parts)
    local key = {}
    for i, part in ipairs(parts) do
        key[i] = row[part.fieldno]
    end
    return key
end

-- Part of a transaction.
local function move_rows(name, rows, buckets)
    local from, to = box.space[name], box.space[name .. SUFFIX]
    local parts, count = from.index[0].parts, #from:format()
    for _, row in ipairs(rows) do
        to:insert(with_bucket(name, row, count, buckets))
        from:delete(key_of(row, parts))
    end
end

-- Moves all rows of a space; calls progress(rows moved so far).
local function move(name, buckets, progress)
    local moved = 0
    repeat
        local rows = box.space[name]:select({}, { limit = M.PIECE })
        box.atomic(move_rows, name, rows, buckets)
        moved = moved + #rows
        progress(moved)
    until #rows < M.PIECE
end

local function create_spaces(migration)
    for _, name in ipairs(migration.sharded) do
        migration.create(name, name .. SUFFIX)
    end
end

local function swap(migration, count)
    for _, name in ipairs(migration.sharded) do
        box.space[name]:drop()
        box.space[name .. SUFFIX]:rename(name)
    end
    box.space._schema:replace({ migration.mark, count })
    box.space._schema:replace({ ALL_BUCKETS, count })
end

-- Whether a conversion has begun and is not finished. Nothing may serve these data.
function M.is_unfinished()
    return box.space['citizens' .. SUFFIX] ~= nil
end

-- Converts the data, or continues with that. migration: what migrations/013_buckets.lua returns; buckets:
-- shards/buckets.lua, loaded for a storage; progress: function(space's name, rows of it moved in this run). O(rows).
function M.run(migration, buckets, progress)
    if not M.is_unfinished() then
        box.atomic(create_spaces, migration)
    end
    for _, name in ipairs(migration.sharded) do
        move(name, buckets, function(moved)
            progress(name, moved)
        end)
    end
    box.atomic(swap, migration, buckets.count)
end

local function create_buckets(count)
    local space = box.space._bucket
    for id = 1, count do
        -- vshard lets a bucket become active only from this status, as in its bucket_force_create.
        space:insert({ id, 'receiving' })
        space:replace({ id, 'active' })
    end
    box.space._schema:delete({ ALL_BUCKETS })
end

-- Gives all buckets to this instance if its data were converted and it has none yet. Called once vshard is configured,
-- before the instance listens.
function M.claim_buckets()
    local mark = box.space._schema:get({ ALL_BUCKETS })
    if mark ~= nil then
        box.atomic(create_buckets, mark[2])
    end
end

return M
