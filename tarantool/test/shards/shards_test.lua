-- The start of a storage: what it needs, and data that do not fit.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local json = require('json')
local support = require('support')
local mode = require('shards.mode')
local shards = require('shards')

support.start_app()

local function file_with(text)
    local path = fio.pathjoin(support.folder, 'topology.json')
    local file = fio.open(path, { 'O_CREAT', 'O_WRONLY', 'O_TRUNC' }, tonumber('600', 8))
    file:write(text)
    file:close()
    return path
end

local TOPOLOGY = json.encode({
    bucket_count = 30,
    user = 'shard',
    sets = { one = { instances = { ['one-a'] = '127.0.0.1:3301' } } },
})

-- The code and the message with which a start ends.
local function ends(settings)
    if settings.shards ~= nil then
        settings.data_dir = settings.data_dir or fio.pathjoin(support.folder, 'nothing')
    end
    local ok, reason = pcall(shards.prepare, settings, support.report)
    if ok then
        return nil
    end
    return type(reason) == 'table' and reason.code or reason, reason.message
end

local function fault_with(bucket_count, stored)
    if stored == nil then
        box.space._schema:delete({ 'svodka_bucket_count' })
    else
        box.space._schema:replace({ 'svodka_bucket_count', stored })
    end
    mode.bucket_count = bucket_count
    local fault = shards.fault_of_data()
    mode.bucket_count = nil
    return fault
end

support.run('shards', {
    {
        'a single node needs nothing, loads no vshard and has no commands for shards',
        function(t)
            local settings = {}
            t:is(ends(settings), nil)
            t:is_deeply(settings, {})
            shards.become_primary(settings)
            shards.start(settings, {})
            local commands = {}
            shards.add_commands(commands)
            t:is_deeply(commands, {})
            for name in pairs(package.loaded) do
                if name:startswith('vshard') or name == 'shards.storage' then
                    t:fail(name .. ' is loaded')
                end
            end
            t:is(shards.fault_of_data(), nil)
            local unfinished = box.schema.space.create('citizens_of_storage')
            t:is(shards.fault_of_data(), 'svodka-to-shards was interrupted in the folder: run it again')
            unfinished:drop()
        end,
    },
    {
        'a storage without a name, a valid file or a place in it ends with a sentence',
        function(t)
            local code, message = ends({ shards = '/nowhere' })
            t:is_deeply({ code, message }, {
                'SETTINGS_INVALID',
                'SVODKA_SHARDS needs SVODKA_INSTANCE, the name of this storage',
            })
            code, message = ends({ shards = '/nowhere', instance = 'one-a' })
            t:is(code, 'SHARDS_INVALID')
            t:like(message, '^/nowhere cannot be read: ')
            local path = file_with('{}')
            code, message = ends({ shards = path, instance = 'one-a' })
            t:is(code, 'SHARDS_INVALID')
            t:ok(message:find('bucket_count: must be an integer from 1 to 10000; user: ', 1, true), message)
            path = file_with(TOPOLOGY)
            code, message = ends({ shards = path, instance = 'two-a' })
            t:is(code, 'SHARDS_INVALID')
            t:ok(message:endswith('no set has the instance two-a, which SVODKA_INSTANCE names'), message)
            code = ends({ shards = path, instance = 'one-a', vshard_path = '/nowhere' })
            t:is(code, 'VSHARD_MISSING')
            local of_another = { shards = path, instance = 'one-a', data_dir = support.folder }
            code, message = ends(of_another)
            t:is(code, 'SHARDS_INVALID')
            local start = 'the data in the folder are of the instance ' .. box.info.uuid .. ', and one-a is '
            t:ok(message:startswith(start), message)
            path = file_with((TOPOLOGY:gsub('3301"', '3301","one-b":"127.0.0.1:3302"')))
            code, message = ends({ shards = path, instance = 'one-a', vshard_path = '/nowhere' })
            t:is_deeply({ code, message }, {
                'SETTINGS_INVALID',
                'a set of two instances needs SVODKA_REPLICATION_PASSWORD or its _FILE',
            })
            local of_two = { shards = path, instance = 'one-a', vshard_path = '/nowhere', replication_password = 'x' }
            t:is(ends(of_two), 'VSHARD_MISSING')
            t:is(of_two.peer, '127.0.0.1:3302', 'the other instance of the set')
            t:is(mode.bucket_count, nil)
        end,
    },
    {
        'data of another mode or number of buckets are refused with a sentence',
        function(t)
            t:is(fault_with(nil, nil), nil)
            t:is(fault_with(30, 30), nil)
            t:like(fault_with(nil, 30), 'are of a storage: SVODKA_SHARDS must name its topology.json')
            t:like(fault_with(30, nil), 'are of a single node: svodka%-to%-shards converts them')
            t:like(fault_with(31, 30), 'have 30 buckets and SVODKA_SHARDS says 31; the number cannot be changed')
            fault_with(nil, nil)
        end,
    },
    {
        'the spaces of a storage are made only where there are no imports yet',
        function(t)
            local migration = dofile(fio.pathjoin(support.migrations, '013_buckets.lua'))
            local import_id = require('census.imports').create(support.rows(1, 2), 10)
            migration.up()
            t:is(box.space.citizens.index[0].name, 'pk', 'a single node stays as it is')
            mode.bucket_count = 30
            local ok, reason = pcall(box.atomic, migration.up)
            mode.bucket_count = nil
            t:is(ok, false)
            t:like(tostring(reason), 'are of a single node')
            t:is(box.space.citizens:count({ import_id }), 2)
        end,
    },
})
