-- svodka.alarms.ack: notes that somebody has seen an alarm.

local changes = require('work.alarms.changes')
local clock = require('work.jobs.state.clock')
local errors = require('lib.errors')
local rows = require('work.alarms.rows')

local M = {}

local function acknowledge(alarm_id, by, note)
    local row = box.space.alarms:get({ alarm_id })
    if row == nil then
        errors.raise('ALARM_NOT_FOUND')
    elseif row.acked_by ~= nil and note == nil then
        return row
    end
    local alarm = rows.from(row)
    alarm.acked_by, alarm.acked_at, alarm.note = by, clock.wall(), note
    alarm.version = box.sequence.alarm_version:next()
    rows.store(alarm)
    local line = changes.record(alarm, 'acked', alarm.acked_at, by, note)
    return box.space.alarms:get({ alarm_id }), line
end

-- Returns the alarm. note: nil for none. A later acknowledgement with a note replaces an earlier one; without a note it
-- changes nothing. Raises ALARM_NOT_FOUND.
function M.ack(alarm_id, by, note)
    local row, line = box.atomic(acknowledge, alarm_id, by, note)
    if line ~= nil then
        changes.write_log({ line })
        changes.note(row.version)
    end
    return row
end

return M
