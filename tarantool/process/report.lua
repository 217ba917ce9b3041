-- Tells the parent process, in JSON lines on stdout, how starting went. Logs go to stderr.

local json = require('json')

local M = {}

local function say(message)
    io.stdout:write(json.encode(message), '\n')
    io.stdout:flush()
end

-- details: a map of plain values.
function M.ready(details)
    say({ event = 'ready', details = details })
end

-- Ends the process: what could not be started must not be left half started.
-- code: one of DATA_DIR_IN_USE, DATA_DAMAGED, SCHEMA_TOO_NEW, MIGRATION_FAILED, SETTINGS_INVALID, PEER_AWAY, DIVERGED,
-- TAKEN_OVER, DISK_FULL, WAL_FAILED.
function M.fail(code, message)
    say({ event = 'failed', code = code, message = message })
    os.exit(1)
end

return M
