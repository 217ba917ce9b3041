-- The database process: box.cfg, migrations, export of procedures; nothing else. As a replica it changes nothing.
-- Talks to whoever started it by JSON lines on stdout: {"event": "ready" | "failed", ...}.

local fio = require('fio')
local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = here .. '/?.lua;' .. package.path

local report = require('lib.report')
local settings = require('lib.settings').read(os.getenv)
local privacy = require('lib.privacy')
local supervision = require('lib.supervision')

local replication = require('replication')
local exports = require('exports')
local peer_exports = require('peer_exports')
local export = require('lib.export')
local errors = require('lib.errors')

-- What only a primary does: it changes the data.
local function take_office()
    require('lib.migrate').run(fio.pathjoin(here, 'migrations'), report)
    require('aggregates').count_older_imports()
    require('lib.access').setup(settings.user, settings.password)
    export.publish(exports, settings.user, 'svodka.')
    if settings.replication_password ~= nil then
        require('lib.access').setup_replication(settings.replication_user, settings.replication_password)
        export.publish(peer_exports, settings.replication_user, 'peer.')
        replication.flush_on_stop()
    end
    require('imports').start_sweeping()
    require('keys').start_expiring()
    require('work.jobs').start(settings)
end

if settings.inserts_plainly then
    require('lib.bulk').is_quick = false
    require('lib.erase').is_quick = false
    require('lib.bulk_read').is_quick = false
    require('lib.block_walk').is_quick = false
    require('lib.row_walk').is_quick = false
    require('lib.row_look').is_quick = false
    require('filter_index').is_on = false
end
privacy.set_umask()
-- As box.cfg sets it, for what is logged before.
require('log').cfg({ format = 'json' })
supervision.lock_data_dir(settings.data_dir, report)
privacy.restrict(settings.data_dir)
require('lib.log_check').run(settings.data_dir, report, os.time())
export.define(exports)
export.define(peer_exports)

-- Nobody may call in before the schema is right and the procedures exist: listening comes last.
local started, reason = pcall(replication.start, settings, take_office)
if not started then
    local code = errors.classify(reason)
    if code == 'DISK_FULL' or code == 'WAL_FAILED' then
        local what = 'this start must write, as the first one, or with a new password or a newer schema, and cannot: '
        report.fail(code, what .. tostring(reason))
    end
    error(reason, 0)
end
require('filter_index').start()
require('measurements').start()
supervision.listen(settings)
require('lib.control').listen(settings.data_dir, {
    health = function()
        local state = replication.state()
        return {
            schema = require('lib.migrate').version(),
            tarantool = box.info.version,
            role = state.role,
            term = state.term,
        }
    end,
    backup = require('lib.backup').hold,
    takeover = function(request)
        return replication.take_over(request.accepts_loss)
    end,
})
if settings.supervised then
    supervision.exit_with_parent()
end
report.ready({
    schema = require('lib.migrate').version(),
    tarantool = box.info.version,
    role = replication.state().role,
})
