-- Metrics of the database: the values are correct, and collecting them is cheap.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local clock = require('clock')
local ffi = require('ffi')
local fiber = require('fiber')
local support = require('support')
local imports = require('census.imports')
local measurements = require('metrics')

support.start_app()
measurements.start()

-- The number of event loop samples at least this late, since the start.
local function late_looks(min_seconds)
    local lateness = measurements.read().lateness
    local looks = 0
    for i, count in ipairs(lateness.counts) do
        if i > #lateness.bounds or lateness.bounds[i] > min_seconds then
            looks = looks + count
        end
    end
    return looks
end

local function hold_the_thread(seconds)
    local until_then = clock.monotonic() + seconds
    while clock.monotonic() < until_then do
    end
end

support.run('measurements', {
    {
        'imports are counted by state, and spaces have their rows and bytes',
        function(t)
            local session = support.connect()
            local deleted = support.import(support.rows(1, 1000))
            support.import(support.rows(1, 10))
            session:call('svodka.imports.stage', { support.rows(1, 5), 100 })
            local before = measurements.read()
            t:is_deeply(before.rooms.imports, { published = 2, staging = 1, deleted = 0 })
            t:is(before.spaces.citizens.rows, 1015)
            t:ok(before.spaces.citizens.data_bytes > 1015 * 30)
            t:ok(before.spaces.citizens.index_bytes > 0)
            t:is(before.spaces._space, nil, 'none of Tarantool itself')
            imports.delete(deleted)
            t:is_deeply(measurements.read().rooms.imports, { published = 1, staging = 1, deleted = 1 })
            session:close()
            support.wait_until(function()
                local now = measurements.read().rooms.imports
                return now.staging + now.deleted == 0
            end)
        end,
    },
    {
        'memory is of the quota, and grows with what is stored',
        function(t)
            local before = measurements.read().memory
            t:ok(before.quota_bytes >= 64 * 1024 * 1024)
            support.import(support.rows(1, 20000))
            local after = measurements.read().memory
            t:ok(after.items_used_bytes > before.items_used_bytes + 20000 * 50)
            t:ok(after.arena_used_bytes <= after.quota_bytes)
            t:ok(after.lua_bytes > 0)
        end,
    },
    {
        'the log moves with each write, and operations are counted',
        function(t)
            local before = measurements.read()
            support.import(support.rows(1, 10))
            local after = measurements.read()
            t:ok(after.server.lsn > before.server.lsn)
            t:ok(after.operations.insert > before.operations.insert)
            t:ok(after.server.uptime_seconds >= 0)
            t:is(after.server.is_read_only, false)
        end,
    },
    {
        'who holds the thread is seen in how late the others wake',
        function(t)
            local before = late_looks(0.25)
            local session = support.connect()
            session:call('svodka.metrics')
            hold_the_thread(0.4)
            session:close()
            support.wait_until(function()
                return late_looks(0.25) > before
            end)
            t:ok(measurements.read().lateness.sum >= 0.25)
        end,
    },
    {
        'while no procedure is called nothing is measured, and each call is measured',
        function(t)
            local function count()
                local looks = 0
                for _, number in ipairs(measurements.read().lateness.counts) do
                    looks = looks + number
                end
                return looks
            end
            local session = support.connect()
            session:call('svodka.metrics')
            local before = count()
            support.wait_until(function()
                return count() > before
            end)
            -- The last call may be followed by one more sample.
            fiber.sleep(0.2)
            before = count()
            fiber.sleep(0.5)
            t:is(count(), before)
            session:call('svodka.metrics')
            support.wait_until(function()
                return count() > before
            end)
            session:close()
        end,
    },
    {
        'the data folder is looked at: what is in it and how much more would fit',
        function(t)
            support.wait_until(function()
                return measurements.read().folder.log_files ~= nil
            end)
            local folder = measurements.read().folder
            t:ok(folder.log_files >= 1)
            t:ok(folder.snapshot_files >= 1)
            t:ok(folder.snapshot_bytes > 0)
            t:ok(math.abs(folder.snapshot_at - fiber.time()) < 600, 'seconds of the epoch')
            if ffi.os == 'Linux' then
                t:ok(folder.free_bytes > 0)
                t:ok(folder.free_bytes <= folder.size_bytes)
            end
        end,
    },
    {
        'a lone server follows nobody and is followed by nobody',
        function(t)
            local read = measurements.read()
            t:is(next(read.upstreams), nil)
            t:is(next(read.downstreams), nil)
        end,
    },
    {
        'asking neither yields nor takes long, with hundreds of fibers too',
        function(t)
            for _ = 1, 200 do
                fiber.create(fiber.sleep, 100)
            end
            fiber.sleep(0)
            local function switches()
                return fiber.info({ bt = false })[fiber.id()].csw
            end
            local start = switches()
            local least = math.huge
            for _ = 1, 20 do
                local asked = clock.monotonic()
                measurements.read()
                least = math.min(least, clock.monotonic() - asked)
            end
            t:is(switches(), start)
            t:ok(least < 0.001, 'under a millisecond: ' .. least)
        end,
    },
})
