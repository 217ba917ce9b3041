-- The database process: box.cfg, migrations, export of procedures; nothing else.
-- Talks to whoever started it by JSON lines on stdout: {"event": "ready" | "failed", ...}.

local fio = require('fio')
local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = here .. '/?.lua;' .. package.path

local report = require('lib.report')
local settings = require('lib.settings').read(os.getenv)
local supervision = require('lib.supervision')

supervision.lock_data_dir(settings.data_dir, report)
supervision.configure(settings)
if settings.inserts_plainly then
    require('lib.bulk').is_quick = false
    require('lib.erase').is_quick = false
    require('lib.bulk_read').is_quick = false
    require('lib.block_walk').is_quick = false
    require('lib.row_walk').is_quick = false
    require('lib.row_look').is_quick = false
end

-- Nobody may call in before the schema is right and the procedures exist: listening comes last.
require('lib.migrate').run(fio.pathjoin(here, 'migrations'), report)
require('aggregates').count_older_imports()
require('lib.access').setup(settings.user, settings.password)
require('lib.export').publish(require('exports'), settings.user)
require('imports').start_sweeping()
require('keys').start_expiring()

supervision.listen(settings)
if settings.supervised then
    supervision.exit_with_parent()
end
report.ready({ schema = require('lib.migrate').version(), tarantool = box.info.version })
