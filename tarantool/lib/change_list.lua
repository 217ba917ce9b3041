-- A list of the latest changes of something, in memory, read by long polls.

local clock = require('clock')
local fiber = require('fiber')

local M = {}

local function last_one(_, value)
    return value
end

-- max_kept: number of changes kept; a reader that falls further behind has to read the data itself. merge:
-- function(earlier | nil, value) -> value combines the values of one key; by default the last one wins. Returns the
-- functions below.
function M.create(max_kept, merge)
    merge = merge or last_one
    -- Differs between processes, so that positions in the list of an earlier process are detected.
    local epoch = math.floor(clock.time() * 1000000)
    local log = {}
    local last = 0
    local changed = fiber.cond()
    local list = {}

    -- Call after the commit of the change. O(1), does not yield.
    function list.note(key, value)
        last = last + 1
        log[last] = { key, value }
        log[last - max_kept] = nil
        changed:broadcast()
    end

    -- Makes all readers read the data themselves: changes may be missing here. O(1), does not yield.
    function list.forget()
        epoch = epoch + 1
        changed:broadcast()
    end

    local function changes_after(place)
        local value_of = {}
        for i = place + 1, last do
            local key = tonumber(log[i][1])
            value_of[key] = merge(value_of[key], log[i][2])
        end
        local flat = {}
        for key, value in pairs(value_of) do
            table.insert(flat, key)
            table.insert(flat, value)
        end
        return flat
    end

    -- Returns the changes after the place that an earlier call returned; waits for one if there are none, at most
    -- timeout_seconds. Returns epoch, place, and a flat list {key, value, ...} in no particular order, with each key
    -- once. The list is nil if the changes are unknown: for a reader without a place, one too far behind, or one from
    -- before a restart. O(changes).
    function list.wait(known_epoch, place, timeout_seconds)
        if known_epoch ~= epoch or place < last - max_kept then
            return epoch, last, nil
        end
        if place >= last then
            changed:wait(timeout_seconds)
        end
        -- The reader may have fallen behind while waiting.
        if known_epoch ~= epoch or place < last - max_kept then
            return epoch, last, nil
        end
        return epoch, last, changes_after(place)
    end

    return list
end

-- The same for values of which 0 means that the key is gone, and a larger one says more: a change is not hidden by a
-- lesser one after it, nor is a removal.
function M.create_ranked(max_kept)
    return M.create(max_kept, function(earlier, value)
        if earlier == nil or value == 0 then
            return value
        end
        return math.max(earlier, value)
    end)
end

return M
