-- Reads the tuples of an import from a space whose primary index begins with the id of the import, or with its bucket
-- and its id (shards/buckets.lua).

local buckets = require('shards.buckets')

local M = {}

-- Reading and visiting 1,000 tuples takes about 0.4 ms.
M.PIECE = 1000

-- The key and the iterator to start with: the parts that name the import, or the whole key with the values of `after`.
local function start_at(space, import_id, after)
    local key = buckets.start_key(space, import_id)
    if after == nil then
        return key, 'EQ'
    end
    for i = 1, #after do
        table.insert(key, after[i])
    end
    return key, 'GT'
end

-- The import's next tuples, at most `limit`, in order of the primary index. after: the other parts of the key of the
-- preceding tuple, as a list; nil: start with the first one. O(log n + limit).
function M.select(space, import_id, after, limit)
    local key, iterator = start_at(space, import_id, after)
    local rows = space:select(key, { iterator = iterator, limit = limit })
    -- GT does not stop at the end of the import.
    local count = #rows
    while count > 0 and rows[count].import_id ~= import_id do
        rows[count] = nil
        count = count - 1
    end
    return rows
end

-- The same, one by one, for `for ... in`.
function M.each(space, import_id, after)
    local key, iterator = start_at(space, import_id, after)
    local next_tuple, param, state = space:pairs(key, { iterator = iterator })
    return function()
        local tuple
        state, tuple = next_tuple(param, state)
        if state ~= nil and tuple.import_id == import_id then
            return tuple
        end
    end
end

-- Calls visit(tuple) for each of the import's tuples in order, and pause() after each piece but the last.
function M.rows(space, import_id, pause, visit)
    local parts = space.index[0].parts
    local first = #buckets.start_key(space, import_id) + 1
    local after
    while true do
        local rows = M.select(space, import_id, after, M.PIECE)
        for i = 1, #rows do
            visit(rows[i])
        end
        if #rows < M.PIECE then
            return
        end
        pause()
        after = {}
        for i = first, #parts do
            table.insert(after, rows[#rows][parts[i].fieldno])
        end
    end
end

return M
