-- Environment -> one table of settings. The only reader of the environment on the Lua side.

local digest = require('digest')
local report = require('process.report')
local wings = require('wings')

local M = {}

-- As app/db/passwords.ts has them. Whoever has learnt the executor's password should not find the other one by
-- trying words; 10,000 rounds take some 10 ms.
local DERIVATION_SALT = 'svodka executor'
local DERIVATION_ROUNDS = 10000
local DERIVATION_BYTES = 24

-- The executor's password where none is set: both sides make the same one of the application's.
local function derive_executor_password(password)
    local bytes = digest.pbkdf2(password, DERIVATION_SALT, DERIVATION_ROUNDS, DERIVATION_BYTES)
    return digest.base64_encode(bytes, { urlsafe = true, nowrap = true, nopad = true })
end

local function read_file(name, path)
    local file, reason = io.open(path, 'r')
    if file == nil then
        report.fail('SETTINGS_INVALID', ('%s cannot be read: %s'):format(name, reason))
    end
    local text = file:read('*a')
    file:close()
    return text:rstrip()
end

-- `census,work` -> their names, in the order of the house. What is not set is all.
local function read_wings(given)
    local wanted = {}
    for name in (given or table.concat(wings.NAMES, ',')):gmatch('[^,]+') do
        wanted[name:strip()] = true
    end
    local names = {}
    for _, name in ipairs(wings.NAMES) do
        if wanted[name] then
            table.insert(names, name)
            wanted[name] = nil
        end
    end
    if next(wanted) ~= nil or #names == 0 then
        local all = table.concat(wings.NAMES, ', ')
        report.fail('SETTINGS_INVALID', 'SVODKA_WINGS must be some of these, separated by commas: ' .. all)
    end
    return names
end

-- getenv: function(name) -> string | nil. What is empty is not set: box.cfg would take an empty wal_mode for 'write'.
-- Returns {data_dir, listen, user, password, executor_user, executor_password, replication_user, replication_password,
-- peer, is_standby, wal_mode, memtx_memory, task_keep_s, wings, inserts_plainly, supervised}; replication_password and
-- peer may be nil.
function M.read(getenv)
    local function text(name)
        local value = getenv(name)
        return value ~= '' and value or nil
    end
    local function secret(name)
        local file = text(name .. '_FILE')
        local value = text(name)
        if value == nil and file ~= nil then
            value = read_file(name .. '_FILE', file)
        end
        return value ~= '' and value or nil
    end
    local password = secret('SVODKA_TARANTOOL_PASSWORD')
    if password == nil then
        report.fail('SETTINGS_INVALID', 'a password for the application user is needed: SVODKA_TARANTOOL_PASSWORD')
    end
    local peer = text('SVODKA_PEER')
    local replication_password = secret('SVODKA_REPLICATION_PASSWORD')
    if peer ~= nil and replication_password == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_PEER needs SVODKA_REPLICATION_PASSWORD or its _FILE')
    end
    -- It is a part of the address that a replica follows, and Tarantool 2.6 reads no escapes there.
    if replication_password ~= nil and replication_password:find('[^%w%-_.~]') then
        report.fail('SETTINGS_INVALID', 'SVODKA_REPLICATION_PASSWORD may have letters, digits and - _ . ~ only')
    end
    local is_standby = text('SVODKA_STANDBY') == '1'
    if is_standby and peer == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_STANDBY needs SVODKA_PEER')
    end
    local memtx_memory = tonumber(text('SVODKA_MEMTX_MEMORY') or 1024 * 1024 * 1024)
    if memtx_memory == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_MEMTX_MEMORY must be a number of bytes')
    end
    local task_keep_s = tonumber(text('SVODKA_TASK_KEEP') or 30 * 24 * 60 * 60)
    if task_keep_s == nil or task_keep_s < 0 then
        report.fail('SETTINGS_INVALID', 'SVODKA_TASK_KEEP must be a number of seconds')
    end
    return {
        data_dir = text('SVODKA_TARANTOOL_DIR') or '.',
        -- Loopback unless told otherwise: a bare port would bind every address.
        listen = text('SVODKA_TARANTOOL_LISTEN') or '127.0.0.1:3301',
        user = text('SVODKA_TARANTOOL_USER') or 'svodka',
        password = password,
        executor_user = text('SVODKA_EXECUTOR_USER') or 'svodka_executor',
        executor_password = secret('SVODKA_EXECUTOR_PASSWORD') or derive_executor_password(password),
        replication_user = text('SVODKA_REPLICATION_USER') or 'replicator',
        -- Without it nobody can follow this instance.
        replication_password = replication_password,
        -- host:port of the other one of two.
        peer = peer,
        -- With an empty folder: wait for the peer and copy it, never begin as the primary.
        is_standby = is_standby,
        wal_mode = text('SVODKA_WAL_MODE') or 'fsync',
        memtx_memory = memtx_memory,
        -- How long jobs are kept after their end.
        task_keep_s = task_keep_s,
        -- Names of those that are on.
        wings = read_wings(text('SVODKA_WINGS')),
        -- A way out, should the quick ways of bytes/ or the filter index ever be in doubt.
        inserts_plainly = text('SVODKA_INSERT') == 'plain',
        supervised = text('SVODKA_SUPERVISED') == '1',
    }
end

return M
