-- Finds citizens by town, gender, days of birth and the beginning of the name, in any combination.
--
-- In a large import census/citizens/filter_index.lua names the candidates, as far as it has been built; otherwise every
-- citizen is examined. A stored index would cost every import more than scanning costs a query (ADR 0015).

local msgpack = require('msgpack')
local bulk_read = require('bytes.bulk_read')
local filter_index = require('census.citizens.filter_index')
local imports = require('census.imports')
local scan = require('lib.scan')
local buckets = require('shards.buckets')

local M = {}

-- Cost of a call, in scanned rows: 1,000 of them take about 0.5 ms.
M.MAX_COST = 1000
-- Cost of a row read by its id, and of one stretch of the index.
local ROW_COST, STRETCH_COST = 3, 4

local function starts_with(text, prefix)
    return text:sub(1, #prefix) == prefix
end

local function matches(citizen, filter)
    return (filter.town == nil or citizen.town == filter.town)
        and (filter.gender == nil or citizen.gender == filter.gender)
        and (filter.born_from == nil or citizen.birth_date >= filter.born_from)
        and (filter.born_to == nil or citizen.birth_date <= filter.born_to)
        and (filter.name_prefix == nil or starts_with(citizen.name, filter.name_prefix))
end

-- The result of a call so far.
local function create_page(limit, max_bytes)
    return { rows = {}, bytes = 0, limit = limit, max_bytes = max_bytes, cost = 0 }
end

-- Adds a citizen that matches. Returns whether there is no room for it.
local function take(page, citizen)
    if #page.rows == page.limit or page.bytes > page.max_bytes then
        page.go_on_after = page.last_taken
        return true
    end
    local row = msgpack.encode(buckets.bare(citizen))
    table.insert(page.rows, row)
    page.bytes = page.bytes + #row
    page.last_taken = citizen.citizen_id
end

-- Examines one more citizen. Returns whether the page ends before it.
local function look(page, citizen, filter, cost)
    if page.cost >= M.MAX_COST then
        page.go_on_after = page.last_seen
        return true
    end
    page.cost = page.cost + cost
    if matches(citizen, filter) and take(page, citizen) then
        return true
    end
    page.last_seen = citizen.citizen_id
end

-- Examines all citizens after page.last_seen up to the id `last` (nil: to the end). Returns whether the page is full.
local function look_at_all(page, import_id, filter, last)
    local after = page.last_seen
    for citizen in scan.each(box.space.citizens, import_id, after ~= nil and { after } or nil) do
        if last ~= nil and citizen.citizen_id > last then
            return false
        end
        if look(page, citizen, filter, 1) then
            return true
        end
    end
    return false
end

local function look_at(page, import_id, filter, ids)
    for _, id in ipairs(ids) do
        if look(page, box.space.citizens:get(buckets.citizen_key(import_id, id)), filter, ROW_COST) then
            return true
        end
    end
    return false
end

-- Fills the page with citizens after page.last_seen. page.go_on_after stays nil when no more follow.
local function fill(page, import, filter)
    local import_id = import.import_id
    local next_stretch = filter_index.stretches(import, filter, page.last_seen)
    repeat
        local ids, last = next_stretch()
        local is_end
        if ids == nil then
            is_end = look_at_all(page, import_id, filter, last)
        else
            is_end = look_at(page, import_id, filter, ids)
        end
        if is_end then
            return
        end
        page.cost = page.cost + STRETCH_COST
        page.last_seen = last
        if last ~= nil and page.cost >= M.MAX_COST then
            page.go_on_after = last
            return
        end
    until last == nil
end

-- filter: any of {town, gender, born_from, born_to, name_prefix}; days as 20001231, inclusive.
-- after: nil, or the citizen_id that an earlier page returned. limit, max_bytes, expected_version: as in citizens.page.
-- Returns the import's version, the citizen_id to continue after (nil when no more follow), and rows like
-- citizens.page, in order of citizen_id: perhaps none when many had to be skipped. Raises IMPORT_NOT_FOUND,
-- IMPORT_CHANGED. O(log n + MAX_COST).
function M.page(import_id, filter, after, limit, expected_version, max_bytes)
    local version = imports.version_of(import_id, expected_version)
    local page = create_page(limit, max_bytes)
    page.last_seen = after
    fill(page, imports.published(import_id), filter)
    return version, page.go_on_after, bulk_read.join(page.rows)
end

return M
