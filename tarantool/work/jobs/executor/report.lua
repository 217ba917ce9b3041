-- svodka.jobs.report: progress and log of many jobs at once.

local changes = require('work.jobs.state.changes')
local clock = require('work.jobs.state.clock')
local holders = require('work.jobs.state.holders')
local lease = require('work.jobs.lease')
local limits = require('work.jobs.state.limits')
local log = require('work.jobs.log')
local step = require('work.jobs.state.step')
local take = require('work.jobs.executor.take')

local M = {}

-- Places in a report (docs/engine.md).
local ID, LEASE, PROGRESS, AT, TEXT = 1, 2, 3, 4, 5

local function require_limits(reports)
    limits.require_at_most('reports', #reports, limits.MAX_REPORTS)
    local bytes = 0
    for _, report in ipairs(reports) do
        if report[TEXT] ~= nil then
            limits.require_at_most('bytes of a log piece', #report[TEXT], limits.MAX_PIECE_BYTES)
            bytes = bytes + #report[TEXT]
        end
    end
    limits.require_at_most('bytes of log', bytes, limits.MAX_REPORT_BYTES)
end

-- Stores progress, and reserves the place of the log piece. Returns whether the job is the caller's.
local function note(current, report)
    local row = lease.find(report[ID], report[LEASE])
    if row == nil then
        return false
    end
    local operations = { { '=', 'updated', math.max(clock.wall(), row.updated) } }
    if report[PROGRESS] ~= nil then
        table.insert(operations, { '=', 'progress', report[PROGRESS] })
        step.changed(current, row.id, changes.PROGRESS)
    end
    if report[TEXT] ~= nil then
        local new_end = math.max(row.log_end, report[AT] + #report[TEXT])
        table.insert(operations, { '=', 'log_end', new_end })
        log.trim(row.id, log.OWN, row.log_end, new_end)
    end
    box.space.jobs:update({ row.id }, operations)
    return true
end

local function note_all(current, reports)
    local lost, pieces = {}, {}
    for _, report in ipairs(reports) do
        if not note(current, report) then
            table.insert(lost, report[ID])
        elseif report[TEXT] ~= nil then
            table.insert(pieces, { id = report[ID], stream = log.OWN, at = report[AT], text = report[TEXT] })
        end
    end
    log.begin_in(current, pieces)
    return lost, pieces
end

-- reports: as docs/engine.md describes them. Returns the steady clock, and a list of ids that are not the caller's any
-- more. One transaction, and a second one when there is log. Raises READ_ONLY, OUT_OF_MEMORY, WAL_FAILED: then it is
-- to be sent again.
function M.report(executor_name, reports)
    take.require_primary()
    holders.executor(executor_name)
    require_limits(reports)
    local lost, pieces = step.run(note_all, reports)
    if #pieces > 0 then
        log.write(pieces)
    end
    return clock.steady(), lost
end

return M
