-- The database process: box.cfg, migrations and export of procedures. A replica changes nothing. Reports to the parent
-- process as JSON lines on stdout: {"event": "ready" | "failed", ...}.

local fio = require('fio')
local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = here .. '/?.lua;' .. package.path

local report = require('process.report')
local settings = require('process.settings').read(os.getenv)
local shards = require('shards')
-- First, because rooms choose the layout of their spaces when they are loaded.
shards.prepare(settings, report)
local privacy = require('process.privacy')
local supervision = require('process.supervision')

local replication = require('replication')
local wings = require('wings')
local peer_exports = require('replication.peer_exports')
local export = require('lib.export')
local errors = require('lib.errors')

require('health').wings = settings.wings
local procedures = wings.procedures(require('exports'), settings.wings)

-- The part of a start that changes data, for primaries only.
local function become_primary()
    require('process.migrate').run(fio.pathjoin(here, 'migrations'), report)
    shards.require_fitting_data(report)
    require('process.access').setup(settings.user, settings.password)
    export.publish(procedures, settings.user, 'svodka.', require('work.wing').executor_only_procedures)
    require('process.access').setup(settings.executor_user, settings.executor_password)
    export.allow(settings.executor_user, require('work.wing').executor_procedures)
    if settings.replication_password ~= nil then
        require('process.access').setup_replication(settings.replication_user, settings.replication_password)
        export.publish(peer_exports, settings.replication_user, 'peer.')
        replication.flush_on_stop()
    end
    shards.become_primary(settings)
    wings.become_primary(settings.wings, settings)
end

if settings.inserts_plainly then
    require('bytes.quick').is_on = false
end
privacy.set_umask()
-- The format that box.cfg sets later, for earlier log lines.
require('log').cfg({ format = 'json' })
supervision.lock_data_dir(settings.data_dir, report)
privacy.restrict(settings.data_dir)
require('process.log_check').run(settings.data_dir, report, os.time())
export.define(procedures)
export.define(peer_exports)

-- Listening comes last: no call may arrive before the schema is current and the procedures exist.
local started, reason = pcall(replication.start, settings, become_primary)
if not started then
    local code = errors.classify(reason)
    if code == 'DISK_FULL' or code == 'WAL_FAILED' then
        local what = 'this start has to write (the first start, a new password or a newer schema) and cannot: '
        report.fail(code, what .. tostring(reason))
    end
    error(reason, 0)
end
-- A replica has the data of its primary.
shards.require_fitting_data(report)
wings.start(settings.wings)
require('metrics').start()
shards.start(settings, procedures)
supervision.listen(settings)
local commands = {
    health = function()
        local state = replication.state()
        return {
            schema = require('process.migrate').version(),
            tarantool = box.info.version,
            role = state.role,
            term = state.term,
        }
    end,
    backup = require('process.backup').hold,
    takeover = function(request)
        return replication.take_over(request.accepts_loss)
    end,
}
shards.add_commands(commands)
require('process.control').listen(settings.data_dir, commands)
if settings.supervised then
    supervision.exit_with_parent()
end
report.ready({
    schema = require('process.migrate').version(),
    tarantool = box.info.version,
    role = replication.state().role,
})
