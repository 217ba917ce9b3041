-- bin/svodka-to-shards: checks that a folder may become the first set of a cluster, and converts it.

local fio = require('fio')
local json = require('json')
local conversion = require('shards.conversion')
local mode = require('shards.mode')
local topology = require('shards.topology')

local M = {}

local HERE = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
local MIGRATIONS = fio.pathjoin(fio.dirname(HERE), 'migrations')
-- Errors and worse.
local LOG_LEVEL = 2
-- Progress is printed after each ROWS_A_LINE rows.
local ROWS_A_LINE = 1000000

local report = {
    fail = function(_, message)
        error(message, 0)
    end,
}

local function required(value, name)
    if value == nil or value == '' then
        error(name .. ' is not set', 0)
    end
    return value
end

-- Returns the topology and the name of the set, the first one.
local function read_topology(path, instance)
    local read, reason = topology.read(path)
    if read == nil then
        error(reason, 0)
    end
    local set = topology.set_of(read, instance)
    if set == nil then
        error(('%s has no instance %s'):format(path, instance), 0)
    elseif set ~= topology.first_set(read) then
        local text = 'the data of a single node become those of the first set, %s; %s is of %s'
        error(text:format(topology.first_set(read), instance, set), 0)
    end
    return read, set
end

local function open_data(data_dir, memtx_memory)
    if #fio.glob(fio.pathjoin(data_dir, '*.snap')) == 0 then
        error(('there are no data in %s'):format(data_dir), 0)
    end
    require('log').cfg({ level = LOG_LEVEL })
    local supervision = require('process.supervision')
    supervision.lock_data_dir(data_dir, report)
    require('process.privacy').restrict(data_dir)
    require('process.log_check').run(data_dir, report, os.time())
    -- Whatever a kill interrupts is continued, so no transaction has to be synced; the snapshot in the end is.
    local settings = { data_dir = data_dir, memtx_memory = memtx_memory, wal_mode = 'write' }
    supervision.configure(settings, { log_format = 'plain', log_level = LOG_LEVEL, checkpoint_interval = 0 })
end

-- A folder keeps the uuids that it was created with, so the topology has to name them.
local function require_uuids(read, set, instance)
    local here = { set = box.info.cluster.uuid, instance = box.info.uuid }
    if topology.set_uuid(read, set) == here.set and topology.instance_uuid(read, instance) == here.instance then
        return
    end
    local part = json.encode({ [set] = here.set, [instance] = here.instance })
    error(('nothing was changed: the topology of all instances and routers must have "uuids": %s'):format(part), 0)
end

local function require_whole()
    if not require('replication.leadership').is_ours() then
        error('these are the data of a replica: convert those of its primary', 0)
    elseif box.space.uncounted_imports:len() > 0 then
        error('some imports were never counted: start this release once as a single node, and stop it again', 0)
    end
end

local function tell_progress()
    local told = {}
    return function(space, moved)
        local lines = math.floor(moved / ROWS_A_LINE)
        if lines > (told[space] or 0) then
            told[space] = lines
            print(('%s: %d rows moved'):format(space, moved))
            io.stdout:flush()
        end
    end
end

-- getenv: function(name) -> string | nil. Raises a sentence for people.
function M.run(getenv)
    local data_dir = getenv('SVODKA_TARANTOOL_DIR') or '.'
    local instance = required(getenv('SVODKA_INSTANCE'), 'SVODKA_INSTANCE')
    local read, set = read_topology(required(getenv('SVODKA_SHARDS'), 'SVODKA_SHARDS'), instance)
    open_data(data_dir, tonumber(getenv('SVODKA_MEMTX_MEMORY') or 1024 * 1024 * 1024))
    require_whole()
    local migration = dofile(fio.pathjoin(MIGRATIONS, '013_buckets.lua'))
    if box.space._schema:get({ migration.mark }) ~= nil then
        print('these are the data of a cluster already')
        return
    end
    require_uuids(read, set, instance)
    if not conversion.is_unfinished() then
        -- As a single node's, before anything here knows of buckets.
        require('process.migrate').run(MIGRATIONS, report)
    end
    mode.bucket_count = read.bucket_count
    conversion.run(migration, require('shards.buckets'), tell_progress())
    box.snapshot()
    local text = 'done: %d imports and %d citizens are in the %d buckets of the set %s'
    print(text:format(box.space.imports:len(), box.space.citizens:len(), read.bucket_count, set))
end

return M
