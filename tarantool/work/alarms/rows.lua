-- The rows of alarms, and how they are opened and closed. All functions are parts of a transaction.

local changes = require('work.alarms.changes')
local limits = require('work.alarms.limits')
local marks = require('work.alarms.marks')

local M = {}

M.OPEN, M.CLOSED = 'open', 'closed'
M.ENGINE = 'engine'

local FIELDS = {
    'alarm_id',
    'source',
    'kind',
    'state',
    'count',
    'value',
    'text',
    'opened_at',
    'last_at',
    'closed_at',
    'acked_by',
    'acked_at',
    'note',
    'version',
    'marks_floor',
}

-- A row as a table that can be changed.
function M.from(row)
    local alarm = {}
    for place, name in ipairs(FIELDS) do
        alarm[name] = row[place]
    end
    return alarm
end

-- The latest alarm of this source and kind, or nil.
function M.latest(source, kind)
    local row = box.space.alarms.index.kind:max({ source, kind })
    return row ~= nil and M.from(row) or nil
end

function M.store(alarm)
    local row = {}
    for place, name in ipairs(FIELDS) do
        local value = alarm[name]
        row[place] = value == nil and box.NULL or value
    end
    box.space.alarms:replace(row)
    if alarm.state == M.OPEN then
        box.space.alarms_open:replace({ alarm.alarm_id, alarm.last_at })
    else
        box.space.alarms_open:delete({ alarm.alarm_id })
    end
end

-- Returns an alarm that is not stored yet, and a line for the log.
function M.open(signal, at, version, by)
    local alarm = {
        alarm_id = box.sequence.alarm_id:next(),
        source = signal.source,
        kind = signal.kind,
        state = M.OPEN,
        count = 0,
        opened_at = at,
        last_at = at,
        version = version,
        marks_floor = 0,
    }
    return alarm, changes.record(alarm, 'opened', at, by)
end

function M.is_quiet(alarm, now)
    return alarm.state == M.OPEN and now >= alarm.last_at + limits.quiet_s
end

-- Closes an alarm as of the moment at which it was due, and stores it. Returns a line for the log.
function M.close(alarm, version)
    alarm.state = M.CLOSED
    alarm.closed_at = alarm.last_at + limits.quiet_s
    alarm.version = version
    alarm.marks_floor = 0
    marks.remove(alarm.alarm_id)
    M.store(alarm)
    return changes.record(alarm, 'closed', alarm.closed_at, M.ENGINE)
end

return M
