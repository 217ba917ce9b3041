-- A router: to web processes it is the database of all sets (shards/router/). It has the procedures of a storage under
-- the same names and passes each on to the set that has the import; it stores nothing. Any number of routers may run.
-- Reports to the parent process as app.lua does.

local fio = require('fio')
local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = here .. '/?.lua;' .. package.path

local report = require('process.report')
local settings = require('process.settings').read(os.getenv)
local topology = require('shards.topology')

local function read_topology()
    if settings.shards == nil then
        return nil, 'a router needs SVODKA_SHARDS'
    end
    return topology.read(settings.shards)
end

local described, fault = read_topology()
if described == nil then
    report.fail('SHARDS_INVALID', fault)
end
require('shards.mode').bucket_count = described.bucket_count
local vshard = require('shards.load_vshard').load(settings.vshard_path, report)
rawset(_G, 'vshard', vshard)

local export = require('lib.export')
local feed = require('shards.router.spanning.feed')
local first_set = require('shards.router.first_set')
local health = require('health')
local keys = require('shards.router.held.keys')
local overview = require('shards.router.spanning.overview')
local privacy = require('process.privacy')
local routes = require('shards.router.sets.routes')
local staging = require('shards.router.held.staging')
local supervision = require('process.supervision')
local wings = require('wings')
local work = require('work.wing')

-- Each call in progress is a message. At the default of 768 Tarantool would silently stop reading what several web
-- processes send, which may have 512 calls in progress each.
local MAX_MESSAGES = 8192
-- Its own space holds users and their rights.
local MEMORY_BYTES = 64 * 1024 * 1024

health.wings = settings.wings
local procedures = require('shards.router.exports').procedures(wings.procedures(require('exports'), settings.wings))

local function grant_rights()
    local access = require('process.access')
    access.setup(settings.user, settings.password)
    export.grant(procedures, settings.user, 'svodka.', work.executor_only_procedures)
    access.setup(settings.executor_user, settings.executor_password)
    export.allow(settings.executor_user, work.executor_procedures)
end

-- Applies a changed topology file.
local function reload()
    local changed, reason = read_topology()
    if changed == nil then
        error(reason, 0)
    elseif changed.bucket_count ~= described.bucket_count then
        error('the number of buckets cannot change', 0)
    end
    routes.configure(changed)
    feed.follow_sets()
    return { sets = routes.bucket_counts() }
end

local function bootstrap()
    local done, reason = routes.bootstrap()
    if not done then
        error(reason, 0)
    end
    return { sets = routes.bucket_counts() }
end

privacy.set_umask()
require('log').cfg({ format = 'json' })
require('shards.no_delay').turn_on()
supervision.lock_data_dir(settings.data_dir, report)
privacy.restrict(settings.data_dir)
settings.memtx_memory, settings.wal_mode = MEMORY_BYTES, 'none'
supervision.configure(settings, { net_msg_max = MAX_MESSAGES })
export.define_wrapped(procedures)
grant_rights()
keys.end_with_sessions()
staging.end_with_sessions()
routes.start({ vshard = vshard, password = settings.shards_password, topology = described })
first_set.start({
    [settings.user] = settings.password,
    [settings.executor_user] = settings.executor_password,
})
feed.follow_sets()
require('metrics').start()
supervision.listen(settings)
require('process.control').listen(settings.data_dir, {
    health = function()
        local info = overview.info()
        return { schema = info.schema, tarantool = box.info.version, role = 'router', term = 0, sets = info.sets }
    end,
    reload_topology = reload,
    bootstrap = bootstrap,
})
if settings.supervised then
    supervision.exit_with_parent()
end
report.ready({ tarantool = box.info.version, role = 'router' })
