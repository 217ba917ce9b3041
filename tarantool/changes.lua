-- What changed lately, for those who watch: one list in memory for all imports, read by long polls.

local clock = require('clock')
local fiber = require('fiber')

local M = {}

-- The version that stands for an import which is no more.
M.GONE = 0

-- A reader who is further behind looks at what it watches by itself.
M.MOST_KEPT = 4096

-- Another after each start, so that a place in the list of an earlier process is known for one.
local epoch = math.floor(clock.time() * 1000000)
local log = {}
local last = 0
local changed = fiber.cond()

-- To be called when the change is committed. O(1), without a yield.
function M.note(import_id, version)
    last = last + 1
    log[last] = { import_id, version }
    log[last - M.MOST_KEPT] = nil
    changed:broadcast()
end

local function versions_after(place)
    local version_of = {}
    for i = place + 1, last do
        version_of[tonumber(log[i][1])] = log[i][2]
    end
    local flat = {}
    for import_id, version in pairs(version_of) do
        table.insert(flat, import_id)
        table.insert(flat, version)
    end
    return flat
end

-- Returns at once what changed behind the place that an earlier call answered, and otherwise when something does, at
-- the latest after timeout_seconds. Returns epoch, place, and a flat list {import_id, version, ...} in no order, with
-- each import once, under its last version or GONE; nil instead of the list when it is not known what changed:
-- for who has no place yet, is too far behind, or was there before a restart. O(changes).
function M.wait(known_epoch, place, timeout_seconds)
    if known_epoch ~= epoch or place < last - M.MOST_KEPT then
        return epoch, last, nil
    end
    if place >= last then
        changed:wait(timeout_seconds)
    end
    -- Meanwhile it may have fallen behind.
    if place < last - M.MOST_KEPT then
        return epoch, last, nil
    end
    return epoch, last, versions_after(place)
end

return M
