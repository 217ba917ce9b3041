-- Compares two imports: who came, went and changed from the first to the second. Citizens are identified by citizen_id.

local fiber = require('fiber')
local bulk_read = require('bytes.bulk_read')
local imports = require('census.imports')
local row_walk = require('bytes.row_walk')
local buckets = require('shards.buckets')

local M = {}

local CAME, WENT, CHANGED, SAME = 'came', 'went', 'changed', 'same'

local function kind_of(way, before, after)
    if before.citizen_id < after.citizen_id then
        return WENT
    elseif after.citizen_id < before.citizen_id then
        return CAME
    end
    return way.is_same(before, after) and SAME or CHANGED
end

local function add_rows(rows, way, kind, before, after)
    if kind ~= CAME then
        table.insert(rows, way.row(before))
    end
    if kind ~= WENT then
        table.insert(rows, way.row(after))
    end
end

-- Steps over both after the citizen_id `place` (nil: from the start), until `limit` of wanted_kind are found or `steps`
-- are made. Adds the number of each kind to `counts`. Returns the citizen_id to continue after (nil: both have ended),
-- and the tuples found.
local function join(before_id, after_id, place, steps, counts, wanted_kind, limit)
    local way = row_walk.way()
    local before = way.open(box.space.citizens, before_id, place)
    local after = way.open(box.space.citizens, after_id, place)
    local rows, found = {}, 0
    for _ = 1, steps or way.steps_at_once do
        local citizen_id = math.min(before.citizen_id, after.citizen_id)
        if citizen_id == math.huge then
            place = nil
            break
        end
        local kind = kind_of(way, before, after)
        if kind == wanted_kind then
            if found == limit then
                break
            end
            add_rows(rows, way, kind, before, after)
            found = found + 1
        end
        counts[kind] = counts[kind] + 1
        place = citizen_id
        if kind ~= CAME then
            way.step(before)
        end
        if kind ~= WENT then
            way.step(after)
        end
    end
    way.close(before)
    way.close(after)
    return place, rows
end

local function no_counts()
    return { [CAME] = 0, [WENT] = 0, [CHANGED] = 0, [SAME] = 0 }
end

-- Running counts: a set of {before_id, after_id, place, counts, is_spoilt}.
local under_way = {}

local function add_stored(count, citizen_id, sign)
    local before = box.space.citizens:get(buckets.citizen_key(count.before_id, citizen_id))
    local after = box.space.citizens:get(buckets.citizen_key(count.after_id, citizen_id))
    -- Citizens are neither added to nor removed from a published import.
    if before ~= nil and after ~= nil then
        local kind = row_walk.is_same(before, after) and SAME or CHANGED
        count.counts[kind] = count.counts[kind] + sign
    end
end

-- Updates the running counts that have passed a citizen; called before (sign -1) and after (sign 1) its change, in the
-- transaction of the change. O(running counts).
function M.follow(import_id, citizen_id, sign)
    for count in pairs(under_way) do
        local is_of = count.before_id == import_id or count.after_id == import_id
        if is_of and count.place ~= nil and citizen_id <= count.place then
            add_stored(count, citizen_id, sign)
            -- Such a count begins again.
            box.on_rollback(function()
                count.is_spoilt = true
            end)
        end
    end
end

-- expected: nil, or the two versions of an earlier page of the same read.
local function versions_of(before_id, after_id, expected)
    expected = expected == nil and {} or expected
    return imports.version_of(before_id, expected[1]), imports.version_of(after_id, expected[2])
end

local function count_all(count, steps)
    repeat
        versions_of(count.before_id, count.after_id)
        count.place = join(count.before_id, count.after_id, count.place, steps, count.counts)
        if count.place ~= nil then
            fiber.sleep(0)
        end
    until count.place == nil or count.is_spoilt
end

-- Counts who came, went, changed and stayed the same from one import to another, in pieces. Changes that come meanwhile
-- are included, so the result is as of the moment when it ends. steps: per piece, or nil.
-- Returns both versions and the four counts. Raises IMPORT_NOT_FOUND. O(citizens), 0.35 us each.
function M.count(before_id, after_id, steps)
    local count
    repeat
        count = { before_id = before_id, after_id = after_id, counts = no_counts() }
        under_way[count] = true
        local ok, reason = pcall(count_all, count, steps)
        under_way[count] = nil
        if not ok then
            error(reason, 0)
        end
    until not count.is_spoilt
    local before_version, after_version = versions_of(before_id, after_id)
    local counts = count.counts
    return before_version, after_version, { counts[CAME], counts[WENT], counts[CHANGED], counts[SAME] }
end

-- The next citizens of one kind, 'came', 'went' or 'changed', after the citizen_id `place` (nil: from the start):
-- `limit` at most, perhaps none when many had to be skipped. versions: nil, or the two versions of an earlier page of
-- the same read. steps: nil, or another limit of steps. Returns both versions, the citizen_id to continue after (nil:
-- no more follow), and tuples as bulk_read.join makes them: of the second import for 'came', of the first for 'went',
-- of both for 'changed', the first import's first. Raises IMPORT_NOT_FOUND, IMPORT_CHANGED. O(log n + steps).
function M.page(before_id, after_id, kind, place, limit, versions, steps)
    local before_version, after_version = versions_of(before_id, after_id, versions)
    local go_on, rows = join(before_id, after_id, place, steps, no_counts(), kind, limit)
    return before_version, after_version, go_on, bulk_read.join(rows)
end

return M
