-- settings: values from the environment, and defaults.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local settings = require('process.settings')

support.start_box()

local function read(environment)
    return settings.read(function(name)
        return environment[name]
    end)
end

-- test/unit/db/passwords.test.ts uses the same values.
local DERIVED_FROM_P = 'llg6u66zg9L-EOEzEjIqpw4ZMXBkMM3g'

local NAMES = {
    'SVODKA_TARANTOOL_DIR',
    'SVODKA_TARANTOOL_LISTEN',
    'SVODKA_TARANTOOL_USER',
    'SVODKA_TARANTOOL_PASSWORD_FILE',
    'SVODKA_EXECUTOR_USER',
    'SVODKA_EXECUTOR_PASSWORD',
    'SVODKA_EXECUTOR_PASSWORD_FILE',
    'SVODKA_REPLICATION_USER',
    'SVODKA_REPLICATION_PASSWORD',
    'SVODKA_REPLICATION_PASSWORD_FILE',
    'SVODKA_PEER',
    'SVODKA_STANDBY',
    'SVODKA_WAL_MODE',
    'SVODKA_MEMTX_MEMORY',
    'SVODKA_INSERT',
    'SVODKA_TASK_KEEP',
    'SVODKA_ALARM_QUIET',
    'SVODKA_VOTES',
    'SVODKA_CASE_HOLD',
    'SVODKA_VOTE_REWARD',
    'SVODKA_WINGS',
    'SVODKA_SUPERVISED',
    'SVODKA_SHARDS',
    'SVODKA_INSTANCE',
    'SVODKA_SHARDS_PASSWORD',
    'SVODKA_SHARDS_PASSWORD_FILE',
    'SVODKA_VSHARD_PATH',
}

support.run('settings', {
    {
        'what is not set has a default, by which acknowledged writes survive a power cut',
        function(t)
            t:is_deeply(read({ SVODKA_TARANTOOL_PASSWORD = 'p' }), {
                data_dir = '.',
                listen = '127.0.0.1:3301',
                user = 'svodka',
                password = 'p',
                executor_user = 'svodka_executor',
                executor_password = DERIVED_FROM_P,
                replication_user = 'replicator',
                is_standby = false,
                wal_mode = 'fsync',
                memtx_memory = 1024 * 1024 * 1024,
                task_keep_s = 30 * 24 * 60 * 60,
                alarm_quiet_s = 300,
                votes = 3,
                case_hold_s = 1800,
                vote_reward = 1000000,
                wings = { 'census', 'work', 'traffic' },
                inserts_plainly = false,
                supervised = false,
            })
        end,
    },
    {
        'wings are some of those that there are, in the order of the house',
        function(t)
            local function wings(text)
                return read({ SVODKA_TARANTOOL_PASSWORD = 'p', SVODKA_WINGS = text }).wings
            end
            t:is_deeply(wings('work'), { 'work' })
            t:is_deeply(wings(' work , census,'), { 'census', 'work' })
        end,
    },
    {
        'what is set to nothing is not set',
        function(t)
            local environment = { SVODKA_TARANTOOL_PASSWORD = 'p' }
            local expected = read(environment)
            for _, name in ipairs(NAMES) do
                environment[name] = ''
            end
            t:is_deeply(read(environment), expected)
        end,
    },
    {
        'the password of the executors may be set',
        function(t)
            local given = read({ SVODKA_TARANTOOL_PASSWORD = 'p', SVODKA_EXECUTOR_PASSWORD = 'e' })
            t:is(given.executor_password, 'e')
        end,
    },
})
