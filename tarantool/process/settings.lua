-- Reads the environment into one table of settings. No other Lua code reads the environment.

local digest = require('digest')
local report = require('process.report')
local wings = require('wings')

local M = {}

-- The same as in app/db/passwords.ts. The application's password must not be found by guessing words if the executor's
-- becomes known; 10,000 rounds take about 10 ms.
local DERIVATION_SALT = 'svodka executor'
local DERIVATION_ROUNDS = 10000
local DERIVATION_BYTES = 24

-- The default password of the executor: both sides derive it from the application's.
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

local function require_plain(name, password)
    if password ~= nil and password:find('[^%w%-_.~]') then
        report.fail('SETTINGS_INVALID', name .. ' may have letters, digits and - _ . ~ only')
    end
end

-- `census,work` -> their names, in a fixed order. All wings if the setting is missing.
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

-- getenv: function(name) -> string | nil. An empty value counts as missing: box.cfg would treat an empty wal_mode as
-- 'write'. Returns {data_dir, listen, user, password, executor_user, executor_password, replication_user,
-- replication_password, peer, is_standby, wal_mode, memtx_memory, task_keep_s, alarm_quiet_s, votes,
-- case_hold_s, vote_reward, wings, inserts_plainly, supervised, shards, instance, shards_password, vshard_path};
-- replication_password, peer and the last four may be nil.
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
    local shards = text('SVODKA_SHARDS')
    local shards_password = secret('SVODKA_SHARDS_PASSWORD')
    if shards ~= nil and shards_password == nil then
        report.fail('SETTINGS_INVALID', 'SVODKA_SHARDS needs SVODKA_SHARDS_PASSWORD or its _FILE')
    end
    -- These passwords become parts of URIs, in which Tarantool 2.6 supports no escapes.
    require_plain('SVODKA_REPLICATION_PASSWORD', replication_password)
    require_plain('SVODKA_SHARDS_PASSWORD', shards_password)
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
    local votes = tonumber(text('SVODKA_VOTES') or 3)
    if votes == nil or votes < 1 or votes % 2 ~= 1 then
        report.fail('SETTINGS_INVALID', 'SVODKA_VOTES must be an odd number')
    end
    local case_hold_s = tonumber(text('SVODKA_CASE_HOLD') or 30 * 60)
    if case_hold_s == nil or case_hold_s <= 0 then
        report.fail('SETTINGS_INVALID', 'SVODKA_CASE_HOLD must be a number of seconds')
    end
    local vote_reward = tonumber(text('SVODKA_VOTE_REWARD') or 1)
    if vote_reward == nil or vote_reward < 0 then
        report.fail('SETTINGS_INVALID', 'SVODKA_VOTE_REWARD must be a number that is not negative')
    end
    local alarm_quiet_s = tonumber(text('SVODKA_ALARM_QUIET') or 300)
    if alarm_quiet_s == nil or alarm_quiet_s <= 0 then
        report.fail('SETTINGS_INVALID', 'SVODKA_ALARM_QUIET must be a number of seconds over 0')
    end
    return {
        data_dir = text('SVODKA_TARANTOOL_DIR') or '.',
        -- Loopback by default: a bare port would bind every address.
        listen = text('SVODKA_TARANTOOL_LISTEN') or '127.0.0.1:3301',
        user = text('SVODKA_TARANTOOL_USER') or 'svodka',
        password = password,
        executor_user = text('SVODKA_EXECUTOR_USER') or 'svodka_executor',
        executor_password = secret('SVODKA_EXECUTOR_PASSWORD') or derive_executor_password(password),
        replication_user = text('SVODKA_REPLICATION_USER') or 'replicator',
        -- Without it no replica can follow this instance.
        replication_password = replication_password,
        -- host:port of the other instance of a pair.
        peer = peer,
        -- With an empty folder: wait for the peer and copy its data, never start as the primary.
        is_standby = is_standby,
        wal_mode = text('SVODKA_WAL_MODE') or 'fsync',
        memtx_memory = memtx_memory,
        -- How long ended jobs are kept.
        task_keep_s = task_keep_s,
        -- How long after its last signal an alarm closes.
        alarm_quiet_s = alarm_quiet_s,
        -- Votes that decide a case at one level.
        votes = votes,
        -- How long a specialist has for a vote.
        case_hold_s = case_hold_s,
        -- For a right vote, in millionths.
        vote_reward = math.floor(vote_reward * 1000000 + 0.5),
        -- Names of the wings that are switched on.
        wings = read_wings(text('SVODKA_WINGS')),
        -- Disables the fast paths of bytes/ and the filter index, in case they are ever suspected of a fault.
        inserts_plainly = text('SVODKA_INSERT') == 'plain',
        supervised = text('SVODKA_SUPERVISED') == '1',
        -- For storages and routers: the file of shards/topology.lua, the name of this instance in it, the password of
        -- its user, and the folder that contains vshard/init.lua.
        shards = shards,
        instance = text('SVODKA_INSTANCE'),
        shards_password = shards_password,
        vshard_path = text('SVODKA_VSHARD_PATH'),
    }
end

return M
