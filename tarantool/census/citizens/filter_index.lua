-- Which citizens of an import may match a filter, kept for imports that are filtered (ADR 0019).
--
-- Segments of a filtered import (bytes/segment.lua) are built in the background, in the order of citizen_id. Citizens
-- without a segment are scanned, so answers and their order are the same before, during and after the build. Everything
-- is in the memory of the process, outside of memtx: imports do not pay for it, it is empty after a start, and a
-- replica has its own.
--
-- A changed citizen keeps its place in its segment and is marked as touched: it is a candidate for every filter.

local clock = require('clock')
local fiber = require('fiber')
local background = require('lib.background')
local imports = require('census.imports')
local buckets = require('shards.buckets')
local quick = require('bytes.quick')
local segment_of = require('bytes.segment')

local M = {}

local RETRY_SECONDS = 1

local function never()
    return false
end

-- On a replica too, which is read-only.
local JOB = { name = 'filter_indexer', what = 'indexing imports', retry_seconds = RETRY_SECONDS, is_over = never }

local function is_on()
    return quick.is_on and segment_of.is_possible
end

-- A scan of fewer takes two calls.
M.MIN_CITIZENS = 2000
-- Built without a yield: 0.7 ms of the TX thread.
M.SEGMENT_CITIZENS = 500
-- For all imports together: 1,200,000 citizens. The others are scanned.
M.MAX_BYTES = 64 * 1024 * 1024
-- An import that was filtered so recently is not dropped for another.
M.KEPT_SECONDS = 60
-- Each is a candidate for every filter; a segment with more is rebuilt.
M.MAX_TOUCHED = 32

-- By import id: {import_id, published_at, segments, bytes, used_at, is_whole, worn}; worn: the set of segments to
-- rebuild.
local indexes = {}
local total_bytes = 0

-- The set of ids of imports whose index is to be built further.
local wanted = {}
local wanted_cond = fiber.cond()

local function want(import_id)
    wanted[import_id] = true
    wanted_cond:signal()
end

-- Drops the index of an import.
function M.drop(import_id)
    local index = indexes[tonumber(import_id)]
    if index ~= nil then
        indexes[index.import_id] = nil
        total_bytes = total_bytes - index.bytes
    end
end

-- Returns whether there is room for one more segment of the index.
local function make_room(index)
    while total_bytes >= M.MAX_BYTES do
        local oldest = index
        for _, other in pairs(indexes) do
            if other.used_at < oldest.used_at then
                oldest = other
            end
        end
        if oldest == index or oldest.used_at > fiber.clock() - M.KEPT_SECONDS then
            return false
        end
        M.drop(oldest.import_id)
    end
    return true
end

local function put(index, place, segment)
    local before = index.segments[place]
    local growth = segment.bytes - (before ~= nil and before.bytes or 0)
    index.bytes = index.bytes + growth
    total_bytes = total_bytes + growth
    segment.touched, segment.touched_count = {}, 0
    index.segments[place] = segment
end

local function last_before(index, place)
    return place > 1 and index.segments[place - 1].last or nil
end

-- Builds one segment of the index. Returns false when nothing is to be built, or there is no room. O(SEGMENT_CITIZENS),
-- without a yield.
local function make_one(index)
    local space_id = box.space.citizens.id
    local place = next(index.worn)
    if place ~= nil then
        index.worn[place] = nil
        local up_to = index.segments[place].last
        local segment =
            segment_of.make(space_id, index.import_id, last_before(index, place), segment_of.MAX_CITIZENS, up_to)
        -- nil: the primary has deleted the import.
        if segment ~= nil then
            put(index, place, segment)
        end
        return true
    end
    if index.is_whole or not make_room(index) then
        return false
    end
    place = #index.segments + 1
    local after = last_before(index, place)
    local segment, has_more = segment_of.make(space_id, index.import_id, after, M.SEGMENT_CITIZENS, math.huge)
    index.is_whole = not has_more
    if segment ~= nil then
        put(index, place, segment)
    end
    return true
end

-- Builds the missing segments of an import, as far as there is room. Takes at most half of the TX thread's time.
function M.build(import_id)
    local index = indexes[import_id]
    repeat
        local start = clock.monotonic()
        local has_more = indexes[import_id] == index and index ~= nil and make_one(index)
        fiber.sleep(clock.monotonic() - start)
    until not has_more
end

local function build_next()
    local import_id = next(wanted)
    if import_id == nil then
        wanted_cond:wait()
        return
    end
    wanted[import_id] = nil
    local ok, reason = pcall(M.build, import_id)
    if not ok then
        M.drop(import_id)
        error(('import %s: %s'):format(import_id, reason), 0)
    end
end

-- The place of the first segment that ends at the id or later; the number of segments plus one when there is none.
local function find_segment(segments, id)
    local low, high = 1, #segments + 1
    while low < high do
        local middle = math.floor((low + high) / 2)
        if segments[middle].last < id then
            low = middle + 1
        else
            high = middle
        end
    end
    return low
end

-- Marks a citizen whose fields no longer match its segment.
local function touch(import_id, citizen_id)
    local index = indexes[import_id]
    local place = index and find_segment(index.segments, citizen_id)
    local segment = place and index.segments[place]
    if not segment or segment.touched[citizen_id] then
        return
    end
    segment.touched[citizen_id] = true
    segment.touched_count = segment.touched_count + 1
    if segment.touched_count > M.MAX_TOUCHED then
        index.worn[place] = true
    end
end

-- Called for each new row of the history, in the transaction of the change, on a replica too.
local function follow(_, change)
    -- A change with a cause is one of relatives only.
    if change == nil or change.cause_id ~= nil then
        return
    end
    local fields = change.changes
    if fields.town == nil and fields.birth_date == nil and fields.name == nil then
        return
    end
    local import_id, citizen_id = tonumber(change.import_id), tonumber(change.citizen_id)
    touch(import_id, citizen_id)
    -- A segment may be built from data that the log then refuses.
    box.on_rollback(function()
        touch(import_id, citizen_id)
    end)
end

-- The index of the import; schedules what is missing of it.
local function find_index(import)
    local import_id = tonumber(import.import_id)
    local index = indexes[import_id]
    -- When the log refuses a publication, the import may be published again with more citizens.
    if index ~= nil and index.published_at ~= import.published_at then
        M.drop(import_id)
        index = nil
    end
    if index == nil then
        index = { import_id = import_id, published_at = import.published_at, segments = {}, bytes = 0, worn = {} }
        indexes[import_id] = index
    end
    index.used_at = fiber.clock()
    if not index.is_whole or next(index.worn) ~= nil then
        want(import_id)
    end
    return index
end

local function sorted_candidates(segment, ranges, after)
    local candidates = segment_of.candidates(segment, ranges)
    if candidates == nil then
        return nil
    end
    for id in pairs(segment.touched) do
        table.insert(candidates, id)
    end
    table.sort(candidates)
    local ids = {}
    for _, id in ipairs(candidates) do
        if id > after and id ~= ids[#ids] then
            table.insert(ids, id)
        end
    end
    return ids
end

-- import: the row of a published one; filter: of census/citizens/find.lua; after: the citizen_id behind which it
-- begins, nil: all.
-- Returns a function(): each call tells of the next stretch of the import which citizens may fit: their ids in order
-- (nil: anybody), and the last id of the stretch (nil: it is the rest). Valid until the next yield.
-- O(log n) a call, and what bytes/segment.lua says.
function M.stretches(import, filter, after)
    local ranges = is_on() and import.citizens >= M.MIN_CITIZENS and segment_of.ranges(filter) or {}
    if #ranges == 0 then
        return function() end
    end
    local index = find_index(import)
    after = tonumber(after or -1)
    local place = find_segment(index.segments, after + 1)
    return function()
        local segment = index.segments[place]
        if segment == nil then
            return index.is_whole and {} or nil, nil
        end
        place = place + 1
        return sorted_candidates(segment, ranges, after), segment.last
    end
end

imports.on_erase(function(import_id)
    M.drop(import_id)
    return 0
end)

-- Returns how many of an import's citizens are in its index, whether those are all, and the bytes they take.
function M.state(import_id)
    local index = indexes[import_id]
    local count = 0
    for _, segment in ipairs(index and index.segments or {}) do
        count = count + segment.count
    end
    return count, index ~= nil and index.is_whole == true, index and index.bytes or 0
end

-- Called for each change of a row in `imports`. The index of an import that leaves with its bucket would be out of date
-- if the bucket came back.
local function drop_what_leaves(import, new)
    if new == nil then
        M.drop(import.import_id)
    end
end

-- From now on follows the changes and builds what is asked for.
function M.start()
    if is_on() then
        box.space.citizen_history:on_replace(follow)
        if buckets.count ~= nil then
            box.space.imports:on_replace(drop_what_leaves)
        end
        background.forever(JOB, build_next)
    end
end

return M
