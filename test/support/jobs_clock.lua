-- tarantool/app.lua with a job engine whose clock only tests advance, and procedures that inspect the engine.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local alarm_watcher = require('work.alarms.watcher')
local exports = require('exports')
local fiber = require('fiber')
local clock = require('work.jobs.state.clock')
local moves = require('work.jobs.state.moves')
local step = require('work.jobs.state.step')
local wakeups = require('work.jobs.state.wakeups')

local LOOK_EVERY_SECONDS = 0.001

-- Set by tests that restart Tarantool, to continue at the same time.
local now_s = tonumber(os.getenv('SVODKA_TEST_NOW') or 1800000000)

function clock.wall()
    return now_s
end

function clock.steady()
    return now_s
end

-- Advances the engine's clock and waits until its timer and the watcher of alarms have done what is due.
exports.common['svodka.test.advance'] = function(seconds)
    now_s = now_s + seconds
    wakeups.wake()
    alarm_watcher.wake()
    while not (wakeups.is_asleep() and alarm_watcher.is_asleep()) do
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
    return now_s
end

local function end_one(current, row)
    local marked = moves.cancel(current, row, 'a test')
    if marked.status == moves.WORKING then
        moves.stop(current, marked)
    end
end

-- Ends all open jobs.
exports.common['svodka.test.end_all'] = function()
    for _, status in ipairs({ moves.ENQUEUED, moves.WORKING }) do
        for _, row in ipairs(box.space.jobs.index.status:select({ status })) do
            step.run(end_one, row)
        end
    end
end

-- Compares the kept counts of jobs with the rows. Returns a list of mismatches, empty if there are none.
exports.common['svodka.test.count_faults'] = function()
    local counted = {}
    for _, row in box.space.jobs:pairs() do
        local key = table.concat({ row.user, row.type, row.status }, ' ')
        counted[key] = (counted[key] or 0) + 1
    end
    local faults = {}
    for _, row in box.space.job_counts:pairs() do
        local key = table.concat({ row.user, row.type, row.status }, ' ')
        if (counted[key] or 0) ~= row.count then
            table.insert(faults, ('%s: %d kept, %d counted'):format(key, row.count, counted[key] or 0))
        end
        counted[key] = nil
    end
    for key in pairs(counted) do
        table.insert(faults, key .. ': not kept')
    end
    return faults
end

-- The number of the engine's rows by space.
exports.common['svodka.test.job_rows'] = function()
    local rows = {}
    for _, name in ipairs({ 'jobs', 'job_history', 'job_payloads', 'job_ready', 'job_waiting', 'job_keys' }) do
        rows[name] = box.space[name]:len()
    end
    rows.job_pieces = #box.space.job_pieces:select({}, { limit = 1000 })
    rows.job_leftovers = box.space.job_leftovers:len()
    return rows
end

dofile(tarantool_dir .. '/app.lua')
