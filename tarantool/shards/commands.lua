-- The commands of bin/svodka-shards. Each is {arguments = how many it takes, run = function(data_dir, ...) -> a text
-- for people}; run raises a sentence.

local fiber = require('fiber')
local json = require('json')
local control = require('process.control')

-- A reload or bootstrap asks every set; a bucket of a million citizens takes up to a minute to move.
local TIMEOUT_SECONDS = 120
local MOVES_SECONDS = 600
local LOOK_EVERY_SECONDS = 0.5

local function try(data_dir, request)
    local result, connection = control.ask(data_dir, request, TIMEOUT_SECONDS)
    if result == nil then
        return nil, connection
    end
    connection:close()
    result.ok = nil
    return result
end

local function ask(data_dir, request)
    local result, reason = try(data_dir, request)
    if result == nil then
        error(reason, 0)
    end
    return result
end

local function switch_rebalancer(data_dir, to)
    if to ~= 'on' and to ~= 'off' then
        error('rebalancer on, or rebalancer off', 0)
    end
    local request = { command = 'rebalancer', is_on = to == 'on' }
    local deadline = fiber.clock() + MOVES_SECONDS
    while ask(data_dir, request).is_moving and to == 'off' do
        if fiber.clock() > deadline then
            error('the rebalancer is off, but a bucket is still moving', 0)
        end
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
    return 'the rebalancer is ' .. to
end

return {
    status = {
        arguments = 0,
        run = function(data_dir)
            -- A router has no command `shard`.
            local storage = try(data_dir, { command = 'shard' })
            return json.encode(storage or ask(data_dir, { command = 'health' }))
        end,
    },
    reload = {
        arguments = 0,
        run = function(data_dir)
            ask(data_dir, { command = 'reload_topology' })
            return 'the topology was read again'
        end,
    },
    bootstrap = {
        arguments = 0,
        run = function(data_dir)
            return json.encode(ask(data_dir, { command = 'bootstrap' }))
        end,
    },
    rebalancer = { arguments = 1, run = switch_rebalancer },
    ['give-up'] = {
        arguments = 2,
        run = function(data_dir, bucket, set)
            ask(data_dir, { command = 'give_up_bucket', bucket = bucket, set = set })
            return ('bucket %s is on the set %s alone'):format(bucket, set)
        end,
    },
    send = {
        arguments = 2,
        run = function(data_dir, bucket, set)
            local moved =
                ask(data_dir, { command = 'send_bucket', bucket = bucket, set = set, timeout_s = TIMEOUT_SECONDS })
            return ('bucket %s was moved to %s in %.1f s'):format(bucket, set, moved.seconds)
        end,
    },
}
