-- Which signals an open alarm has counted already, by their times: a signal that is sent twice counts once.

local limits = require('work.alarms.limits')

local M = {}

-- The times of one second of an alarm, read once for all signals of a call.
local function load_second(alarm_id, second)
    local row = box.space.alarm_marks:get({ alarm_id, second })
    local block = { known = {}, added = {}, count = 0, is_stored = row ~= nil }
    for place, at in ipairs(row or {}) do
        if place > 2 then
            block.known[at] = true
            block.count = block.count + 1
        end
    end
    return block
end

-- blocks: {[second] = block} of the alarm, filled here. Returns whether the signal has been counted, and remembers it.
-- One that is older than what is remembered cannot be told from one that was sent before, and is not counted.
function M.is_double(alarm, blocks, at)
    local second = math.floor(at)
    if second < alarm.marks_floor then
        return true
    end
    local block = blocks[second]
    if block == nil then
        block = load_second(alarm.alarm_id, second)
        blocks[second] = block
    end
    if block.known[at] then
        return true
    end
    if block.count < limits.MAX_MARKS then
        block.known[at] = true
        block.count = block.count + 1
        table.insert(block.added, at)
    end
    return false
end

local function store(alarm_id, second, block)
    if #block.added == 0 then
        return
    end
    if not block.is_stored then
        box.space.alarm_marks:insert({ alarm_id, second, unpack(block.added) })
        return
    end
    -- The log has what is added, not the whole row.
    local operations = {}
    local place = 2 + block.count - #block.added
    for i, at in ipairs(block.added) do
        operations[i] = { '!', place + i, at }
    end
    box.space.alarm_marks:update({ alarm_id, second }, operations)
end

-- Part of a transaction: stores what is_double has added, and forgets the oldest seconds beyond the bound.
function M.store(alarm, blocks)
    for second, block in pairs(blocks) do
        store(alarm.alarm_id, second, block)
    end
    local pk = box.space.alarm_marks.index.pk
    for _ = 1, pk:count({ alarm.alarm_id }) - limits.MAX_MARKED_SECONDS do
        local oldest = pk:min({ alarm.alarm_id })
        box.space.alarm_marks:delete({ oldest.alarm_id, oldest.second })
        alarm.marks_floor = oldest.second + 1
    end
end

-- Part of a transaction: what a closed alarm does not need.
function M.remove(alarm_id)
    for _, row in ipairs(box.space.alarm_marks:select({ alarm_id })) do
        box.space.alarm_marks:delete({ alarm_id, row.second })
    end
end

return M
