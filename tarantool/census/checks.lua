-- Counts an import anew from its citizens and compares: what `aggregates` keeps must be the same.
--
-- It goes in pieces while others write. What is left to compare is a tally, counted minus kept: citizens add to it,
-- blocks take away. A change that comes meanwhile is told in its own transaction (aggregates.on_change), and goes
-- into the tally as far as the tally has its citizens and not yet its counts. So the tally is always that of the data
-- as they are, no write holds it up, and nothing but a wrong count is left at the end.

local aggregates = require('census.stats.counts')
local errors = require('lib.errors')
local fiber = require('fiber')
local imports = require('census.imports')
local scan = require('lib.scan')

local M = {}

-- Differences that an answer names; their number is always whole.
local MAX_NAMED = 100
-- Blocks are taken away so many at a time: up to 12,800 entries, 1 ms.
M.BLOCKS_AT_ONCE = 50
-- Between two pieces: everybody else has a turn.
function M.pause()
    fiber.sleep(0)
end
local KINDS = { 'births', 'presents' }

-- A million citizens take some 40 MB of the Lua heap, of which there is one for all.
local is_running = false

-- How far a recount is: citizens up to an id, then each kind's counts up to a group and key.
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

-- What a change of a citizen does to the kept counts, as aggregates.on_change tells it -> to the tally.
local function follow(tally, progress, citizen_id, changes, sign)
    for _, kind in ipairs(KINDS) do
        for group, counts in pairs(changes[kind]) do
            for key, count in pairs(counts) do
                -- Presents are counted with who gives them.
                local counted_with = kind == 'presents' and key or citizen_id
                local counted = is_counted(progress, counted_with) and sign * count or 0
                local kept = is_taken_away(progress[kind], group, key) and sign * count or 0
                if counted ~= kept then
                    aggregates.add(tally[kind], group, key, counted - kept)
                end
            end
        end
    end
end

-- The block that holds the place, and those behind it. A block may have been split, or have got entries, since.
local function blocks_from(space, import_id, place)
    if place.group == nil then
        return scan.select(space, import_id, nil, M.BLOCKS_AT_ONCE)
    end
    local blocks = scan.select(space, import_id, { place.group, place.key }, M.BLOCKS_AT_ONCE)
    local holder = space:select({ import_id, place.group, place.key }, { iterator = 'LE', limit = 1 })[1]
    -- An emptied block is gone: the one before it may be of another group.
    if holder ~= nil and holder.import_id == import_id and holder[2] == place.group then
        table.insert(blocks, 1, holder)
    end
    return blocks
end

-- Takes the kept counts of a kind away from the tally. Returns how many there were, and the blocks out of order.
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
            local taken, is_in_order, highest = aggregates.take_away(tally, kind, block, above)
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
    for group, counts in pairs(groups) do
        for key, difference in pairs(counts) do
            if difference ~= 0 then
                report.count = report.count + 1
                if #report.named < MAX_NAMED then
                    table.insert(report.named, { kind, tostring(group), key, difference })
                end
            end
        end
        -- A group has as many entries as days, or a twelfth of the citizens.
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
        aggregates.count(tally, citizen)
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

-- Returns the version of the import that was compared, how many kept counts are wrong and, of the first 100,
-- {{'births' or 'presents', town or month, key, counted minus kept}, ...}; the key is the citizen's id or twice the
-- birth date, plus one for women. A block out of order is {kind, group, its first key, 0}. Then how many citizens were
-- counted, and with how many kept counts that was compared.
-- In pieces of some milliseconds; one at a time, else RECOUNT_RUNNING. Raises IMPORT_NOT_FOUND, also when the import is
-- deleted meanwhile. O(citizens + relatives).
function M.recount(import_id)
    if is_running then
        errors.raise('RECOUNT_RUNNING')
    end
    imports.published(import_id)
    local tally, progress = aggregates.no_changes(), create_progress()
    is_running = true
    aggregates.on_change(import_id, function(...)
        follow(tally, progress, ...)
    end)
    local ok, report, version = pcall(compare, import_id, tally, progress)
    aggregates.on_change(import_id, nil)
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

return M
