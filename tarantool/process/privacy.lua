-- Restricts the data to the user that runs Tarantool: they contain names and addresses of all citizens.

local fio = require('fio')
local log = require('log')

local M = {}

local OTHERS = tonumber('077', 8)
local PRIVATE_FILE = tonumber('600', 8)
-- Tarantool creates these files with mode 0644 less the umask.
local DATA_ENDINGS = { snap = true, xlog = true, vylog = true, inprogress = true }

-- Makes all files that this process creates from now on private.
function M.set_umask()
    fio.umask(OTHERS)
end

local function is_open_to_others(stat)
    return stat ~= nil and bit.band(stat.mode, OTHERS) ~= 0
end

-- Makes the data files of a folder private, in case an earlier release or a copy has left them readable, and warns if
-- others may list the folder. The folder's mode is not changed, since it may be a mount point or shared on purpose.
-- O(files).
function M.restrict(data_dir)
    if is_open_to_others(fio.stat(data_dir)) then
        log.warn('other users have access to the data folder: chmod 700 %s', fio.abspath(data_dir))
    end
    local count = 0
    for _, name in ipairs(fio.listdir(data_dir) or {}) do
        local path = fio.pathjoin(data_dir, name)
        local is_data = DATA_ENDINGS[name:match('%.(%w+)$') or ''] and not fio.path.is_link(path)
        if is_data and is_open_to_others(fio.stat(path)) then
            if not fio.chmod(path, PRIVATE_FILE) then
                log.warn(
                    'other users can read data, and this process is not the owner: chmod 600 %s',
                    fio.abspath(path)
                )
            end
            count = count + 1
        end
    end
    if count > 0 then
        log.info('removed the access of other users to %d data files', count)
    end
end

return M
