-- The data of a single node become those of a storage, whenever that is interrupted.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local json = require('json')
local support = require('support')
local conversion = require('shards.conversion')
local mode = require('shards.mode')

local BUCKETS = 7
local CITIZENS = 50

support.start_app()

local imports = require('census.imports')
local keys = require('census.imports.keys')
local citizens = require('census.citizens')
local migration = dofile(fio.pathjoin(support.migrations, '013_buckets.lua'))

-- Of a process that is a storage.
local function storage_buckets()
    mode.bucket_count = BUCKETS
    package.loaded['shards.buckets'] = nil
    local buckets = require('shards.buckets')
    mode.bucket_count = nil
    return buckets
end

local buckets = storage_buckets()

for i = 1, 3 do
    local key = 'key ' .. i
    keys.claim(key, i)
    local import_id = imports.create(support.rows(1, CITIZENS), 1000, key, 'fingerprint')
    box.space.uncounted_imports:insert({ import_id })
    require('census.stats.counts').count_import(import_id)
    citizens.patch(import_id, 1, { town = 'Керчь' }, nil, 'request')
end
-- Stored before rows had a time of publication.
box.space.imports:insert({ 4, 'published', 0, 1, 5 })

local function place_of_bucket(space)
    for place, field in ipairs(space:format()) do
        if field.name == 'bucket_id' then
            return place
        end
    end
end

-- All rows of these spaces without buckets, as a set of texts.
local function rows_of(names)
    local found = {}
    for _, name in ipairs(names) do
        local space = box.space[name]
        local place = place_of_bucket(space)
        for _, row in space:pairs() do
            local fields = (place ~= nil and row:transform(place, 1) or row):totable()
            while fields[#fields] == nil do
                fields[#fields] = nil
            end
            found[json.encode(fields)] = true
        end
    end
    return found
end

local function names_of(suffix)
    local names = {}
    for _, name in ipairs(migration.sharded) do
        table.insert(names, name)
        table.insert(names, suffix ~= nil and name .. suffix or nil)
    end
    return names
end

local before = rows_of(names_of())

support.run('conversion', {
    {
        'is interrupted at every piece: each row is in one of two spaces, and it goes on',
        function(t)
            conversion.PIECE = 5
            local interruptions = 0
            repeat
                local calls = 0
                local ok, reason = pcall(conversion.run, migration, buckets, function(_, moved)
                    calls = calls + (moved > 0 and 1 or 0)
                    if calls > interruptions % 3 then
                        error('interrupted', 0)
                    end
                end)
                if not ok then
                    t:is(reason, 'interrupted')
                    t:ok(conversion.is_unfinished())
                    t:is_deeply(rows_of(names_of('_of_storage')), before)
                    interruptions = interruptions + 1
                end
            until ok or interruptions > 1000
            t:ok(interruptions > 10, interruptions)
            t:ok(not conversion.is_unfinished())
        end,
    },
    {
        'keeps all rows, each with its bucket',
        function(t)
            t:is_deeply(rows_of(names_of()), before)
            for _, name in ipairs(migration.sharded) do
                for _, row in box.space[name]:pairs() do
                    local of = name == 'idempotency_keys' and buckets.of_key(row.key) or buckets.of(row.import_id)
                    t:is(row.bucket_id, of)
                end
            end
            t:is(box.space._schema:get({ migration.mark })[2], BUCKETS)
        end,
    },
    {
        'makes the spaces that an empty storage has',
        function(t)
            for _, name in ipairs(migration.sharded) do
                t:is(box.space[name].index.bucket_id ~= nil, true)
                t:is(box.space[name .. '_of_storage'], nil)
            end
            t:is(box.space.citizens.index[0].name, 'bucket_id')
            t:is(box.space.imports.index.state:count({ 'published' }), 4)
            t:is(#box.space.idempotency_keys.index.expires_at:select(), 3)
        end,
    },
    {
        'gives all buckets to the storage, once',
        function(t)
            local space = box.schema.space.create('_bucket')
            space:create_index('pk')
            conversion.claim_buckets()
            t:is(space:len(), BUCKETS)
            t:is_deeply(space:get({ 3 }):totable(), { 3, 'active' })
            space:delete({ 3 })
            conversion.claim_buckets()
            t:is(space:len(), BUCKETS - 1, 'one that has moved away does not come back')
        end,
    },
})
