-- What other rooms know of a case. They register how it is found, so that this room names none of them.

local M = {}

local function find_nothing()
    return nil
end

local find_owner = find_nothing
local find_votes = find_nothing

-- find: function(transport) -> a map, or nil. It must not yield.
function M.set_owner_finder(find)
    find_owner = find
end

-- find: function(row of the case) -> a map, or nil. It must not yield.
function M.set_votes_finder(find)
    find_votes = find
end

-- A case as readers get it: {row, owner, votes}.
function M.describe(row)
    return { row, find_owner(row.transport) or box.NULL, find_votes(row) or box.NULL }
end

return M
