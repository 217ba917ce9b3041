-- Prints as JSON, of the data in SVODKA_TARANTOOL_DIR, where no Tarantool works: {spaces = {[name] = {rows, digest}},
-- wrong_buckets, has_all_buckets}. The digest is of all rows in order of their primary index without their buckets, and
-- so the same before and after svodka-to-shards. Rows of users, tasks and cases are in it too.

local crypto = require('crypto')
local digest = require('digest')
local json = require('json')
local msgpack = require('msgpack')

local BUCKETS = 3000
local IS_OURS = { schema_migrations = true }

local dir = os.getenv('SVODKA_TARANTOOL_DIR')
box.cfg({ wal_dir = dir, memtx_dir = dir, vinyl_dir = dir, read_only = true, log_level = 1 })

local result = { spaces = {}, wrong_buckets = 0 }

local function place_of_bucket(space)
    for place, field in ipairs(space:format()) do
        if field.name == 'bucket_id' then
            return place
        end
    end
end

local function bucket_of(name, row)
    if name == 'idempotency_keys' then
        return digest.crc32(row.key) % BUCKETS + 1
    end
    return tonumber(row.import_id) % BUCKETS + 1
end

local function without_nulls_at_end(fields)
    while #fields > 0 and fields[#fields] == nil do
        fields[#fields] = nil
    end
    return fields
end

local function read(space)
    local place = place_of_bucket(space)
    local rows = {}
    for _, row in space:pairs() do
        if place ~= nil and row[place] ~= bucket_of(space.name, row) then
            result.wrong_buckets = result.wrong_buckets + 1
        end
        local fields = (place ~= nil and row:transform(place, 1) or row):totable()
        table.insert(rows, msgpack.encode(without_nulls_at_end(fields)))
    end
    -- Buckets come first in the order of citizens.
    table.sort(rows)
    result.spaces[space.name] =
        { rows = #rows, digest = digest.base64_encode(crypto.digest.sha256(table.concat(rows))) }
end

for _, definition in box.space._space:pairs({ 512 }, { iterator = 'GE' }) do
    if not IS_OURS[definition.name] then
        read(box.space[definition.name])
    end
end
result.has_all_buckets = box.space._schema:get({ 'svodka_all_buckets' }) ~= nil
print(json.encode(result))
os.exit(0)
