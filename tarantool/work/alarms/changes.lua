-- Changes of alarms: their rows, the log, and those who follow them.

local log = require('log')
local change_list = require('lib.change_list')

local M = {}

-- The only key: followers read everything after the version that they know.
local ANY = 0
local MAX_KEPT = 1024

local list = change_list.create(MAX_KEPT)

M.wait = list.wait

-- After the commit: the alarms have changed up to this version.
function M.note(version)
    list.note(ANY, version)
end

-- Part of a transaction. Returns a line for the log, which is written after the commit.
function M.record(alarm, what, at, by, note)
    box.space.alarm_changes:insert({ box.NULL, alarm.alarm_id, what, at, by, note ~= nil and note or box.NULL })
    return ('alarm %d %s: %s of %s, by %s'):format(alarm.alarm_id, what, alarm.kind, alarm.source, by)
end

-- At the level at which the service passes lines of its Tarantool on.
function M.write_log(lines)
    for _, line in ipairs(lines) do
        log.warn('%s', line)
    end
end

-- What happened to one alarm, oldest first.
function M.of_alarm(alarm_id)
    return box.space.alarm_changes.index.alarm:select({ alarm_id })
end

return M
