-- Environment -> one table of settings. The only reader of the environment on the Lua side.

local report = require('lib.report')

local M = {}

local function read_file(path)
    local file, reason = io.open(path, 'r')
    if file == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_TARANTOOL_PASSWORD_FILE cannot be read: ' .. tostring(reason))
    end
    local text = file:read('*a')
    file:close()
    return (text:gsub('%s+$', ''))
end

-- getenv: function(name) -> string | nil. What is empty is not set: box.cfg would take an empty wal_mode for 'write'.
-- Returns {data_dir, listen, user, password, wal_mode, memtx_memory, inserts_plainly, supervised}.
function M.read(getenv)
    local function text(name)
        local value = getenv(name)
        return value ~= '' and value or nil
    end
    local password = text('SVODKA_TARANTOOL_PASSWORD')
    local password_file = text('SVODKA_TARANTOOL_PASSWORD_FILE')
    if password == nil and password_file ~= nil then
        password = read_file(password_file)
    end
    if password == nil or password == '' then
        report.fail('SETTINGS_INVALID', 'a password for the application user is needed: SVODKA_TARANTOOL_PASSWORD')
    end
    local memtx_memory = tonumber(text('SVODKA_MEMTX_MEMORY') or 1024 * 1024 * 1024)
    if memtx_memory == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_MEMTX_MEMORY must be a number of bytes')
    end
    return {
        data_dir = text('SVODKA_TARANTOOL_DIR') or '.',
        -- Loopback unless told otherwise: a bare port would bind every address.
        listen = text('SVODKA_TARANTOOL_LISTEN') or '127.0.0.1:3301',
        user = text('SVODKA_TARANTOOL_USER') or 'svodka',
        password = password,
        wal_mode = text('SVODKA_WAL_MODE') or 'fsync',
        memtx_memory = memtx_memory,
        -- A way out, should the quick ways of lib/ or the filter index ever be in doubt.
        inserts_plainly = text('SVODKA_INSERT') == 'plain',
        supervised = text('SVODKA_SUPERVISED') == '1',
    }
end

return M
