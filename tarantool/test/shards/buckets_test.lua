-- Storages: rows and ids have buckets, and buckets in use stay where they are.

-- Before modules choose the layout.
os.setenv('SVODKA_TEST_BUCKETS', '30') -- luacheck: ignore 143
package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local digest = require('digest')
local fiber = require('fiber')
local msgpack = require('msgpack')
local full_disk = require('full_disk')
local support = require('support')
local buckets = require('shards.buckets')
local citizens = require('census.citizens')
local filter_index = require('census.citizens.filter_index')
local find = require('census.citizens.find')
local imports = require('census.imports')
local keys = require('census.imports.keys')

imports.FIND_EVERY_SECONDS = 0.2
support.start_app()

local BUCKETS = 30
local SPACES = { 'imports', 'citizens', 'births', 'presents', 'citizen_history', 'idempotency_keys' }

-- A guard in the place of vshard's: which buckets are here, and how often each is held.
local is_away, held, standing_of = {}, {}, {}
buckets.set_guard({
    hold = function(bucket)
        if is_away[bucket] then
            return false
        end
        held[bucket] = (held[bucket] or 0) + 1
        return true
    end,
    release = function(bucket)
        held[bucket] = held[bucket] - 1
    end,
    standing = function(bucket)
        return standing_of[bucket] or 'here'
    end,
    generation = function()
        return 1
    end,
})

local function count_held()
    local count = 0
    for _, times in pairs(held) do
        count = count + times
    end
    return count
end

local function not_held()
    return count_held() == 0
end

-- All rows of an import as vshard would move them: {[space] = rows}.
local function rows_of_bucket(bucket)
    local rows = {}
    for _, name in ipairs(SPACES) do
        rows[name] = box.space[name].index.bucket_id:select({ bucket })
    end
    return rows
end

local function delete_bucket(bucket)
    for name, rows in pairs(rows_of_bucket(bucket)) do
        local space = box.space[name]
        for _, row in ipairs(rows) do
            local key = {}
            for i, part in ipairs(space.index[0].parts) do
                key[i] = row[part.fieldno]
            end
            space:delete(key)
        end
    end
end

local function insert_rows(rows)
    for name, list in pairs(rows) do
        for _, row in ipairs(list) do
            box.space[name]:insert(row)
        end
    end
end

support.run('buckets', {
    {
        'an id has its bucket, grows, and stays below 10^14',
        function(t)
            for _, bucket in ipairs({ 1, 2, BUCKETS }) do
                local id = buckets.next_id(bucket)
                local later = buckets.next_id(bucket)
                t:is(buckets.of(id), bucket)
                t:is(buckets.of(later), bucket)
                t:ok(later > id, 'within a tenth of a second too')
                t:ok(later < 1e14)
                t:ok(math.abs(id / BUCKETS / 10 + 1704067200 - fiber.time()) < 60, 'it begins with the time')
            end
            t:is(buckets.of(1), 2, 'an id of a single node has a bucket too')
            t:is(buckets.of(9007199254740991ULL), 9007199254740991 % BUCKETS + 1)
        end,
    },
    {
        'an id is above every import of the bucket, also of one that a machine with a faster clock has made',
        function(t)
            local future = math.floor((fiber.time() + 3600 - 1704067200) * 10) * BUCKETS + 6
            support.insert('imports', { future, 'published', 0, 1, 0, 0, 0 }, future)
            t:is(buckets.next_id(7), future + BUCKETS)
            box.space.imports:delete({ future })
        end,
    },
    {
        'without a key any bucket is chosen, with one that of the key, unless the router has chosen',
        function(t)
            package.loaded['shards.buckets'] = nil
            local fresh = require('shards.buckets')
            package.loaded['shards.buckets'] = buckets
            local seen, different = {}, 0
            for _ = 1, 2000 do
                local bucket = fresh.choose(nil, nil)
                if seen[bucket] == nil then
                    different = different + 1
                end
                seen[bucket] = true
                if bucket < 1 or bucket > BUCKETS then
                    t:fail(bucket)
                end
            end
            t:is(different, BUCKETS)
            t:is(fresh.choose(nil, 'a key'), digest.crc32('a key') % BUCKETS + 1)
            t:is(fresh.choose(nil, 'a key'), fresh.of_key('a key'))
            t:is(fresh.choose(5, 'a key'), 5)
        end,
    },
    {
        'after a takeover that lost writes no id is given that the lost primary may have given',
        function(t)
            local before = buckets.next_id(3)
            buckets.skip_lost_ids()
            local after = buckets.next_id(3)
            t:ok((after - before) / BUCKETS >= 2999, 'five minutes are skipped')
            t:is(buckets.of(after), 3)
        end,
    },
    {
        'every row of an import has its bucket; a key and its import have the same',
        function(t)
            keys.claim('together')
            local relatives = { support.row(1, { [10] = { 2 } }), support.row(2, { [10] = { 1 } }) }
            local import_id = imports.create(support.pack(relatives), 10, 'together', 'print')
            box.space.uncounted_imports:insert({ import_id })
            require('census.stats.counts').count_import(import_id)
            citizens.patch(import_id, 1, { name = 'x', birth_date = 19990101 })
            local bucket = buckets.of_key('together')
            t:is(buckets.of(import_id), bucket)
            local rows = rows_of_bucket(bucket)
            for _, name in ipairs(SPACES) do
                t:ok(#rows[name] > 0, name)
                t:is(#rows[name], box.space[name]:len(), name .. ' has no rows elsewhere')
            end
            t:is(#rows.births, box.space.births:count({ import_id }))
        end,
    },
    {
        'a staged import keeps its bucket here until it is published, discarded, or its session ends',
        function(t)
            support.wait_until(not_held)
            local import_id = imports.stage(support.rows(1, 2), 10, nil, nil, nil, 4)
            t:is(buckets.of(import_id), 4)
            t:is(held[4], 1)
            imports.publish(import_id, 2, 10)
            t:is(held[4], 0)
            imports.discard(imports.stage(support.rows(1, 2), 10, nil, nil, nil, 4))
            t:is(held[4], 0)
            local connection = support.connect()
            local ok = connection:call('svodka.imports.stage', { support.rows(1, 2), 10, 7, nil, nil, 4 })
            t:is(ok, true)
            t:is(held[4], 1)
            connection:close()
            support.wait_until(not_held)
        end,
    },
    {
        'a staged import and the claim of its key are in one bucket, which stays here for both',
        function(t)
            local bucket = buckets.of_key('k')
            keys.claim('k', 1)
            t:is(held[bucket], 1)
            local import_id = imports.stage(support.rows(1, 2), 10, nil, nil, 'k')
            t:is(buckets.of(import_id), bucket)
            t:is(held[bucket], 2)
            imports.publish(import_id, 2, 10, 'k', 'print')
            t:is(held[bucket], 0)
            keys.claim('unused', 2)
            keys.release('unused', 2)
            support.wait_until(not_held)
        end,
    },
    {
        'a bucket that is elsewhere or on its way takes no import and no claim, and nothing is left of them',
        function(t)
            local count = box.space.imports:len()
            is_away[4] = true
            t:is(support.raised(imports.stage, support.rows(1, 2), 10, 3, nil, nil, 4), 'SHARD_AWAY')
            is_away[4] = nil
            is_away[buckets.of_key('k2')] = true
            t:is(support.raised(keys.claim, 'k2', 3), 'SHARD_AWAY')
            is_away[buckets.of_key('k2')] = nil
            t:is(box.space.imports:len(), count)
            support.wait_until(not_held)
            t:is(select('#', keys.claim('k2', 3)), 0)
            keys.release('k2', 3)
        end,
    },
    {
        'a staged import that the log refuses does not keep its bucket',
        function(t)
            full_disk.with_full_disk(function()
                t:is(pcall(imports.stage, support.rows(1, 2), 10, 3, nil, nil, 4), false)
            end)
            support.wait_until(not_held)
        end,
    },
    {
        'an import is swept in pieces, each while its bucket is here; the rest waits until the bucket is here again',
        function(t)
            local import_id = imports.create(support.rows(1, 1000), 10, nil, nil, nil, 9)
            local erased = 0
            imports.on_erase(function(id)
                if id == import_id and erased == 0 then
                    erased = 1
                    t:is(held[9], 1, 'the bucket is kept during a piece')
                    is_away[9] = true
                end
                return 0
            end)
            standing_of[9] = 'leaving'
            imports.delete(import_id)
            support.wait_until(function()
                return erased == 1
            end)
            imports.sweep(import_id)
            t:ok(box.space.imports:get({ import_id }) ~= nil)
            is_away[9], standing_of[9] = nil, nil
            -- The sweeper looks for it by itself.
            support.wait_until(function()
                return box.space.imports:get({ import_id }) == nil
            end)
            t:is(box.space.citizens:count(support.key(import_id)), 0)
            support.wait_until(not_held)
        end,
    },
    {
        'what arrives with a bucket and is to be swept is found; what a session stages is not touched',
        function(t)
            local staged = imports.stage(support.rows(1, 3), 10, nil, nil, nil, 11)
            local left = buckets.next_id(12)
            support.insert('imports', { left, 'staging', 1, 1, 0, 0 }, left)
            support.insert('citizens', support.row(1, { left }), left)
            support.wait_until(function()
                return box.space.imports:get({ left }) == nil
            end)
            t:is(box.space.citizens:count(support.key(left)), 0)
            t:is(imports.describe(staged), 'staging')
            imports.publish(staged, 3, 10)
        end,
    },
    {
        'a list leaves out what is not here and marks what is leaving',
        function(t)
            local here = imports.create(support.rows(1, 1), 10, nil, nil, nil, 13)
            local leaving = imports.create(support.rows(1, 1), 10, nil, nil, nil, 14)
            local arriving = imports.create(support.rows(1, 1), 10, nil, nil, nil, 15)
            standing_of[14] = 'leaving'
            buckets.set_guard({
                hold = function()
                    return true
                end,
                release = function() end,
                standing = function(bucket)
                    if bucket == 15 then
                        return nil
                    end
                    return standing_of[bucket] or 'here'
                end,
                generation = function()
                    return 2
                end,
            })
            local _, page, generation = imports.list(nil, 1000)
            t:is(generation, 2)
            local seen = {}
            for _, row in ipairs(page) do
                seen[row[1]] = row[8] or false
            end
            t:is(seen[here], false)
            t:is(seen[leaving], true)
            t:is(seen[arriving], nil)
            standing_of[14] = nil
        end,
    },
    {
        'an import that comes back with its bucket is found by what was changed elsewhere',
        function(t)
            local rows = {}
            for id = 1, 3000 do
                rows[id] = support.row(id, { [3] = 'Город ' .. id % 50 })
            end
            local import_id = imports.create(support.pack(rows), 10, nil, nil, nil, 16)
            local function found(town)
                local ids, after = {}, nil
                repeat
                    local _, go_on, page = find.page(import_id, { town = town }, after, 1000, nil, 1024 * 1024)
                    after = go_on
                    for _, row in ipairs((msgpack.decode(page))) do
                        table.insert(ids, row[2])
                    end
                until after == nil
                return ids
            end
            found('Город 7')
            support.wait_until(function()
                return select(2, filter_index.state(import_id))
            end)
            t:is(#found('Город 7'), 60)
            local bucket = rows_of_bucket(16)
            delete_bucket(16)
            for place, row in ipairs(bucket.citizens) do
                if row.citizen_id == 1234 then
                    bucket.citizens[place] = row:update({ { '=', 'town', 'Город 7' } })
                end
            end
            insert_rows(bucket)
            t:is(#found('Город 7'), 61)
        end,
    },
})
