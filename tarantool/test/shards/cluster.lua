-- A cluster of storages for tests: real processes of app.lua, called through vshard's router in this process. Needs
-- vshard: the environment variable VSHARD names the folder that contains vshard/init.lua.

local fiber = require('fiber')
local fio = require('fio')
local json = require('json')
local popen = require('popen')
local socket = require('socket')
local support = require('support')
local topology_of = require('shards.topology')

local M = {}

local USER = 'shard'
M.PASSWORD = 'for-the-shards'
local PATIENCE_SECONDS = 60
local HERE = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
local TARANTOOL_DIR = fio.dirname(fio.dirname(HERE))

M.vshard_path = os.getenv('VSHARD')

-- Ends the program with one line if there is no vshard.
function M.skip_without_vshard()
    if M.vshard_path == nil then
        print('1..0 # SKIP VSHARD does not name a folder with vshard/init.lua')
        os.exit(0)
    end
end

local function free_port()
    local probe = socket('AF_INET', 'SOCK_STREAM', 'tcp')
    probe:bind('127.0.0.1', 0)
    local port = probe:name().port
    probe:close()
    return port
end

local function write(path, text)
    local file = fio.open(path, { 'O_CREAT', 'O_WRONLY', 'O_TRUNC' }, tonumber('600', 8))
    file:write(text)
    file:close()
end

local Node = {}
Node.__index = Node

-- Starts the process and waits until it is ready.
function Node:start()
    local env = os.environ() -- luacheck: ignore 143
    for name, value in pairs(self.env) do
        env[name] = value
    end
    local command = ('exec tarantool %s/app.lua 2>>%s.log'):format(TARANTOOL_DIR, self.data_dir)
    self.process = popen.new({ '/bin/sh', '-c', command }, {
        stdin = popen.opts.DEVNULL,
        stdout = popen.opts.PIPE,
        env = env,
    })
    local line = self.process:read({ timeout = PATIENCE_SECONDS })
    local ok, event = pcall(json.decode, line or '')
    if not ok or event.event ~= 'ready' then
        error(('%s does not start: %s'):format(self.name, tostring(line)), 0)
    end
    return event
end

function Node:kill()
    self.process:kill()
    self.process:wait()
    self.process:close()
    self.process = nil
end

-- Asks over the control socket. Returns the answer, or nil and a sentence.
function Node:ask(request)
    local answer, connection = require('process.control').ask(self.data_dir, request, PATIENCE_SECONDS)
    if answer == nil then
        return nil, connection
    end
    connection:close()
    return answer
end

local function create_node(cluster, name, peer, is_standby)
    local data_dir = fio.pathjoin(cluster.folder, name)
    fio.mktree(data_dir)
    return setmetatable({
        name = name,
        data_dir = data_dir,
        env = {
            SVODKA_TARANTOOL_DIR = data_dir,
            SVODKA_TARANTOOL_LISTEN = cluster.address_of[name],
            SVODKA_TARANTOOL_PASSWORD = 'for the tests',
            SVODKA_REPLICATION_PASSWORD = 'for-the-replicas',
            SVODKA_PEER = peer or '',
            SVODKA_STANDBY = is_standby and '1' or '',
            SVODKA_SHARDS = cluster.path,
            SVODKA_INSTANCE = name,
            SVODKA_SHARDS_PASSWORD = M.PASSWORD,
            SVODKA_VSHARD_PATH = M.vshard_path,
            SVODKA_WAL_MODE = 'write',
            SVODKA_MEMTX_MEMORY = tostring(cluster.memtx_memory),
        },
    }, Node)
end

-- options: {sets = {{name, instances}, ...}, bucket_count, memtx_memory}; of two instances the second is the replica.
-- Returns {nodes = {[name] = node}, topology, call, ...}; nothing is started yet.
function M.create(options)
    local cluster = {
        folder = fio.pathjoin(support.folder, 'cluster'),
        address_of = {},
        nodes = {},
        memtx_memory = options.memtx_memory or 128 * 1024 * 1024,
        topology = { bucket_count = options.bucket_count or 30, user = USER, sets = {} },
    }
    fio.mktree(cluster.folder)
    cluster.path = fio.pathjoin(cluster.folder, 'topology.json')
    for _, set in ipairs(options.sets) do
        for _, name in ipairs(set[2]) do
            cluster.address_of[name] = ('127.0.0.1:%d'):format(free_port())
        end
        local first, second = set[2][1], set[2][2]
        cluster.nodes[first] = create_node(cluster, first, cluster.address_of[second or ''], false)
        if second ~= nil then
            cluster.nodes[second] = create_node(cluster, second, cluster.address_of[first], true)
        end
    end

    -- Adds a set to the file; its instances must be among those of the options.
    function cluster.add_set(name, instances, weight)
        local addresses = {}
        for _, instance in ipairs(instances) do
            addresses[instance] = cluster.address_of[instance]
        end
        cluster.topology.sets[name] = { weight = weight or 1, instances = addresses }
        write(cluster.path, json.encode(cluster.topology))
    end

    function cluster.configure_router()
        local vshard = cluster.vshard
        local config = topology_of.vshard_config(cluster.topology, M.PASSWORD)
        vshard.router.cfg(config)
    end

    -- Makes this process the router; on a new cluster shares the buckets among the sets.
    function cluster.route()
        cluster.vshard = require('shards.load_vshard').load(M.vshard_path, support.report)
        cluster.configure_router()
        support.wait_until(function()
            local ok = cluster.vshard.router.bootstrap({ if_not_bootstrapped = true, timeout = 10 })
            return ok ~= nil and ok
        end)
    end

    -- The name of the set that has the bucket, as far as the router knows: a call corrects it.
    function cluster.set_of(bucket)
        local set = cluster.vshard.router.route(bucket)
        for name in pairs(cluster.topology.sets) do
            if set ~= nil and topology_of.set_uuid(cluster.topology, name) == set.id then
                return name
            end
        end
    end

    -- Calls a procedure on the primary of the set that has the bucket. Returns its results; raises its code, or what
    -- vshard says.
    function cluster.call(bucket, name, ...)
        local arguments = { ... }
        for i = 1, select('#', ...) do
            arguments[i] = arguments[i] == nil and box.NULL or arguments[i]
        end
        local router = cluster.vshard.router
        local result, reason = router.callrw(bucket, 'svodka_at', { name, arguments }, { timeout = 10 })
        if result == nil then
            error(type(reason) == 'table' and reason.message or tostring(reason), 0)
        elseif not result[1] then
            error(result[2] == 'INTERNAL' and result[3].message or result[2], 0)
        end
        return unpack(result, 2, #result)
    end

    -- A connection to an instance with the rights of a router.
    function cluster.connect(name)
        return require('net.box').connect(cluster.address_of[name], {
            user = USER,
            password = M.PASSWORD,
            fetch_schema = false,
            wait_connected = PATIENCE_SECONDS,
        })
    end

    function cluster.stop()
        for _, node in pairs(cluster.nodes) do
            if node.process ~= nil then
                node:kill()
            end
        end
    end

    for _, set in ipairs(options.sets) do
        if not set.is_later then
            cluster.add_set(set[1], set[2])
        end
    end
    return cluster
end

-- Waits up to a minute until look() returns true; an error of look() counts as no.
function M.eventually(look)
    local deadline = fiber.clock() + PATIENCE_SECONDS
    local ok, result
    repeat
        ok, result = pcall(look)
        if ok and result then
            return
        end
        fiber.sleep(0.05)
    until fiber.clock() > deadline
    error('it did not come about in time: ' .. tostring(result), 2)
end

return M
