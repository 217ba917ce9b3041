-- Whether this instance is a storage, one of several instances that share the imports (SVODKA_SHARDS), and what its
-- start does then. On a single node each function returns at once, and vshard is not loaded.

local fio = require('fio')
local mode = require('shards.mode')

local M = {}

-- Set by migrations/013_buckets.lua.
local MARK = 'svodka_bucket_count'

-- The text that a snapshot begins with has fewer bytes.
local MAX_HEADER_BYTES = 1024

local vshard

-- The uuid of the instance that wrote the snapshots in a folder; nil if there is none.
local function uuid_of_data(data_dir)
    local path = fio.glob(fio.pathjoin(data_dir, '*.snap'))[1]
    local file = path ~= nil and fio.open(path, { 'O_RDONLY' }) or nil
    if file == nil then
        return nil
    end
    local header = file:read(MAX_HEADER_BYTES)
    file:close()
    return header:match('\nInstance: ([%x-]+)\n')
end

-- Reads the topology into settings.topology, set, uuids and peer, and loads vshard. Ends the process with a
-- sentence if a storage cannot be one. Comes before rooms are loaded. report: as in process/report.lua.
function M.prepare(settings, report)
    if settings.shards == nil then
        return
    end
    if settings.instance == nil then
        return report.fail('SETTINGS_INVALID', 'SVODKA_SHARDS needs SVODKA_INSTANCE, the name of this storage')
    end
    local topology = require('shards.topology')
    local read, faults = topology.read(settings.shards)
    if read == nil then
        return report.fail('SHARDS_INVALID', faults)
    end
    settings.topology = read
    settings.set = topology.set_of(read, settings.instance)
    if settings.set == nil then
        local text = '%s: no set has the instance %s, which SVODKA_INSTANCE names'
        return report.fail('SHARDS_INVALID', text:format(settings.shards, settings.instance))
    end
    settings.peer = settings.peer or topology.peer_of(read, settings.instance)
    if settings.peer ~= nil and settings.replication_password == nil then
        local text = 'a set of two instances needs SVODKA_REPLICATION_PASSWORD or its _FILE'
        return report.fail('SETTINGS_INVALID', text)
    end
    settings.uuids = {
        instance_uuid = topology.instance_uuid(read, settings.instance),
        replicaset_uuid = topology.set_uuid(read, settings.set),
    }
    -- box.cfg would end the process without a report.
    local uuid = uuid_of_data(settings.data_dir)
    if uuid ~= nil and uuid ~= settings.uuids.instance_uuid then
        local text = 'the data in the folder are of the instance %s, and %s is %s: SVODKA_INSTANCE or "uuids" is wrong'
        return report.fail('SHARDS_INVALID', text:format(uuid, settings.instance, settings.uuids.instance_uuid))
    end
    vshard = require('shards.load_vshard').load(settings.vshard_path, report)
    mode.bucket_count = read.bucket_count
    require('shards.storage').prepare(vshard)
end

-- A sentence if the data in the folder are of another mode or number of buckets; otherwise nil.
function M.fault_of_data()
    if require('shards.conversion').is_unfinished() then
        return 'svodka-to-shards was interrupted in the folder: run it again'
    end
    local mark = box.space._schema:get({ MARK })
    local stored = mark ~= nil and tonumber(mark[2]) or nil
    if stored == mode.bucket_count then
        return nil
    elseif mode.bucket_count == nil then
        return 'the data in the folder are of a storage: SVODKA_SHARDS must name its topology.json'
    elseif stored == nil then
        return 'the data in the folder are of a single node: svodka-to-shards converts them'
    end
    return ('the data in the folder have %d buckets and SVODKA_SHARDS says %d; the number cannot be changed'):format(
        stored,
        mode.bucket_count
    )
end

-- Ends the process if the data in the folder do not fit.
function M.require_fitting_data(report)
    local fault = M.fault_of_data()
    if fault ~= nil then
        report.fail('SHARDS_INVALID', fault)
    end
end

-- The part of a start that changes data, for primaries only.
function M.become_primary(settings)
    if vshard ~= nil then
        require('shards.storage').become_primary(settings)
    end
end

-- Serves routers from now on. procedures: those of exports.lua by name.
function M.start(settings, procedures)
    if vshard ~= nil then
        require('shards.storage').start(settings, procedures)
    end
end

-- Adds those of operators to the commands of process/control.lua.
function M.add_commands(commands)
    if vshard ~= nil then
        for name, command in pairs(require('shards.storage').commands) do
            commands[name] = command
        end
    end
end

return M
