-- Alarms: one for each source and kind, while signals keep coming (docs/workflows.md).

local ack = require('work.alarms.ack')
local changes = require('work.alarms.changes')
local limits = require('work.alarms.limits')
local list = require('work.alarms.list')
local signal = require('work.alarms.signal')
local watcher = require('work.alarms.watcher')

local M = {}

-- On a primary. settings: {alarm_quiet_s, task_keep_s}.
function M.start(settings)
    limits.quiet_s = settings.alarm_quiet_s or limits.quiet_s
    limits.keep_s = settings.task_keep_s or limits.keep_s
    watcher.start()
end

M.measure = list.measure

M.procedures = {
    ['svodka.alarms.signal'] = signal.signal,
    ['svodka.alarms.ack'] = ack.ack,
    ['svodka.alarms.list'] = list.list,
    ['svodka.alarms.since'] = list.since,
    ['svodka.alarms.history'] = list.history,
    ['svodka.alarms.changes'] = changes.wait,
}

return M
