-- Shared by the programs of bin/: settings from the environment, messages, exit codes.

local M = {}

local DATA_DIR = 'SVODKA_TARANTOOL_DIR'
local BACKUP_DIR = 'SVODKA_BACKUP_DIR'

function M.data_dir()
    return os.getenv(DATA_DIR) or '.'
end

function M.backup_dir()
    return os.getenv(BACKUP_DIR) or 'backups'
end

-- Runs the program; an error is printed on stderr and ends the process with 1. Files that it creates are private to its
-- user.
function M.run(program)
    require('process.privacy').set_umask()
    local done, reason = pcall(program)
    if not done then
        io.stderr:write(tostring(reason), '\n')
    end
    os.exit(done and 0 or 1)
end

-- Prints the usage and ends the process with 2.
function M.refuse(usage)
    io.stderr:write('usage: ', usage, '\n')
    os.exit(2)
end

return M
