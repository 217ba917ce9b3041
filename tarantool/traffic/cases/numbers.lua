-- Numbers of cases, in the order in which they are given. Kept in memory: a sequence would write to the log for each.

local M = {}

local last = 0

local function highest(space)
    local row = box.space[space].index.pk:max()
    return row ~= nil and tonumber(row[1]) or 0
end

-- Numbers that anything is stored under are not given again. A photo has a record or a leftover beside it; its space is
-- not asked, since that would read a page of each of its files.
function M.start()
    for _, space in ipairs({ 'cases', 'case_records', 'case_leftovers' }) do
        last = math.max(last, highest(space))
    end
end

function M.next()
    last = last + 1
    return last
end

return M
