-- What becomes of the rows of a file.

local M = {}

M.ADDED = 1
M.UPDATED = 2
-- A new row without a value that it needs.
M.INCOMPLETE = 3

-- A transaction of this many rows takes about 5 ms of the TX thread.
local MAX_ROWS = 500

-- Calls act(row) -> outcome for each row, in one transaction. Returns the outcomes.
function M.of_rows(rows, act)
    if #rows > MAX_ROWS then
        error('too many rows for one transaction')
    end
    return box.atomic(function()
        local found = {}
        for i, row in ipairs(rows) do
            found[i] = act(row)
        end
        return found
    end)
end

return M
