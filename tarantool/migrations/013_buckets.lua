-- The spaces of a storage, one of several instances that share the imports: each row has its bucket
-- (shards/buckets.lua). On a single node nothing changes.

local mode = require('shards.mode')

-- Records in the data that they are those of a storage, and of how many buckets.
local MARK = 'svodka_bucket_count'

local SHARDED = { 'imports', 'citizens', 'births', 'presents', 'citizen_history', 'idempotency_keys' }

local BUCKET = { name = 'bucket_id', type = 'unsigned' }

local function copy_indexes(space, old)
    local place = 0
    while old.index[place] ~= nil do
        local index = old.index[place]
        local parts = {}
        for i, part in ipairs(index.parts) do
            parts[i] = { part.fieldno, part.type }
        end
        space:create_index(index.name, { parts = parts, unique = index.unique })
        place = place + 1
    end
end

-- Creates an empty space under the name `new_name` for what the space `name` holds on a single node.
local function create(name, new_name)
    local old = box.space[name]
    local format = old:format()
    if name == 'citizens' then
        -- First, and in the only index: a second one would double the time of an import. By the name of the index
        -- vshard finds what it moves.
        table.insert(format, 1, BUCKET)
        local space = box.schema.space.create(new_name, { format = format })
        space:create_index('bucket_id', { parts = { 'bucket_id', 'import_id', 'citizen_id' } })
        return
    end
    table.insert(format, BUCKET)
    local space = box.schema.space.create(new_name, { format = format })
    copy_indexes(space, old)
    -- Of imports also to find the newest one of a bucket.
    local parts = name == 'imports' and { 'bucket_id', 'import_id' } or { 'bucket_id' }
    space:create_index('bucket_id', { parts = parts, unique = false })
end

local function up()
    if mode.bucket_count == nil then
        return
    end
    for _, name in ipairs(SHARDED) do
        if box.space[name]:len() > 0 then
            error('the data in the folder are of a single node: svodka-to-shards converts them', 0)
        end
        create(name, name .. '_of_shard')
        box.space[name]:drop()
        box.space[name .. '_of_shard']:rename(name)
    end
    box.space._schema:replace({ MARK, mode.bucket_count })
end

return { up = up, create = create, sharded = SHARDED, mark = MARK }
