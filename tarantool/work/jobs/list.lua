-- svodka.jobs.list, svodka.jobs.find: jobs that fit a filter, in order of their ids.

local counts = require('work.jobs.state.counts')

local M = {}

local MAX_PAGE = 1000
-- Of rows in one answer: they hold up to 4 KB of arguments and results each.
local MAX_PAGE_BYTES = 1024 * 1024
-- Rows that one call looks at. 5,000 take about 3 ms of the TX thread.
local MAX_LOOKS = 5000
-- Rows that one call skips by the index alone: 0.05 us each.
local MAX_SKIPPED = 50000

-- The index that narrows most, and its key without the id.
local function choose(filter)
    local index = box.space.jobs.index
    if filter.user ~= nil and filter.status ~= nil then
        return index.user_status, { filter.user, filter.status }
    elseif filter.user ~= nil then
        return index.user, { filter.user }
    elseif filter.status ~= nil then
        return index.status, { filter.status }
    end
    return index.pk, {}
end

-- Whether the index alone decides what fits.
local function is_exact(filter)
    return filter.type == nil
end

local function fits(row, filter)
    return (filter.user == nil or row.user == filter.user)
        and (filter.status == nil or row.status == filter.status)
        and (filter.type == nil or row.type == filter.type)
end

local function has_all(meta, wanted)
    for member, text in pairs(wanted) do
        if meta[member] ~= text then
            return false
        end
    end
    return true
end

-- Whether the row lies in the part of the index that the filter narrows to: beyond it nothing fits.
local function is_within(row, filter)
    return (filter.user == nil or row.user == filter.user) and (filter.status == nil or row.status == filter.status)
end

local function open(filter, page)
    local index, key = choose(filter)
    local options = { iterator = page.descending and 'REQ' or 'EQ' }
    if page.after ~= nil then
        table.insert(key, page.after)
        options.iterator = page.descending and 'LT' or 'GT'
    end
    return index, key, options
end

-- Goes over rows of the filter's part of the index, and calls accept(row), which says whether the page takes it.
-- Returns where to go on after (nil at the end) and the page's rows.
local function walk(filter, page, accept)
    local index, key, options = open(filter, page)
    local limit = math.min(page.limit, MAX_PAGE)
    local rows, bytes, looks = {}, 0, 0
    local last
    for _, row in index:pairs(key, options) do
        if not is_within(row, filter) then
            return nil, rows
        elseif #rows >= limit or bytes >= MAX_PAGE_BYTES or looks >= MAX_LOOKS then
            return last, rows
        end
        looks = looks + 1
        last = row.id
        if accept(row) then
            table.insert(rows, row)
            bytes = bytes + row:bsize()
        end
    end
    return nil, rows
end

-- Skips rows by the index alone. Returns how many are still to be skipped and the id to go on after; nil when there
-- are not so many.
local function skip_exact(filter, page, offset)
    local index, key, options = open(filter, page)
    local skipped = math.min(offset, MAX_SKIPPED)
    options.offset = skipped - 1
    options.limit = 1
    local row = index:select(key, options)[1]
    if row == nil or not is_within(row, filter) then
        return nil
    end
    return offset - skipped, row.id
end

local function skip(filter, page)
    local offset = page.offset ~= nil and page.offset or 0
    if offset > 0 and is_exact(filter) then
        return skip_exact(filter, page, offset)
    end
    return offset, page.after
end

-- filter: {user, type, status}, each of which may be missing. page: {descending, limit, offset, after}, the last two
-- may be missing; after: an id that an earlier page returned.
-- Returns the number of jobs that fit (nil for a page that goes on), the id to go on after (nil at the end), how many
-- of offset are still to be skipped then, and rows, fewer than `limit` when they are long or hard to find.
-- O(limit + log n) without a type, after an offset of O(offset) in C.
function M.list(filter, page)
    local total = page.after == nil and counts.total(filter) or nil
    local left, after = skip(filter, page)
    if left == nil or (left > 0 and is_exact(filter)) then
        return total, left ~= nil and after or nil, left or 0, {}
    end
    page.after = after
    local next_after, rows = walk(filter, page, function(row)
        if not fits(row, filter) then
            return false
        elseif left > 0 then
            left = left - 1
            return false
        end
        return true
    end)
    return total, next_after, left, rows
end

-- As list, for jobs whose meta has all members of `meta` ({[name] = canonical JSON text}). Looks at 5,000 jobs at most:
-- a page may be empty while there is more. Returns the id to go on after, and rows.
function M.find(filter, meta, page)
    return walk(filter, page, function(row)
        return fits(row, filter) and has_all(row.meta, meta)
    end)
end

return M
