-- A list of the last changes of something, in memory, read by long polls.

local clock = require('clock')
local fiber = require('fiber')

local M = {}

local function last_one(_, value)
    return value
end

-- max_kept: a reader that is further behind looks at what it watches by itself.
-- merge: function(earlier | nil, value) -> value, of one key; the last one when missing.
-- Returns the functions below.
function M.create(max_kept, merge)
    merge = merge or last_one
    -- Another after each start, so that a place in the list of an earlier process is recognised.
    local epoch = math.floor(clock.time() * 1000000)
    local log = {}
    local last = 0
    local changed = fiber.cond()
    local list = {}

    -- Called after the commit of the change. O(1), without a yield.
    function list.note(key, value)
        last = last + 1
        log[last] = { key, value }
        log[last - max_kept] = nil
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

    -- Returns at once what changed after the place that an earlier call answered, and otherwise when something does, at
    -- the latest after timeout_seconds. Returns epoch, place, and a flat list {key, value, ...} in no order, with
    -- each key once; nil instead of the list when it is not known what changed: for a reader that has no place yet, is
    -- too far behind, or was there before a restart. O(changes).
    function list.wait(known_epoch, place, timeout_seconds)
        if known_epoch ~= epoch or place < last - max_kept then
            return epoch, last, nil
        end
        if place >= last then
            changed:wait(timeout_seconds)
        end
        -- Meanwhile it may have fallen behind.
        if place < last - max_kept then
            return epoch, last, nil
        end
        return epoch, last, changes_after(place)
    end

    return list
end

return M
