package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local json = require('json')
local uuid = require('uuid')
local support = require('support')
local topology = require('shards.topology')

local function valid()
    return {
        bucket_count = 3000,
        user = 'shard',
        sets = {
            one = { weight = 1, instances = { ['one-a'] = '10.0.0.1:3301', ['one-b'] = 'db-2.lan:3301' } },
            two = { instances = { ['two-a'] = '10.0.0.3:3301' } },
        },
    }
end

-- Applies change(topology) to a valid one. Returns its faults, joined.
local function faults_after(change)
    local changed = valid()
    changed = change(changed) or changed
    return table.concat(topology.faults(changed), '; ')
end

local FAULTS = {
    {
        'is not an object',
        function()
            return 7
        end,
        'the file must contain a JSON object',
    },
    {
        'has no bucket_count',
        function(t)
            t.bucket_count = nil
        end,
        'bucket_count: must be an integer from 1 to 10000',
    },
    {
        'has half a bucket',
        function(t)
            t.bucket_count = 0.5
        end,
        'bucket_count: must be an integer from 1 to 10000',
    },
    {
        'has too many buckets for ids below 10^14',
        function(t)
            t.bucket_count = 10001
        end,
        'bucket_count: must be an integer from 1 to 10000',
    },
    {
        'has a user that would break a URI',
        function(t)
            t.user = 'a:b'
        end,
        'user: a name has at most 32 letters, digits, - and _, and begins with a letter or digit',
    },
    {
        'has an unknown field',
        function(t)
            t.bucketcount = 1
        end,
        'bucketcount: there is no such field',
    },
    {
        'has no sets',
        function(t)
            t.sets = {}
        end,
        'sets: must be an object with at least one set',
    },
    {
        'has null for sets',
        function(t)
            t.sets = json.NULL
        end,
        'sets: must be an object with at least one set',
    },
    {
        'has a list of sets',
        function(t)
            t.sets = { t.sets.two }
        end,
        'sets.1: a name has at most 32 letters, digits, - and _, and begins with a letter or digit',
    },
    {
        'has a set that is no object',
        function(t)
            t.sets.two = 'two-a'
        end,
        'sets.two: must be an object with "instances"',
    },
    {
        'has an unknown field in a set',
        function(t)
            t.sets.two.master = 'two-a'
        end,
        'sets.two.master: there is no such field',
    },
    {
        'has a negative weight',
        function(t)
            t.sets.two.weight = -1
        end,
        'sets.two.weight: must be a number that is not negative',
    },
    {
        'has no weight above 0',
        function(t)
            t.sets.one.weight, t.sets.two.weight = 0, 0
        end,
        'sets: at least one set must have a weight above 0',
    },
    {
        'has a set without instances',
        function(t)
            t.sets.two.instances = {}
        end,
        'sets.two.instances: must be an object with at least one instance',
    },
    {
        'has an instance twice',
        function(t)
            t.sets.two.instances['one-a'] = '10.0.0.9:3301'
        end,
        'sets.two.instances.one-a: sets.one.instances.one-a has the same name',
    },
    {
        'has an address twice',
        function(t)
            t.sets.two.instances['two-b'] = '10.0.0.1:3301'
        end,
        'sets.two.instances.two-b: sets.one.instances.one-a has the same address',
    },
    {
        'has an address without a port',
        function(t)
            t.sets.two.instances['two-a'] = '10.0.0.1'
        end,
        'sets.two.instances.two-a: must be "host:port" with a port from 1 to 65535',
    },
    {
        'has an address with a port that is none',
        function(t)
            t.sets.two.instances['two-a'] = '10.0.0.1:70000'
        end,
        'sets.two.instances.two-a: must be "host:port" with a port from 1 to 65535',
    },
    {
        'has an address with a password',
        function(t)
            t.sets.two.instances['two-a'] = 'me:secret@10.0.0.1:3301'
        end,
        'sets.two.instances.two-a: must be "host:port" with a port from 1 to 65535',
    },
    {
        'names a first set that is not there',
        function(t)
            t.first = 'three'
        end,
        'first: no set has this name',
    },
    {
        'has a set and an instance of the same name',
        function(t)
            t.sets.one.instances.two = '10.0.0.9:3301'
        end,
        'sets.one.instances.two: sets.two has the same name',
    },
    {
        'has UUIDs of something unknown, malformed, and twice',
        function(t)
            local given = '5e5b1a35-2f9b-4a36-8c23-6f5f6f0a1b2c'
            t.uuids = { four = given, one = given, ['one-a'] = given:upper(), two = 7 }
        end,
        'uuids.four: no set and no instance has this name; uuids.one: uuids.four has the same UUID; '
            .. 'uuids.one-a: must be a UUID in lower case; uuids.two: must be a UUID in lower case',
    },
    {
        'has several faults',
        function(t)
            t.bucket_count = 0
            t.sets.one.weight = 'much'
            t.first = 'three'
        end,
        'bucket_count: must be an integer from 1 to 10000; sets.one.weight: must be a number that is not negative; '
            .. 'first: no set has this name',
    },
}

support.start_box()

support.run('topology', {
    {
        'a valid file is read, with its sets, instances and defaults',
        function(t)
            local path = fio.pathjoin(support.folder, 'topology.json')
            local file = fio.open(path, { 'O_CREAT', 'O_WRONLY' }, tonumber('600', 8))
            file:write(json.encode(valid()))
            file:close()
            local read = topology.read(path)
            t:is_deeply(topology.set_names(read), { 'one', 'two' })
            t:is(topology.set_of(read, 'one-b'), 'one')
            t:is(topology.set_of(read, 'two-a'), 'two')
            t:is(topology.set_of(read, 'three-a'), nil)
            t:is(topology.peer_of(read, 'one-b'), '10.0.0.1:3301')
            t:is(topology.peer_of(read, 'two-a'), nil)
            read.sets.one.instances['one-c'] = '10.0.0.4:3301'
            t:is(topology.peer_of(read, 'one-b'), nil)
            read.sets.one.instances['one-c'] = nil
            t:is(topology.first_set(read), 'one')
            read.first = 'two'
            t:is(topology.first_set(read), 'two')
        end,
    },
    {
        'null stands for the default',
        function(t)
            local given = valid()
            given.sets.two.weight, given.first, given.uuids = json.NULL, json.NULL, json.NULL
            local read = topology.parse(json.encode(given))
            t:is(topology.first_set(read), 'one')
            t:is(topology.vshard_config(read, 'pass').sharding[topology.set_uuid(read, 'two')].weight, 1)
        end,
    },
    {
        'each fault is named with its place',
        function(t)
            t:is_deeply(topology.faults(valid()), {})
            for _, case in ipairs(FAULTS) do
                t:is(faults_after(case[2]), case[3], 'a file that ' .. case[1])
            end
        end,
    },
    {
        'a file that is missing or no JSON is named in the sentence',
        function(t)
            local read, reason = topology.read('/nowhere/topology.json')
            t:is(read, nil)
            t:ok(reason:startswith('/nowhere/topology.json cannot be read: '), reason)
            read, reason = topology.parse('{"sets": ')
            t:is(read, nil)
            t:ok(reason:startswith('the file is no JSON: '), reason)
        end,
    },
    {
        'UUIDs follow from the names, and are valid and different; the file may give others',
        function(t)
            t:is(topology.set_uuid(valid(), 'one'), topology.set_uuid(valid(), 'one'))
            local seen = {}
            for _, made in ipairs({
                topology.set_uuid(valid(), 'one'),
                topology.instance_uuid(valid(), 'one-a'),
                topology.set_uuid(valid(), 'two'),
                topology.instance_uuid(valid(), 'two'),
            }) do
                t:is(tostring(uuid.fromstr(made)), made)
                t:is(seen[made], nil)
                seen[made] = true
            end
            local other = valid()
            local given = '5e5b1a35-2f9b-4a36-8c23-6f5f6f0a1b2c'
            other.uuids = { two = given, ['one-a'] = topology.set_uuid(valid(), 'two') }
            t:is_deeply(topology.faults(other), {})
            t:is(topology.set_uuid(other, 'two'), given)
            t:is(topology.instance_uuid(other, 'one-a'), other.uuids['one-a'])
            t:is(topology.set_uuid(other, 'one'), topology.set_uuid(valid(), 'one'))
        end,
    },
    {
        'the configuration of vshard has every instance with its address, and weights',
        function(t)
            local config = topology.vshard_config(valid(), 'pass')
            local one = config.sharding[topology.set_uuid(valid(), 'one')]
            local two = config.sharding[topology.set_uuid(valid(), 'two')]
            t:is(config.bucket_count, 3000)
            t:is(one.replicas[topology.instance_uuid(valid(), 'one-a')].uri, 'shard:pass@10.0.0.1:3301')
            t:is(one.replicas[topology.instance_uuid(valid(), 'one-b')].uri, 'shard:pass@db-2.lan:3301')
            t:is(one.master, 'auto')
            t:is(two.weight, 1)
            t:is(config.box_cfg_mode, 'manual')
        end,
    },
})
