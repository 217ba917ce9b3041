-- Storages with vshard: imports move between two sets of two instances with everything that belongs to them.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local digest = require('digest')
local fio = require('fio')
local msgpack = require('msgpack')
local support = require('support')
local cluster_of = require('shards.cluster')
local rows_of = require('shards.rows')

cluster_of.skip_without_vshard()
support.start_box()

local BUCKETS = 30
local cluster = cluster_of.create({
    bucket_count = BUCKETS,
    sets = { { 'one', { 'one-a', 'one-b' } }, { 'two', { 'two-a', 'two-b' } } },
})
local nodes, call = cluster.nodes, cluster.call
local primary_of = { one = 'one-a', two = 'two-a' }

local function bucket_of(import_id)
    return tonumber(import_id) % BUCKETS + 1
end

-- A bucket that is on the set now.
local function bucket_on(set)
    for bucket = 1, BUCKETS do
        if cluster.set_of(bucket) == set then
            return bucket
        end
    end
end

local function other(set)
    return set == 'one' and 'two' or 'one'
end

local function send(bucket, timeout_s)
    local from = cluster.set_of(bucket)
    local to = other(from)
    local answer, reason =
        nodes[primary_of[from]]:ask({ command = 'send_bucket', bucket = bucket, set = to, timeout_s = timeout_s })
    return answer ~= nil, reason, to
end

-- Everything that readers can see of an import, as a digest of bytes.
local function content_of(import_id)
    local bucket = bucket_of(import_id)
    local parts = { { call(bucket, 'svodka.imports.describe', import_id) } }
    table.insert(parts, { call(bucket, 'svodka.citizens.page', import_id, nil, 10000) })
    table.insert(parts, { call(bucket, 'svodka.citizens.get', import_id, 1) })
    table.insert(parts, { call(bucket, 'svodka.citizens.history', import_id, 1, nil, 100) })
    table.insert(parts, { call(bucket, 'svodka.presents.by_month', import_id) })
    table.insert(parts, { call(bucket, 'svodka.stats.ages', import_id, 20260101, nil, nil, nil, 1000) })
    return digest.sha256_hex(msgpack.encode(parts))
end

local function import_in(bucket, count)
    local arguments = { rows_of.pair(count), 10, nil, nil, rows_of.counts(count), bucket }
    return call(bucket, 'svodka.imports.create', unpack(arguments, 1, 6))
end

local function differences(import_id)
    local _, count = call(bucket_of(import_id), 'svodka.checks.recount', import_id)
    return count
end

local function check_buckets()
    local connections = { cluster.connect(primary_of.one), cluster.connect(primary_of.two) }
    local answers = {}
    for i, connection in ipairs(connections) do
        answers[i] = connection:call('svodka_buckets')
        connection:close()
    end
    return require('shards.bucket_check').compare(answers, BUCKETS)
end

local ok, reason = pcall(function()
    for _, name in ipairs({ 'one-a', 'two-a', 'one-b', 'two-b' }) do
        nodes[name]:start()
    end
    cluster.route()
end)
if not ok then
    cluster.stop()
    error(reason, 0)
end

support.run('storages', {
    {
        'imports are stored on both sets, with the buckets that the router chose, and each bucket is on one set',
        function(t)
            for bucket = 1, BUCKETS do
                t:is(bucket_of(import_in(bucket, 10)), bucket)
            end
            t:is_deeply(check_buckets(), { doubled = {}, missing = {}, moving = 0 })
            for _, name in ipairs({ 'one-a', 'two-a' }) do
                local shard = nodes[name]:ask({ command = 'shard' })
                t:is(shard.set, name:sub(1, 3))
                t:is(shard.is_primary, true)
                t:is(shard.buckets.active, BUCKETS / 2)
            end
            t:is(nodes['one-b']:ask({ command = 'shard' }).is_primary, false)
        end,
    },
    {
        'a bucket moves with its imports: rows, counts, histories, tags and keys',
        function(t)
            local bucket = bucket_on('one')
            local import_id = import_in(bucket, 3000)
            call(bucket, 'svodka.citizens.patch', import_id, 1, { name = 'Яна', town = 'Керчь' }, nil, 'r1')
            local before = content_of(import_id)
            local done, why, to = send(bucket)
            t:ok(done, why)
            cluster_of.eventually(function()
                return content_of(import_id) == before and cluster.set_of(bucket) == to
            end)
            t:is(content_of(import_id), before)
            t:is(differences(import_id), 0)
            call(bucket, 'svodka.citizens.patch', import_id, 2, { relatives = {} }, nil, 'r2')
            t:is(differences(import_id), 0)
            local later = import_in(bucket, 2)
            t:ok(later > import_id)
            t:is_deeply(check_buckets().doubled, {})
        end,
    },
    {
        'a staged import keeps its bucket until it is published; then the bucket moves',
        function(t)
            local bucket = bucket_on('two')
            local connection = cluster.connect(primary_of.two)
            local arguments = { rows_of.pair(10), 10, 7, rows_of.counts(10), box.NULL, bucket }
            local staged = connection:call('svodka_at', { 'svodka.imports.stage', arguments })
            t:is(staged[1], true, tostring(staged[2]))
            local import_id = staged[2]
            local done, why = send(bucket, 1)
            t:is(done, false)
            t:like(tostring(why), 'imeout')
            t:is(cluster.set_of(bucket), 'two')
            cluster_of.eventually(function()
                return import_in(bucket, 2) > import_id
            end)
            local published =
                connection:call('svodka_at', { 'svodka.imports.publish', { import_id, 10, 10, box.NULL, box.NULL } })
            t:is(published[1], true, tostring(published[2]))
            connection:close()
            done, why = send(bucket)
            t:ok(done, why)
            cluster_of.eventually(function()
                return call(bucket, 'svodka.imports.state', import_id) == 1 and cluster.set_of(bucket) == 'one'
            end)
            t:is(differences(import_id), 0)
        end,
    },
    {
        'what a lost session has staged is swept before its bucket moves, or after it',
        function(t)
            local bucket = bucket_on('two')
            local connection = cluster.connect(primary_of.two)
            local arguments = { rows_of.pair(1000), 10, 7, rows_of.counts(1000), box.NULL, bucket }
            local import_id = connection:call('svodka_at', { 'svodka.imports.stage', arguments })[2]
            connection:close()
            local done, why = send(bucket)
            t:ok(done, why)
            cluster_of.eventually(function()
                local answers = 0
                for _, set in ipairs({ 'one', 'two' }) do
                    local one = cluster.connect(primary_of[set])
                    local measured = one:call('svodka_at', { 'svodka.metrics', {} })[2].rooms.imports
                    one:close()
                    answers = answers + measured.staging + measured.deleted
                end
                return answers == 0
            end)
            t:is(select(2, pcall(call, bucket, 'svodka.imports.describe', import_id)), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'the router may call nothing but what storages serve, and cannot read spaces',
        function(t)
            local connection = cluster.connect(primary_of.one)
            local forbidden = { 'box.schema.user.passwd', 'os.exit', 'svodka.users.list', 'peer.replication.state' }
            for _, name in ipairs(forbidden) do
                local called, why = pcall(connection.call, connection, name, {})
                t:is(called, false, name)
                t:like(tostring(why), 'denied')
            end
            t:is(connection:call('svodka_at', { 'no.such', {} })[1], false)
            connection:close()
        end,
    },
    {
        'the primary of a set is killed and its replica takes over: vshard follows, and nothing acknowledged is lost',
        function(t)
            local bucket = bucket_on('one')
            local import_id = import_in(bucket, 500)
            local before = content_of(import_id)
            cluster_of.eventually(function()
                local replica = cluster.connect('one-b')
                local described = replica:call('svodka_at', { 'svodka.imports.describe', { import_id } })
                replica:close()
                return described[1]
            end)
            nodes['one-a']:kill()
            local taken = nodes['one-b']:ask({ command = 'takeover', accepts_loss = true })
            t:is(taken and taken.term, 2)
            primary_of.one = 'one-b'
            cluster_of.eventually(function()
                return content_of(import_id) == before
            end)
            local later
            cluster_of.eventually(function()
                later = import_in(bucket, 20)
                return true
            end)
            t:ok(later > import_id)
            nodes['one-a']:start()
            t:is(nodes['one-a']:ask({ command = 'shard' }).is_primary, false, 'the old one follows')
            local moved, why, to
            cluster_of.eventually(function()
                moved, why, to = send(bucket)
                return moved
            end)
            t:ok(moved, why)
            cluster_of.eventually(function()
                return content_of(import_id) == before and cluster.set_of(bucket) == to
            end)
            t:is(differences(later), 0)
        end,
    },
    {
        'no log has the password of the shards, and no process is called with it',
        function(t)
            local paths = fio.glob(cluster.folder .. '/*.log')
            t:is(#paths, 4)
            for _, path in ipairs(fio.glob('/proc/[0-9]*/cmdline')) do
                table.insert(paths, path)
            end
            for _, path in ipairs(paths) do
                -- A process may be over already.
                local file = io.open(path)
                local text = file ~= nil and file:read('*a') or ''
                if text:find(cluster_of.PASSWORD, 1, true) ~= nil then
                    t:fail(path)
                end
                if file ~= nil then
                    file:close()
                end
            end
        end,
    },
    { 'the cluster stops', cluster.stop },
})
