-- Reports the outcome of the start to the parent process, as JSON lines on stdout. Logs go to stderr.

local json = require('json')

local M = {}

local function say(message)
    io.stdout:write(json.encode(message), '\n')
    io.stdout:flush()
end

-- details: a map of scalars.
function M.ready(details)
    say({ event = 'ready', details = details })
end

-- Ends the process: a failed start must not leave a half-started process. code: one of DATA_DIR_IN_USE, DATA_DAMAGED,
-- SCHEMA_TOO_NEW, MIGRATION_FAILED, SETTINGS_INVALID, PEER_AWAY, DIVERGED, TAKEN_OVER, DISK_FULL, WAL_FAILED,
-- SHARDS_INVALID, VSHARD_MISSING, VSHARD_TOO_OLD.
function M.fail(code, message)
    say({ event = 'failed', code = code, message = message })
    os.exit(1)
end

return M
