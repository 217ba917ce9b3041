-- A set joins and leaves while imports are stored and citizens changed, and primaries are killed meanwhile.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local fio = require('fio')
local support = require('support')
local cluster_of = require('shards.cluster')
local rows_of = require('shards.rows')

cluster_of.skip_without_vshard()
support.start_box()

local BUCKETS = 60
local CITIZENS = 200
local cluster = cluster_of.create({
    bucket_count = BUCKETS,
    sets = {
        { 'one', { 'one-a', 'one-b' } },
        { 'two', { 'two-a', 'two-b' } },
        { 'three', { 'three-a', 'three-b' }, is_later = true },
    },
})
local nodes, call = cluster.nodes, cluster.call

local function bucket_of(import_id)
    return tonumber(import_id) % BUCKETS + 1
end

local function store(bucket)
    local counts = rows_of.counts(CITIZENS)
    return call(bucket, 'svodka.imports.create', rows_of.pair(CITIZENS), 10, nil, nil, counts, bucket)
end

-- What was acknowledged: {[import_id] = apartment of its first citizen}.
local acknowledged = {}
local is_over = false
local failed = 0

-- Stores imports and changes them, one after the other, until is_over.
local function work(seed)
    local bucket = seed
    while not is_over do
        bucket = bucket % BUCKETS + 1
        local stored, import_id = pcall(store, bucket)
        if stored then
            acknowledged[import_id] = 1
            for apartment = 2, 4 do
                if pcall(call, bucket, 'svodka.citizens.patch', import_id, 1, { apartment = apartment }, nil, 'r') then
                    acknowledged[import_id] = apartment
                else
                    failed = failed + 1
                end
            end
        else
            failed = failed + 1
        end
        fiber.sleep(0.01)
    end
end

local function ask_running(request)
    for _, node in pairs(nodes) do
        if node.process ~= nil then
            node:ask(request)
        end
    end
end

local function reload()
    cluster.configure_router()
    ask_running({ command = 'reload_topology' })
    ask_running({ command = 'rebalancer', is_on = true })
end

-- The number of active buckets of each set, by the primaries; a set without a primary is missing.
local function active_of_sets()
    local active = {}
    for _, node in pairs(nodes) do
        local shard = node.process ~= nil and node:ask({ command = 'shard' }) or nil
        if shard and shard.is_primary then
            active[shard.set] = shard.buckets.active or 0
        end
    end
    return active
end

local function wait_for_buckets(expected)
    cluster_of.eventually(function()
        ask_running({ command = 'rebalancer', is_on = true })
        local active = active_of_sets()
        for set, count in pairs(expected) do
            if active[set] ~= count then
                return false
            end
        end
        return true
    end)
end

local function check_buckets()
    local answers = {}
    for _, node in pairs(nodes) do
        local answer = node:ask({ command = 'buckets' })
        if answer.is_primary then
            table.insert(answers, answer)
        end
    end
    return require('shards.bucket_check').compare(answers, BUCKETS)
end

-- Every acknowledged import is there once, with its last acknowledged change or a later one, and its counts are right.
local function verify(t, may_lose)
    t:is_deeply(check_buckets(), { doubled = {}, missing = {}, moving = 0 })
    local count, lost, wrong = 0, 0, 0
    for import_id, apartment in pairs(acknowledged) do
        local bucket = bucket_of(import_id)
        count = count + 1
        local found, citizen = pcall(call, bucket, 'svodka.citizens.get', import_id, 1)
        if not found or citizen[6] < apartment then
            lost = lost + 1
        end
        local _, differences = call(bucket, 'svodka.checks.recount', import_id)
        wrong = wrong + differences
    end
    t:is(wrong, 0, 'every count is right')
    t:ok(may_lose or lost == 0, ('%d of %d acknowledged imports are lost'):format(lost, count))
    t:diag(('%d imports, %d calls refused, %d lost'):format(count, failed, lost))
    t:ok(count > 50, 'there was work')
end

local function begin_work()
    is_over, failed = false, 0
    local workers = {}
    for i = 1, 3 do
        workers[i] = fiber.new(work, i * 20)
        workers[i]:set_joinable(true)
    end
    return function()
        is_over = true
        for _, worker in ipairs(workers) do
            worker:join()
        end
    end
end

local started, reason = pcall(function()
    for _, name in ipairs({ 'one-a', 'two-a', 'one-b', 'two-b' }) do
        nodes[name]:start()
    end
    cluster.route()
end)
if not started then
    cluster.stop()
    error(reason, 0)
end

support.run('rebalancing', {
    {
        'a set joins while imports are stored and changed, and a primary that sends is killed and started again',
        function(t)
            local end_work = begin_work()
            cluster.add_set('three', { 'three-a', 'three-b' })
            nodes['three-a']:start()
            nodes['three-b']:start()
            reload()
            cluster_of.eventually(function()
                return (active_of_sets().three or 0) > 3
            end)
            nodes['one-a']:kill()
            nodes['one-a']:start()
            wait_for_buckets({ one = BUCKETS / 3, two = BUCKETS / 3, three = BUCKETS / 3 })
            end_work()
            verify(t, false)
        end,
    },
    {
        'a set leaves, and a primary that receives is killed and its replica takes over: no bucket is doubled or torn',
        function(t)
            local end_work = begin_work()
            cluster.add_set('three', { 'three-a', 'three-b' }, 0)
            reload()
            cluster_of.eventually(function()
                return active_of_sets().three < BUCKETS / 3 - 3
            end)
            nodes['two-a']:kill()
            t:is(nodes['two-b']:ask({ command = 'takeover', accepts_loss = true }).term, 2)
            if not pcall(nodes['two-a'].start, nodes['two-a']) then
                -- It has writes that the other one never got.
                nodes['two-a']:kill()
                fio.rmtree(nodes['two-a'].data_dir)
                fio.mktree(nodes['two-a'].data_dir)
                nodes['two-a'].env.SVODKA_STANDBY = '1'
                nodes['two-a']:start()
            end
            wait_for_buckets({ one = BUCKETS / 2, two = BUCKETS / 2, three = 0 })
            end_work()
            verify(t, true)
        end,
    },
    {
        'a bucket that is active on two sets is found, and one of them gives it up',
        function(t)
            local bucket = 1
            while cluster.set_of(bucket) ~= 'one' do
                bucket = bucket + 1
            end
            local connection = cluster.connect('two-b')
            connection:call('vshard.storage.bucket_force_create', { bucket })
            local found = check_buckets()
            t:is_deeply({ found.doubled[1][1], #found.doubled[1][2], #found.doubled }, { bucket, 2, 1 })
            connection:close()
            local import_id = store(bucket)
            local function give_up(name, of_bucket, set)
                return select(2, nodes[name]:ask({ command = 'give_up_bucket', bucket = of_bucket, set = set }))
            end
            t:is(give_up('two-b', bucket, 'two'), 'no other set is called two')
            t:is(give_up('one-b', bucket, 'two'), 'this instance is not the primary of its set')
            t:is(give_up('two-b', BUCKETS + 1, 'one'), ('bucket %d is not active here'):format(BUCKETS + 1))
            local no_copy = ('bucket %d is not active on the set three, or its primary does not answer'):format(bucket)
            t:is(give_up('two-b', bucket, 'three'), no_copy)
            t:is(give_up('two-b', bucket, 'one'), nil)
            t:is_deeply(check_buckets(), { doubled = {}, missing = {}, moving = 0 })
            cluster_of.eventually(function()
                return nodes['two-b']:ask({ command = 'shard' }).buckets.sent == nil
            end)
            local _, citizens = call(bucket, 'svodka.imports.describe', import_id)
            t:is(citizens, CITIZENS)
            verify(t, true)
        end,
    },
    { 'the cluster stops', cluster.stop },
})
