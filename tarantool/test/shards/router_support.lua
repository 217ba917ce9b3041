-- A router over a stub of vshard, for tests that run where vshard is not: the sets are this process, over real
-- connections. What a set is asked is recorded, and answered by the test.

local fiber = require('fiber')
local support = require('support')

local M = {}

M.BUCKET_COUNT = require('shards.mode').bucket_count
local CODES = {
    WRONG_BUCKET = 1,
    NON_MASTER = 2,
    TRANSFER_IS_IN_PROGRESS = 7,
    NO_ROUTE_TO_BUCKET = 9,
    BUCKET_IS_LOCKED = 22,
}
M.CODES = CODES

-- What reached a set, in order: {name, arguments, session}. Reset it by M.reset().
M.asked = {}
-- Name of a procedure -> function(arguments) -> the answer of the set, {true, ...} or {false, code}.
M.answers = {}
-- nil, or function(bucket, mode) -> a code of CODES: vshard.storage.call refuses the call.
M.refusal = nil
-- nil, or how long vshard takes to find a bucket.
M.route_seconds = nil
-- What every instance says that it is.
M.role = 'primary'
-- How often vshard was asked to forget where a bucket is.
M.resets = 0

function M.reset()
    M.asked, M.answers, M.refusal, M.resets = {}, {}, nil, 0
end

-- The names of what was asked, without the questions of the router itself.
function M.asked_names()
    local names = {}
    for _, each in ipairs(M.asked) do
        table.insert(names, each.name)
    end
    return names
end

local function at(name, arguments)
    if name == 'svodka.replication.state' then
        return { true, { role = M.role, term = 1 } }
    end
    table.insert(M.asked, { name = name, arguments = arguments, session = box.session.id() })
    local answer = M.answers[name]
    return answer ~= nil and answer(arguments) or { true }
end

local function storage_call(bucket, mode, name, arguments)
    local code = M.refusal ~= nil and M.refusal(bucket, mode) or nil
    if code ~= nil then
        return nil, { code = code, type = 'ShardingError', message = 'refused by the test' }
    elseif name == 'vshard.storage.call' then
        return true, storage_call(unpack(arguments))
    end
    return true, at(unpack(arguments))
end

local topology, described

local stub = {
    router = {
        cfg = function() end,
        route = function(bucket)
            if M.route_seconds ~= nil then
                fiber.sleep(M.route_seconds)
            end
            local name = bucket <= M.BUCKET_COUNT / 2 and 'a' or 'b'
            return { id = topology.set_uuid(described, name) }
        end,
        routeall = function()
            return {}
        end,
        _bucket_reset = function()
            M.resets = M.resets + 1
        end,
    },
}
function stub.router.buckets_info(offset)
    return { [offset + 1] = { uuid = stub.router.route(offset + 1).id } }
end

-- Starts the box and the router. Returns the router's modules: {calls, exports, keys, staging, routes, waits, feed,
-- first_set}.
function M.start()
    topology = require('shards.topology')
    package.loaded['vshard.error'] = { code = CODES }
    support.start_box()
    rawset(_G, 'svodka_at', at)
    rawset(_G, 'vshard', { storage = { call = storage_call } })
    box.schema.user.create('shard', { password = 'secret' })
    box.schema.user.grant('shard', 'execute', 'universe')
    box.schema.user.create('web', { password = 'secret' })
    box.schema.user.grant('web', 'execute', 'universe')
    M.address = support.listen
    box.cfg({ listen = M.address })
    described = {
        bucket_count = M.BUCKET_COUNT,
        user = 'shard',
        sets = { a = { instances = { a1 = M.address } }, b = { instances = { b1 = M.address } } },
    }
    local modules = {}
    local names =
        { 'calls', 'exports', 'first_set', 'held.keys', 'held.staging', 'sets.routes', 'sets.waits', 'spanning.feed' }
    for _, name in ipairs(names) do
        modules[name:match('[%w_]+$')] = require('shards.router.' .. name)
    end
    modules.routes.start({
        vshard = stub,
        password = 'secret',
        topology = described,
    })
    modules.keys.end_with_sessions()
    modules.staging.end_with_sessions()
    modules.first_set.start({ web = 'secret' })
    for _, set in ipairs(modules.routes.sets()) do
        support.wait_until(function()
            return set.primary ~= nil
        end)
    end
    return modules
end

-- The topology of M.start() in which the instance of the set a has another name.
function M.topology_with(name)
    return {
        bucket_count = described.bucket_count,
        user = described.user,
        sets = { a = { instances = { [name] = M.address } }, b = described.sets.b },
    }
end

-- Defines a function for M.connect() and returns its name.
function M.define(name, procedure)
    rawset(_G, name, procedure)
end

-- A session of a web process.
function M.connect()
    return require('net.box').connect(M.address, { user = 'web', password = 'secret', fetch_schema = false })
end

return M
