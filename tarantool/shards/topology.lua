-- The sets of instances that share the imports, as the file that SVODKA_SHARDS names describes them. Every storage and
-- router has the same file:
--
--   {"bucket_count": 3000, "user": "shard",
--    "sets": {NAME: {"weight": 1, "instances": {NAME: "host:port", ...}}, ...}}
--
-- user: the Tarantool user by which routers and storages call storages. weight: the share of the buckets that a set
-- gets, 1 by default. Optional: "first", the set with everything that is not sharded; by default the set whose name
-- comes first in byte order. "uuids": {NAME: UUID, ...} of sets and instances whose folders have other UUIDs than those
-- that follow from the names.

local digest = require('digest')
local fio = require('fio')
local json = require('json')
local uuid = require('uuid')

local M = {}

-- An id is (tenths of seconds since 2024) * bucket_count + bucket - 1 and must stay below 10^14, from which on numbers
-- reach Lua as cdata: with this many buckets until 2055.
M.MAX_BUCKETS = 10000

local MAX_NAME_LENGTH = 32
local MAX_PORT = 65535

local FIELDS = { bucket_count = true, user = true, sets = true, first = true, uuids = true }
local SET_FIELDS = { weight = true, instances = true }

-- The UUIDs follow from the names, so that nobody has to assign them; a renamed instance is another one.
local function uuid_of(topology, what, name)
    if topology.uuids ~= nil and topology.uuids[name] ~= nil then
        return topology.uuids[name]
    end
    local hex = digest.sha1_hex(('svodka %s %s'):format(what, name))
    -- Version 5, made from a name.
    return ('%s-%s-5%s-a%s-%s'):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

function M.set_uuid(topology, name)
    return uuid_of(topology, 'set', name)
end

function M.instance_uuid(topology, name)
    return uuid_of(topology, 'instance', name)
end

local function is_name(name)
    return type(name) == 'string' and #name <= MAX_NAME_LENGTH and name:match('^[%w][%w_%-]*$') ~= nil
end

local function is_integer(value, min, max)
    return type(value) == 'number' and value >= min and value <= max and value % 1 == 0
end

local function is_address(address)
    if type(address) ~= 'string' then
        return false
    end
    local host, port = address:match('^([%w%.%-_]+):(%d+)$')
    return host ~= nil and is_integer(tonumber(port), 1, MAX_PORT)
end

local function sorted_keys(map)
    local keys = {}
    for key in pairs(map) do
        table.insert(keys, key)
    end
    table.sort(keys, function(a, b)
        return tostring(a) < tostring(b)
    end)
    return keys
end

local NAME_RULE = ('a name has at most %d letters, digits, - and _, and begins with a letter or digit'):format(
    MAX_NAME_LENGTH
)

local function add_unknown(faults, place, map, known)
    for _, key in ipairs(sorted_keys(map)) do
        if not known[key] then
            table.insert(faults, ('%s: there is no such field'):format(place .. tostring(key)))
        end
    end
end

local function add_instance_faults(faults, place, instances, seen)
    for _, name in ipairs(sorted_keys(instances)) do
        local address = instances[name]
        local here = ('%s.%s'):format(place, name)
        if not is_name(name) then
            table.insert(faults, ('%s: %s'):format(here, NAME_RULE))
        elseif seen.names[name] ~= nil then
            table.insert(faults, ('%s: %s has the same name'):format(here, seen.names[name]))
        end
        if not is_address(address) then
            table.insert(faults, ('%s: must be "host:port" with a port from 1 to %d'):format(here, MAX_PORT))
        elseif seen.addresses[address] ~= nil then
            table.insert(faults, ('%s: %s has the same address'):format(here, seen.addresses[address]))
        else
            seen.addresses[address] = here
        end
        seen.names[name] = seen.names[name] or here
    end
end

local function add_set_faults(faults, place, set, seen)
    if type(set) ~= 'table' then
        table.insert(faults, place .. ': must be an object with "instances"')
        return
    end
    add_unknown(faults, place .. '.', set, SET_FIELDS)
    local weight = set.weight
    if weight ~= nil and (type(weight) ~= 'number' or weight < 0 or weight == math.huge) then
        table.insert(faults, place .. '.weight: must be a number that is not negative')
    elseif weight == nil or weight > 0 then
        seen.has_weight = true
    end
    if type(set.instances) ~= 'table' or next(set.instances) == nil then
        table.insert(faults, place .. '.instances: must be an object with at least one instance')
    else
        add_instance_faults(faults, place .. '.instances', set.instances, seen)
    end
end

local function is_uuid(value)
    return type(value) == 'string' and uuid.fromstr(value) ~= nil and value == value:lower()
end

local function add_uuid_faults(faults, uuids, names)
    if type(uuids) ~= 'table' then
        table.insert(faults, 'uuids: must be an object')
        return
    end
    local seen = {}
    for _, name in ipairs(sorted_keys(uuids)) do
        local place = ('uuids.%s'):format(name)
        if names[name] == nil then
            table.insert(faults, place .. ': no set and no instance has this name')
        end
        if not is_uuid(uuids[name]) then
            table.insert(faults, place .. ': must be a UUID in lower case')
        elseif seen[uuids[name]] ~= nil then
            table.insert(faults, ('%s: %s has the same UUID'):format(place, seen[uuids[name]]))
        else
            seen[uuids[name]] = place
        end
    end
end

local function add_faults_of_sets(faults, topology)
    local sets = topology.sets
    if type(sets) ~= 'table' or next(sets) == nil then
        table.insert(faults, 'sets: must be an object with at least one set')
        return
    end
    -- Names of sets and of instances together: "uuids" has both.
    local seen = { names = {}, addresses = {}, has_weight = false }
    local count = #faults
    for _, name in ipairs(sorted_keys(sets)) do
        local place = ('sets.%s'):format(name)
        if not is_name(name) then
            table.insert(faults, ('%s: %s'):format(place, NAME_RULE))
        end
        seen.names[name] = place
    end
    for _, name in ipairs(sorted_keys(sets)) do
        add_set_faults(faults, ('sets.%s'):format(name), sets[name], seen)
    end
    if topology.uuids ~= nil then
        add_uuid_faults(faults, topology.uuids, seen.names)
    end
    if #faults == count and not seen.has_weight then
        table.insert(faults, 'sets: at least one set must have a weight above 0')
    end
    if topology.first ~= nil and sets[topology.first] == nil then
        table.insert(faults, 'first: no set has this name')
    end
end

-- What is wrong with a decoded file: a list of sentences, each beginning with the place; empty for a valid topology.
function M.faults(topology)
    if type(topology) ~= 'table' then
        return { 'the file must contain a JSON object' }
    end
    local faults = {}
    add_unknown(faults, '', topology, FIELDS)
    if not is_integer(topology.bucket_count, 1, M.MAX_BUCKETS) then
        table.insert(faults, ('bucket_count: must be an integer from 1 to %d'):format(M.MAX_BUCKETS))
    end
    if not is_name(topology.user) then
        table.insert(faults, 'user: ' .. NAME_RULE)
    end
    add_faults_of_sets(faults, topology)
    return faults
end

-- Text of the file -> the topology, or nil and a sentence that names all faults.
function M.parse(text)
    local ok, decoded = pcall(json.decode, text)
    if not ok then
        return nil, 'the file is no JSON: ' .. tostring(decoded)
    end
    local faults = M.faults(decoded)
    if #faults > 0 then
        return nil, table.concat(faults, '; ')
    end
    return decoded
end

-- The topology in the file, or nil and a sentence.
function M.read(path)
    local file, reason = fio.open(path, { 'O_RDONLY' })
    if file == nil then
        return nil, ('%s cannot be read: %s'):format(path, reason)
    end
    local text = file:read()
    file:close()
    local topology, faults = M.parse(text)
    if topology == nil then
        return nil, ('%s: %s'):format(path, faults)
    end
    return topology
end

-- The name of the set that the instance belongs to; nil if no set has it.
function M.set_of(topology, instance)
    for name, set in pairs(topology.sets) do
        if set.instances[instance] ~= nil then
            return name
        end
    end
end

-- The names of the sets, in byte order.
function M.set_names(topology)
    return sorted_keys(topology.sets)
end

-- The name of the set with everything that is not sharded.
function M.first_set(topology)
    return topology.first ~= nil and topology.first or M.set_names(topology)[1]
end

-- The address of the other instance of a set of two; nil for a set of one or of more.
function M.peer_of(topology, instance)
    local peer
    for name, address in pairs(topology.sets[M.set_of(topology, instance)].instances) do
        if name ~= instance then
            if peer ~= nil then
                return nil
            end
            peer = address
        end
    end
    return peer
end

-- The configuration that vshard.storage.cfg and vshard.router.cfg take. The password becomes part of URIs.
function M.vshard_config(topology, password)
    local sharding = {}
    for set_name, set in pairs(topology.sets) do
        local replicas = {}
        for name, address in pairs(set.instances) do
            replicas[M.instance_uuid(topology, name)] =
                { name = name, uri = ('%s:%s@%s'):format(topology.user, password, address) }
        end
        local weight = set.weight ~= nil and set.weight or 1
        -- The data of a set name its primary (replication/leadership.lua); vshard follows the instance that may write.
        sharding[M.set_uuid(topology, set_name)] = { master = 'auto', weight = weight, replicas = replicas }
    end
    return {
        sharding = sharding,
        bucket_count = topology.bucket_count,
        -- Svodka configures the box: listening, replication and who may write.
        box_cfg_mode = 'manual',
        -- One bucket at a time, so that imports and PATCHes go on.
        rebalancer_max_sending = 1,
        -- The user may not read the schema.
        connection_fetch_schema = false,
    }
end

return M
