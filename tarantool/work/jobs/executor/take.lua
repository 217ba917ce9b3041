-- How an executor comes by jobs: into its free places, by priority and then age. Used by poll and settle.

local errors = require('lib.errors')
local holders = require('work.jobs.state.holders')
local lease = require('work.jobs.lease')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local queue = require('work.jobs.state.queue')
local step = require('work.jobs.state.step')

local M = {}

-- Raises READ_ONLY on an instance that is not the primary: what it knows of leases is not the truth.
function M.require_primary()
    if box.info.ro then
        errors.raise('READ_ONLY')
    end
end

-- Whether there is a ready job for a free place. O(types).
function M.has_work(executor)
    for _, kind in ipairs(queue.TYPES) do
        if holders.free_places(executor, kind) > 0 and queue.has_ready(kind) then
            return true
        end
    end
    return false
end

-- Part of a step: takes jobs for the executor's free places. Returns their rows. O(taken * log n).
function M.fill(current, executor)
    local taken = {}
    for _, kind in ipairs(queue.TYPES) do
        local places = math.min(holders.free_places(executor, kind), limits.MAX_TAKEN - #taken)
        if places > 0 then
            for _, row in ipairs(queue.first(kind, places)) do
                table.insert(taken, moves.take(current, row, executor.name))
            end
        end
    end
    return taken
end

local function give_back_all(current, taken)
    for _, row in ipairs(taken) do
        local held = lease.find(row.id, row.lease)
        if held ~= nil then
            moves.stop(current, held)
        end
    end
end

-- After the commit of a step that took jobs: returns them, or none when the caller's connection ended while the log was
-- written. It cannot have got the answer then, and they are given back uncounted.
function M.keep_if_heard(taken)
    if #taken == 0 or box.session.exists(box.session.id()) then
        return taken
    end
    step.run(give_back_all, taken)
    return {}
end

return M
