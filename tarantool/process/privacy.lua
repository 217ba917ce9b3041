-- Keeps the data to the user that Tarantool runs as: every citizen with name and address is in them.

local fio = require('fio')
local log = require('log')

local M = {}

local OTHERS = tonumber('077', 8)
local PRIVATE_FILE = tonumber('600', 8)
-- What Tarantool itself writes with 0644 less the umask.
local DATA_ENDINGS = { snap = true, xlog = true, vylog = true, inprogress = true }

-- From now on nobody else may read what this process makes.
function M.set_umask()
    fio.umask(OTHERS)
end

local function is_open_to_others(stat)
    return stat ~= nil and bit.band(stat.mode, OTHERS) ~= 0
end

-- Makes the data files of a folder private, which an earlier release or a copy may have left readable, and warns of a
-- folder that others may look into: that one may be a mount point, or shared on purpose. O(files).
function M.restrict(data_dir)
    if is_open_to_others(fio.stat(data_dir)) then
        log.warn('other users may look into the data folder: chmod 700 %s', fio.abspath(data_dir))
    end
    local count = 0
    for _, name in ipairs(fio.listdir(data_dir) or {}) do
        local path = fio.pathjoin(data_dir, name)
        local is_data = DATA_ENDINGS[name:match('%.(%w+)$') or ''] and not fio.path.is_link(path)
        if is_data and is_open_to_others(fio.stat(path)) then
            if not fio.chmod(path, PRIVATE_FILE) then
                log.warn('other users may read data, and this is not the owner: chmod 600 %s', fio.abspath(path))
            end
            count = count + 1
        end
    end
    if count > 0 then
        log.info('%d data files were open to other users', count)
    end
end

return M
