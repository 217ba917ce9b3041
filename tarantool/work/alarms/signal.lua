-- svodka.alarms.signal: takes signals, any number of them in one transaction. Signals of one source and kind change one
-- row, once a call.

local changes = require('work.alarms.changes')
local clock = require('work.jobs.state.clock')
local limits = require('work.alarms.limits')
local marks = require('work.alarms.marks')
local rows = require('work.alarms.rows')
local watcher = require('work.alarms.watcher')

local M = {}

-- Places in a signal.
local SOURCE, KIND, VALUE, TEXT, AT, BY = 1, 2, 3, 4, 5, 6

local function present(value)
    if value == nil then
        return nil
    end
    return value
end

local function read_signal(signal)
    return {
        source = signal[SOURCE],
        kind = signal[KIND],
        value = present(signal[VALUE]),
        text = present(signal[TEXT]),
        at = present(signal[AT]),
        by = signal[BY],
    }
end

-- What the call knows of one source and kind. blocks: as marks.is_double takes them.
local function subject_of(call, source, kind)
    local of_source = call.subjects[source]
    if of_source == nil then
        of_source = {}
        call.subjects[source] = of_source
    end
    local subject = of_source[kind]
    if subject == nil then
        subject = { alarm = rows.latest(source, kind), blocks = {}, is_changed = false }
        of_source[kind] = subject
        table.insert(call.order, subject)
    end
    return subject
end

local function store(subject)
    if subject.is_changed then
        marks.store(subject.alarm, subject.blocks)
        rows.store(subject.alarm)
    end
    subject.blocks = {}
    subject.is_changed = false
end

local function count(subject, signal, at)
    local alarm = subject.alarm
    alarm.count = alarm.count + 1
    if signal.value ~= nil and (alarm.value == nil or signal.value > alarm.value) then
        alarm.value = signal.value
    end
    if signal.text ~= nil and (alarm.text == nil or at >= alarm.last_at) then
        alarm.text = signal.text
    end
    alarm.last_at = math.max(alarm.last_at, at)
    subject.is_changed = true
end

local function take(call, signal)
    local subject = subject_of(call, signal.source, signal.kind)
    -- A clock that is ahead would keep the alarm open.
    local at = math.min(signal.at or call.now, call.now)
    local alarm = subject.alarm
    if alarm ~= nil and rows.is_quiet(alarm, call.now) then
        store(subject)
        table.insert(call.lines, rows.close(alarm, call.version()))
    end
    if alarm ~= nil and alarm.state == rows.CLOSED and at <= alarm.closed_at then
        -- It belongs to what is over.
        return alarm
    end
    if alarm == nil or alarm.state == rows.CLOSED then
        local line
        alarm, line = rows.open(signal, at, call.version(), signal.by)
        table.insert(call.lines, line)
        subject.alarm, subject.blocks = alarm, {}
    end
    if signal.at ~= nil and marks.is_double(alarm, subject.blocks, signal.at) then
        return alarm
    end
    count(subject, signal, at)
    return alarm
end

local function take_all(signals)
    local call = { now = clock.wall(), subjects = {}, order = {}, lines = {} }
    function call.version()
        call.last_version = box.sequence.alarm_version:next()
        return call.last_version
    end
    local answers = {}
    for i, signal in ipairs(signals) do
        local alarm = take(call, read_signal(signal))
        answers[i] = { alarm.alarm_id, alarm.state }
    end
    for _, subject in ipairs(call.order) do
        if subject.is_changed then
            subject.alarm.version = call.version()
            watcher.expect(subject.alarm.last_at + limits.quiet_s)
        end
        store(subject)
    end
    return answers, call
end

-- signals: {{source, kind, value | nil, text | nil, at | nil, by}, ...}, MAX_SIGNALS at most. Returns {alarm_id, state}
-- for each. All are stored, or none.
function M.signal(signals)
    assert(#signals <= limits.MAX_SIGNALS, 'too many signals')
    local answers, call = box.atomic(take_all, signals)
    changes.write_log(call.lines)
    if call.last_version ~= nil then
        changes.note(call.last_version)
    end
    return answers
end

return M
