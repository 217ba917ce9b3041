-- Sets of specialists as texts: ids in order, each eight hexadecimal digits and a semicolon. As part of an index they
-- keep cases together that the same specialists had.

local M = {}

local ITEM_LENGTH = 9

M.NOBODY = ''

local function item(user_id)
    return ('%08x;'):format(user_id)
end

-- Where the id begins in the text, or nil. O(ids)
local function find(had, user_id)
    local wanted = item(user_id)
    for at = 1, #had, ITEM_LENGTH do
        if had:sub(at, at + ITEM_LENGTH - 1) == wanted then
            return at
        end
    end
end

function M.has(had, user_id)
    return find(had, user_id) ~= nil
end

-- The set with this id.
function M.add(had, user_id)
    if find(had, user_id) ~= nil then
        return had
    end
    local added = item(user_id)
    local at = 1
    while at <= #had and had:sub(at, at + ITEM_LENGTH - 1) < added do
        at = at + ITEM_LENGTH
    end
    return had:sub(1, at - 1) .. added .. had:sub(at)
end

-- A text that is after all sets that begin as this one does up to the id, all of which have it; before all others that
-- are after this one. The id must be in the set.
function M.after(had, user_id)
    return had:sub(1, find(had, user_id) + ITEM_LENGTH - 2) .. '~'
end

return M
