-- What becomes of the rows of a file.

local msgpack = require('msgpack')

local M = {}

M.ADDED = 'added'
M.UPDATED = 'updated'
-- A new row without a value that it needs.
M.INCOMPLETE = 'incomplete'

-- A transaction of this many rows takes about 5 ms of the TX thread.
local MAX_ROWS = 500

-- packed: rows as MessagePack, their key first. Calls act(row) -> outcome for each, in one transaction. Returns the
-- number of rows added, the keys of those updated, and the places (from 0) of those that are incomplete.
function M.of_rows(packed, act)
    local rows = msgpack.decode(packed)
    if #rows > MAX_ROWS then
        error('too many rows for one transaction')
    end
    return box.atomic(function()
        local added = 0
        local updated, incomplete = {}, {}
        for i, row in ipairs(rows) do
            local outcome = act(row)
            if outcome == M.ADDED then
                added = added + 1
            elseif outcome == M.UPDATED then
                table.insert(updated, row[1])
            else
                table.insert(incomplete, i - 1)
            end
        end
        return added, updated, incomplete
    end)
end

return M
