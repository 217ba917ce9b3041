-- What the programs of bin/ share: settings from the environment, words for people, exit codes.

local M = {}

local DATA_DIR = 'SVODKA_TARANTOOL_DIR'
local BACKUP_DIR = 'SVODKA_BACKUP_DIR'

function M.data_dir()
    return os.getenv(DATA_DIR) or '.'
end

function M.backup_dir()
    return os.getenv(BACKUP_DIR) or 'backups'
end

-- Runs the program; what it raises is said on stderr and ends the process with 1. What it makes is for its user alone.
function M.run(program)
    require('process.privacy').set_umask()
    local done, reason = pcall(program)
    if not done then
        io.stderr:write(tostring(reason), '\n')
    end
    os.exit(done and 0 or 1)
end

-- A usage is shown and ends the process with 2.
function M.refuse(usage)
    io.stderr:write('usage: ', usage, '\n')
    os.exit(2)
end

return M
