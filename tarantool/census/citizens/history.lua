-- The changes of a citizen: when, by which request, and each field before and after.

local fiber = require('fiber')
local imports = require('census.imports')
local buckets = require('shards.buckets')

local M = {}

-- Changes per citizen; a new one deletes the oldest, so that changing one citizen for ever does not fill the memory.
M.MAX_KEPT = 1000

-- Of a longer list of relatives only the length is kept: two lists of 460,000 ids would exceed memtx_max_tuple_size.
local MAX_RELATIVES = 1000

local function is_same(before, after)
    if type(before) ~= 'table' then
        return before == after
    end
    if #before ~= #after then
        return false
    end
    for i = 1, #before do
        if before[i] ~= after[i] then
            return false
        end
    end
    return true
end

local function kept(value)
    if type(value) == 'table' and #value > MAX_RELATIVES then
        return #value
    end
    return value
end

local function insert(change, citizen_id, cause_id, changes)
    local space = box.space.citizen_history
    local import_id = change.import_id
    local newest = space.index.pk:max({ import_id, citizen_id })
    local number = newest ~= nil and newest.number + 1 or 1
    space:insert({
        import_id,
        citizen_id,
        number,
        change.version,
        fiber.time(),
        change.request_id,
        cause_id or box.NULL,
        changes,
        buckets.of(import_id),
    })
    if number > M.MAX_KEPT then
        space:delete({ import_id, citizen_id, number - M.MAX_KEPT })
    end
end

-- Part of the transaction that makes the change. change: {import_id, version, request_id}. before, after: the citizen's
-- tuples; fields: a table whose keys are the fields to compare. others: {{citizen_id, before, after}, ...}, the lists
-- of relatives of others that were changed with it. Unchanged fields are not stored.
function M.add(change, before, after, fields, others)
    local changes = {}
    for field in pairs(fields) do
        if not is_same(before[field], after[field]) then
            changes[field] = { kept(before[field]), kept(after[field]) }
        end
    end
    if next(changes) ~= nil then
        insert(change, before.citizen_id, nil, changes)
    end
    for _, other in ipairs(others) do
        insert(change, other[1], before.citizen_id, { relatives = { kept(other[2]), kept(other[3]) } })
    end
end

-- Returns the number to continue below (nil on the last page), and a list of
-- {number, version, at, request_id, cause_id, changes}, newest first, `limit` at most, with numbers below `below` (nil:
-- from the newest). Instead of a long list of relatives there is its length. O(log n + limit).
function M.page(import_id, citizen_id, below, limit)
    local page = {}
    local key, iterator = { import_id, citizen_id }, 'REQ'
    if below ~= nil then
        key, iterator = { import_id, citizen_id, below }, 'LT'
    end
    for _, row in box.space.citizen_history:pairs(key, { iterator = iterator }) do
        -- LT does not stop at the first change of the citizen.
        if row.citizen_id ~= citizen_id or row.import_id ~= import_id then
            break
        end
        if #page == limit then
            return page[limit][1], page
        end
        table.insert(page, { row.number, row.version, row.at, row.request_id, row.cause_id or box.NULL, row.changes })
    end
    return nil, page
end

-- Part of a transaction. Returns how many changes it deleted.
local function erase(import_id, limit)
    local space = box.space.citizen_history
    local rows = space:select({ import_id }, { limit = limit })
    for i = 1, #rows do
        space:delete({ import_id, rows[i].citizen_id, rows[i].number })
    end
    return #rows
end

imports.on_erase(erase)

return M
