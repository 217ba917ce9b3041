-- Shared by the engine's Lua tests: specs, and a clock that the tests advance.

local fio = require('fio')
local json = require('json')
local uuid = require('uuid')

package.path = fio.dirname(fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))) .. '/?.lua;' .. package.path
local support = require('support')
local clock = require('work.jobs.state.clock')
local system_clock = require('clock')
local wakeups = require('work.jobs.state.wakeups')

local M = {}

local moved_s = 0

function clock.wall()
    return system_clock.time() + moved_s
end

function clock.steady()
    return system_clock.monotonic() + moved_s
end

local PLACES = {
    task_id = 1,
    name = 2,
    type = 3,
    user = 4,
    script = 5,
    args = 6,
    meta = 7,
    priority = 8,
    max_attempts = 9,
    backoff_s = 10,
    timeout_s = 11,
    memory_mb = 12,
    run_at = 13,
    key = 14,
}

-- A spec as svodka.jobs.create takes it; changes: {[field] = value}.
function M.spec(changes)
    local task_id = uuid.str()
    local spec = { task_id, task_id, 'script', 'gomer', 'a.b', '{}', {}, 0, 1, 1, 60, 256, box.NULL, box.NULL }
    for field, value in pairs(changes or {}) do
        spec[PLACES[field]] = value
    end
    return spec
end

-- Stores jobs whose specs have these changes; returns their rows.
function M.create(...)
    local specs = {}
    for i, changes in ipairs({ ... }) do
        specs[i] = M.spec(changes)
    end
    local rows = {}
    for i, outcome in ipairs(require('work.jobs.create').create(specs)) do
        rows[i] = outcome[1] and outcome[2] or error(outcome[2])
    end
    return unpack(rows)
end

-- Takes jobs for an executor with this many places, without waiting; returns rows.
function M.take(places, executor, kind)
    local _, _, taken =
        require('work.jobs.executor.poll').poll(executor or 'e1', { [kind or 'script'] = places or 1 }, 0)
    return taken
end

-- The verdict on one outcome reported for a row's lease.
function M.settle(row, kind, body)
    local _, verdicts = require('work.jobs.executor.settle').settle('e1', { { row.id, row.lease, kind, body } })
    return verdicts[1]
end

-- Advances the engine's clock and waits until its timer has done what is due.
function M.advance(seconds)
    moved_s = moved_s + seconds
    wakeups.wake()
    support.wait_until(wakeups.is_asleep)
end

function M.row(id)
    return box.space.jobs:get({ id })
end

-- The job's statuses with attempt, cause and author: 'working 1 by e1'.
function M.history(id)
    local texts = {}
    local _, rows = require('work.jobs.history').of_job(id, nil, 1000)
    for i, entry in ipairs(rows) do
        local cause = entry.cause ~= nil and ' ' .. json.decode(entry.cause).kind or ''
        texts[i] = ('%s %d%s by %s'):format(entry.status, entry.attempt, cause, entry.by)
    end
    return texts
end

return M
