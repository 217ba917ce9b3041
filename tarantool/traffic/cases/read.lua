-- Cases, their photos, histories and statistics, for readers.

local errors = require('lib.errors')
local links = require('traffic.cases.links')
local photos = require('traffic.cases.photos')
local state = require('traffic.cases.state')

local M = {}

-- Rows that one call looks at. 5,000 take about 3 ms of the TX thread.
local MAX_LOOKS = 3000

local function require_case(case_id)
    local row = state.get(case_id)
    if row == nil then
        errors.raise('CASE_NOT_FOUND')
    end
    return row
end

-- Returns {row, owner, votes}. Raises CASE_NOT_FOUND.
function M.get(case_id)
    return links.describe(require_case(case_id))
end

-- Returns the row, and its statuses after the first as {status, at, by}, oldest first. Raises CASE_NOT_FOUND.
function M.history(case_id)
    local row = require_case(case_id)
    local entries = {}
    for _, entry in ipairs(box.space.case_history:select({ row.no })) do
        table.insert(entries, { entry.status, entry.at, entry.by })
    end
    return row, entries
end

-- A piece of a photo by the number of its case; nil when there is none. Yields.
function M.photo(no, place)
    return photos.read(no, place)
end

-- In the order of how much they narrow.
local INDEXES = { 'transport', 'camera', 'violation', 'status' }
local FIELDS = { transport = 'transport', camera = 'camera_id', violation = 'violation_id', status = 'status' }

local function choose(filter)
    for _, name in ipairs(INDEXES) do
        if filter[name] ~= nil then
            return box.space.cases.index[name], filter[name]
        end
    end
    return box.space.cases.index.time, nil
end

local function fits(row, filter)
    for name, field in pairs(FIELDS) do
        if filter[name] ~= nil and row[field] ~= filter[name] then
            return false
        end
    end
    return true
end

-- The key from which to walk down, and the iterator.
local function start_of(filter, after, value)
    local key = value ~= nil and { value } or {}
    if after ~= nil then
        table.insert(key, after[1])
        table.insert(key, after[2])
        return key, 'LT'
    elseif filter.to ~= nil then
        table.insert(key, filter.to)
        return key, 'LT'
    end
    return key, value ~= nil and 'REQ' or 'LE'
end

-- filter: {status?, camera?, violation?, transport?, from?, to?}, from <= timestamp < to. Newest violation first.
-- after: {timestamp, no} of the last case of the page before, or nil. Returns cases as {row, owner, votes}, and the
-- place to continue after, nil at the end; fewer than `limit` may be found although there are more.
function M.list(filter, after, limit)
    local index, value = choose(filter)
    local key, iterator = start_of(filter, after, value)
    local field = value ~= nil and FIELDS[index.name] or nil
    local found = {}
    local looks = 0
    for _, row in index:pairs(key, { iterator = iterator }) do
        if field ~= nil and row[field] ~= value or filter.from ~= nil and row.timestamp < filter.from then
            return found, nil
        end
        looks = looks + 1
        if fits(row, filter) then
            table.insert(found, links.describe(row))
        end
        if #found >= limit or looks >= MAX_LOOKS then
            return found, { row.timestamp, row.no }
        end
    end
    return found, nil
end

-- Counts of one kind after a key (nil: from the first): a list of {key, count}.
function M.stats(kind, after, limit)
    local space = box.space.case_counts
    local found = {}
    local key = after ~= nil and { kind, after } or { kind }
    for _, row in space:pairs(key, { iterator = after ~= nil and 'GT' or 'EQ' }) do
        if row.kind ~= kind or #found >= limit then
            break
        end
        table.insert(found, { row.key, row.count })
    end
    return found
end

return M
