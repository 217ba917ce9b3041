-- Where each bucket is. All that a router uses of vshard is here, since _bucket_reset is no public interface of it.
-- vshard says which set has a bucket; calls go over the router's own connections (set.lua).

local log = require('log')
local set_of_storages = require('shards.router.sets.set')
local topology = require('shards.topology')

local M = {}

local BOOTSTRAP_SECONDS = 10
-- By default vshard notices after 5 s that a primary hangs.
local PING_SECONDS = 1

local vshard
local password
local current
-- By the uuid of the set.
local sets = {}
-- What an error code of vshard.storage.call means, which has done nothing then.
local meaning_of

local function list_instances(set)
    local instances = {}
    for name, address in pairs(set.instances) do
        table.insert(instances, { name = name, uri = address })
    end
    return instances
end

local function has_same_instances(set, instances)
    local count = 0
    for _, instance in ipairs(instances) do
        if set.addresses[instance.name] ~= instance.uri then
            return false
        end
        count = count + 1
    end
    for _ in pairs(set.addresses) do
        count = count - 1
    end
    return count == 0
end

local function open_set(name, instances, read)
    local set = set_of_storages.create({
        id = topology.set_uuid(read, name),
        name = name,
        instances = instances,
        user = read.user,
        password = password,
    })
    set.addresses = {}
    for _, instance in ipairs(instances) do
        set.addresses[instance.name] = instance.uri
    end
    return set
end

-- Applies the topology. Sets with unchanged instances keep their connections, and what is staged over them.
function M.configure(read)
    local config = topology.vshard_config(read, password)
    config.failover_ping_timeout = PING_SECONDS
    vshard.router.cfg(config)
    current = read
    local before = sets
    sets = {}
    for name, described in pairs(read.sets) do
        local id, instances = topology.set_uuid(read, name), list_instances(described)
        local kept = before[id]
        if kept == nil or not has_same_instances(kept, instances) then
            kept = open_set(name, instances, read)
        end
        sets[id] = kept
    end
    for id, set in pairs(before) do
        if sets[id] ~= set then
            set_of_storages.close(set)
        end
    end
end

-- given: {vshard = the module, password = of the topology's user, topology}. Requires a configured box.
function M.start(given)
    vshard, password = given.vshard, given.password
    local code_of = require('vshard.error').code
    meaning_of = {
        [code_of.WRONG_BUCKET] = 'elsewhere',
        [code_of.NO_ROUTE_TO_BUCKET] = 'elsewhere',
        [code_of.TRANSFER_IS_IN_PROGRESS] = 'moving',
        [code_of.BUCKET_IS_LOCKED] = 'moving',
        [code_of.NON_MASTER] = 'not primary',
    }
    M.configure(given.topology)
end

function M.bucket_count()
    return current.bucket_count
end

-- The sets in the order of their names.
function M.sets()
    local list = {}
    for _, set in pairs(sets) do
        table.insert(list, set)
    end
    table.sort(list, function(a, b)
        return a.name < b.name
    end)
    return list
end

-- The set with everything that is not sharded.
function M.first_set()
    return sets[topology.set_uuid(current, topology.first_set(current))]
end

-- The set that has the bucket, as far as is known; nil when no set is known to have it. Asks all sets about a bucket
-- that is not known, 0.5 s each if they do not answer.
function M.set_of(bucket)
    local found = vshard.router.route(bucket)
    return found ~= nil and sets[found.id] or nil
end

-- The same without asking anybody.
function M.known_set_of(bucket)
    local known = vshard.router.buckets_info(bucket - 1, 1)[bucket]
    return known.uuid ~= nil and sets[known.uuid] or nil
end

-- Has the bucket looked up again at its next call. bucket: nil has no effect.
function M.forget(bucket)
    if bucket ~= nil then
        vshard.router._bucket_reset(bucket)
    end
end

-- What a refusal by vshard.storage.call means: 'elsewhere': another set has the bucket; 'moving': it is about to leave,
-- or on its way; 'not primary': the instance takes no writes; nil: a fault. Nothing was done.
function M.note_refusal(bucket, reason)
    local meaning = meaning_of[reason.code]
    if meaning == 'elsewhere' then
        M.forget(bucket)
    end
    return meaning
end

-- Distributes the buckets over the sets, unless that has been done. Two routers must not do this at the same time.
-- Returns true, or nil and the reason: every set must have a primary.
function M.bootstrap()
    local done, reason = vshard.router.bootstrap({ if_not_bootstrapped = true, timeout = BOOTSTRAP_SECONDS })
    if not done then
        reason = type(reason) == 'table' and reason.message or tostring(reason)
        log.warn('the buckets are not distributed: %s', reason)
        return nil, reason
    end
    return true
end

-- By the name of a set, how many buckets it is known to have.
function M.bucket_counts()
    local counts = {}
    local known = vshard.router.routeall()
    for id, set in pairs(sets) do
        -- While a changed topology is taken into use, vshard may not have the set yet.
        counts[set.name] = known[id] ~= nil and known[id].bucket_count or 0
    end
    return counts
end

return M
