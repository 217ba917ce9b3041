-- Counts an import again from its citizens and compares the result with the stored counts (census/stats/counts.lua).
--
-- The recount proceeds in pieces while others write. The tally is counted minus stored: citizens are added, blocks of
-- stored counts are subtracted. A concurrent change is reported in its own transaction (counts.on_change) and added to
-- the tally if its citizen has been read but its counts have not. So the tally always matches the current data, no
-- write is delayed, and only wrong counts remain at the end.

local counts = require('census.stats.counts')
local errors = require('lib.errors')
local fiber = require('fiber')
local imports = require('census.imports')
local scan = require('lib.scan')

local M = {}

-- Differences that an answer lists; their number is always exact.
local MAX_NAMED = 100
-- Blocks that are subtracted at a time: up to 12,800 entries, 1 ms.
M.BLOCKS_AT_ONCE = 50
-- Called between two pieces: lets other fibers run.
function M.pause()
    fiber.sleep(0)
end
local KINDS = { 'births', 'presents' }

-- One recount at a time: a million citizens take about 40 MB of the Lua heap.
local is_running = false

-- The progress of a recount: citizens up to an id, then the counts of each kind up to a group and key.
local function create_progress()
    return { citizen_id = -1, births = {}, presents = {} }
end

local function is_counted(progress, citizen_id)
    return citizen_id <= progress.citizen_id
end

local function is_taken_away(place, group, key)
    if place.is_over then
        return true
    end
    return place.group ~= nil and (group < place.group or (group == place.group and key <= place.key))
end

-- Adds a change of the stored counts, as reported by counts.on_change, to the tally.
local function follow(tally, progress, citizen_id, changes, sign)
    for _, kind in ipairs(KINDS) do
        for group, entries in pairs(changes[kind]) do
            for key, count in pairs(entries) do
                -- Presents are counted with their giver.
                local counted_with = kind == 'presents' and key or citizen_id
                local counted = is_counted(progress, counted_with) and sign * count or 0
                local kept = is_taken_away(progress[kind], group, key) and sign * count or 0
                if counted ~= kept then
                    counts.add(tally[kind], group, key, counted - kept)
                end
            end
        end
    end
end

-- The block that contains the place, and those after it. A block may have been split, or have got entries, since.
local function blocks_from(space, import_id, place)
    if place.group == nil then
        return scan.select(space, import_id, nil, M.BLOCKS_AT_ONCE)
    end
    local blocks = scan.select(space, import_id, { place.group, place.key }, M.BLOCKS_AT_ONCE)
    local holder = space:select({ import_id, place.group, place.key }, { iterator = 'LE', limit = 1 })[1]
    -- An empty block is deleted; the block before may belong to another group.
    if holder ~= nil and holder.import_id == import_id and holder[2] == place.group then
        table.insert(blocks, 1, holder)
    end
    return blocks
end

-- Subtracts the stored counts of a kind from the tally. Returns their number, and the blocks that are out of order.
local function take_away(tally, kind, import_id, place, pause)
    local space = box.space[kind]
    local compared, faulty = 0, {}
    repeat
        local blocks = blocks_from(space, import_id, place)
        local group_before, key_before = place.group, place.key
        for i = 1, #blocks do
            local block = blocks[i]
            local group = block[2]
            local above = group == place.group and place.key or -1
            -- The block that holds the place was read with the piece before.
            local is_new = tonumber(block.first) > above
            local taken, is_in_order, highest = counts.take_away(tally, kind, block, above)
            compared = compared + taken
            if is_new and not is_in_order then
                table.insert(faulty, { kind, tostring(group), block.first, 0 })
            end
            place.group, place.key = group, math.max(above, highest, tonumber(block.first))
        end
        local is_end = place.group == group_before and place.key == key_before
        place.is_over = is_end
        if not is_end then
            pause()
        end
    until is_end
    return compared, faulty
end

local function name_differences(report, kind, groups)
    for group, entries in pairs(groups) do
        for key, difference in pairs(entries) do
            if difference ~= 0 then
                report.count = report.count + 1
                if #report.named < MAX_NAMED then
                    table.insert(report.named, { kind, tostring(group), key, difference })
                end
            end
        end
        -- A group has as many entries as birth dates, or a twelfth of the citizens.
        fiber.sleep(0)
    end
end

local function compare(import_id, tally, progress)
    local version
    local function pause()
        M.pause()
        version = imports.published(import_id).version
    end
    local report = { count = 0, named = {}, citizens = 0, compared = 0 }
    version = imports.published(import_id).version
    scan.rows(box.space.citizens, import_id, pause, function(citizen)
        counts.count(tally, citizen)
        progress.citizen_id = tonumber(citizen.citizen_id)
        report.citizens = report.citizens + 1
    end)
    progress.citizen_id = math.huge
    for _, kind in ipairs(KINDS) do
        local compared, faulty = take_away(tally, kind, import_id, progress[kind], pause)
        report.compared = report.compared + compared
        report.count = report.count + #faulty
        for i = 1, math.min(#faulty, MAX_NAMED - #report.named) do
            table.insert(report.named, faulty[i])
        end
    end
    return report, version
end

-- Returns the version of the import that was compared, the number of wrong counts, and a list of the first 100:
-- {{'births' or 'presents', town or month, key, counted minus stored}, ...}; the key is the citizen's id, or twice the
-- birth date, plus one for women. A block that is out of order is {kind, group, its first key, 0}. Then the number of
-- citizens counted, and the number of stored counts compared. Works in pieces of some milliseconds; raises
-- RECOUNT_RUNNING if another recount is running, and IMPORT_NOT_FOUND, also when the import is deleted meanwhile.
-- O(citizens + relatives).
function M.recount(import_id)
    if is_running then
        errors.raise('RECOUNT_RUNNING')
    end
    imports.published(import_id)
    local tally, progress = counts.no_changes(), create_progress()
    is_running = true
    counts.on_change(import_id, function(...)
        follow(tally, progress, ...)
    end)
    local ok, report, version = pcall(compare, import_id, tally, progress)
    counts.on_change(import_id, nil)
    if ok then
        for _, kind in ipairs(KINDS) do
            name_differences(report, kind, tally[kind])
        end
    end
    is_running = false
    if not ok then
        error(report, 0)
    end
    return version, report.count, report.named, report.citizens, report.compared
end

-- svodka.shards.check of a single node, which has no buckets; a router has shards/router/bucket_report.lua.
function M.buckets()
    return 0, {}, {}, {}, 0
end

return M
