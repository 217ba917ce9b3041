-- A storage: one of the instances that share the imports, called by routers. vshard knows which buckets are here, moves
-- them, and keeps those in place that are in use. Who is the primary, replication and listening stay Svodka's, and
-- vshard follows the instance that may write.

local fiber = require('fiber')
local log = require('log')
local buckets = require('shards.buckets')
local conversion = require('shards.conversion')
local export = require('lib.export')
local give_up = require('shards.give_up')
local internals = require('shards.vshard_internals')
local no_delay = require('shards.no_delay')
local topology = require('shards.topology')

local M = {}

-- The functions that routers call. The user of the topology may execute these and vshard's, and nothing else.
local FUNCTIONS = { 'svodka_at', 'svodka_buckets' }

-- net.box of Tarantool 2.6 reads these when it connects. A user sees only what it may use there.
local VIEWS_OF_SCHEMA = { '_vspace', '_vindex', '_vcollation' }

local vshard
local settings
-- By name: the procedures with their envelopes.
local procedures = {}

-- vshard passes one value to a router, so all results become one. Without holes: nil becomes null.
local function pack(...)
    local results = { ... }
    for i = 1, select('#', ...) do
        if results[i] == nil then
            results[i] = box.NULL
        end
    end
    return results
end

-- Runs a procedure of exports.lua here. The caller has made sure that its import is here: by vshard.storage.call, or
-- because the session stages it. Returns the procedure's envelope as a list.
local function call_at(name, arguments)
    local procedure = procedures[name]
    if procedure == nil then
        return { false, 'INTERNAL', { message = ('no procedure %s'):format(tostring(name)) } }
    end
    return pack(procedure(unpack(arguments, 1, #arguments)))
end

-- Which buckets are here: {set = name, instance = name, is_primary = whether, buckets = {{bucket, status, generation},
-- ...}}. A bucket must be active or pinned on exactly one set (shards/bucket_check.lua). O(buckets), without a yield.
function M.buckets()
    local list = {}
    internals.each_bucket(function(bucket, status, generation)
        table.insert(list, { bucket, status, generation })
    end)
    return { set = settings.set, instance = settings.instance, is_primary = not box.info.ro, buckets = list }
end

local HERE = { active = true, pinned = true, readonly = true, sending = true }

-- Until vshard is configured no bucket counts as being here: background work of the start leaves them alone.
local is_configured = false

local guard = {
    hold = function(bucket)
        return is_configured and vshard.storage.bucket_refrw(bucket) == true
    end,
    release = function(bucket)
        vshard.storage.bucket_unrefrw(bucket)
    end,
    standing = function(bucket)
        local status = is_configured and internals.status_of(bucket) or nil
        if HERE[status] then
            return 'here'
        end
        return status == 'sent' and 'leaving' or nil
    end,
    generation = internals.generation,
}

-- Comes first. module: vshard.
function M.prepare(module)
    vshard = module
    buckets.set_guard(guard)
end

-- The part of a start that changes data. given: of process/settings.lua, with `topology` and `set`.
function M.become_primary(given)
    local user = given.topology.user
    require('process.access').setup(user, given.shards_password)
    -- Routers also connect as the other two, for what is not sharded.
    for _, each in ipairs({ user, given.user, given.executor_user }) do
        for _, name in ipairs(VIEWS_OF_SCHEMA) do
            box.schema.user.grant(each, 'read', 'space', name, { if_not_exists = true })
        end
    end
    for _, name in ipairs(FUNCTIONS) do
        box.schema.func.create(name, { setuid = true, if_not_exists = true })
        box.schema.user.grant(user, 'execute', 'function', name, { if_not_exists = true })
    end
end

-- A staged import keeps its bucket as long as it arrives. A move that meets one gives up after this time, in which
-- imports and changes of the bucket are refused, and the rebalancer tries again later.
local MAX_WAIT_OF_MOVES_SECONDS = 5

local function configure()
    local config = topology.vshard_config(settings.topology, settings.shards_password)
    vshard.storage.cfg(config, topology.instance_uuid(settings.topology, settings.instance))
    if not box.info.ro then
        internals.revoke_replication(settings.topology.user)
        conversion.claim_buckets()
    end
end

-- Serves from now on, on a replica too. Comes before listening. given: as above; exported: the procedures of
-- exports.lua by name.
function M.start(given, exported)
    settings = given
    for name, procedure in pairs(exported) do
        procedures[name] = export.wrap(name, procedure)
    end
    rawset(_G, 'svodka_at', call_at)
    rawset(_G, 'svodka_buckets', M.buckets)
    no_delay.turn_on()
    internals.limit_wait_of_moves(MAX_WAIT_OF_MOVES_SECONDS)
    -- vshard calls its functions by this name.
    rawset(_G, 'vshard', vshard)
    configure()
    is_configured = true
end

-- Takes the topology anew, after a set or an instance was added. Raises a sentence if the file has faults, or does not
-- have this instance in this set any more.
local function reload()
    local fresh, faults = topology.read(settings.shards)
    if fresh == nil then
        error(faults, 0)
    elseif topology.set_of(fresh, settings.instance) ~= settings.set then
        error(('%s is not in the set %s any more'):format(settings.instance, settings.set), 0)
    elseif fresh.bucket_count ~= settings.topology.bucket_count then
        error('the number of buckets cannot be changed', 0)
    end
    settings.topology = fresh
    configure()
    log.info('the topology was read again')
    return {}
end

-- Moves a bucket to another set. request: {bucket, set = name, timeout_s}; timeout_s: nil, or how long it may take: a
-- million citizens take up to 40 s. Waits for calls and staged imports that use the bucket, but not long
-- (MAX_WAIT_OF_MOVES_SECONDS). Returns {seconds}; raises a sentence.
local function send_bucket(request)
    local bucket = tonumber(request.bucket)
    local to = request.set
    if settings.topology.sets[to] == nil then
        error(('no set is called %s'):format(tostring(to)), 0)
    end
    local start = fiber.clock()
    local ok, reason = vshard.storage.bucket_send(
        bucket,
        topology.set_uuid(settings.topology, to),
        { timeout = tonumber(request.timeout_s) }
    )
    if not ok then
        error(type(reason) == 'table' and reason.message or tostring(reason), 0)
    end
    return { seconds = fiber.clock() - start }
end

-- Stops or resumes the rebalancer, whichever instance it runs on: call it on all. Buckets that are being moved go on.
local function switch_rebalancer(request)
    if request.is_on then
        vshard.storage.rebalancer_enable()
        vshard.storage.rebalancer_wakeup()
    else
        vshard.storage.rebalancer_disable()
    end
    return { is_moving = vshard.storage.rebalancing_is_in_progress() }
end

-- Counts of this storage: {set, instance, is_primary, buckets = {[status] = number}, is_moving}.
local function describe()
    local counts = {}
    internals.each_bucket(function(_, status)
        counts[status] = (counts[status] or 0) + 1
    end)
    return {
        set = settings.set,
        instance = settings.instance,
        is_primary = not box.info.ro,
        buckets = counts,
        is_moving = vshard.storage.rebalancing_is_in_progress(),
    }
end

-- For operators (process/control.lua).
M.commands = {
    shard = describe,
    buckets = M.buckets,
    reload_topology = reload,
    send_bucket = send_bucket,
    give_up_bucket = function(request)
        return give_up.give_up(settings, request)
    end,
    rebalancer = switch_rebalancer,
}

return M
