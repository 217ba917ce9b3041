-- Kinds of violations and their fines.

local uuid = require('uuid')
local outcomes = require('traffic.registers.outcomes')

local M = {}

local MAX_PAGE = 1000

-- row: {violation_type, fine}; a null fine: what is stored stays.
local function look(row)
    local stored = box.space.violations.index.violation_type:get({ row[1] })
    if stored ~= nil then
        return outcomes.UPDATED, stored
    end
    return row[2] ~= nil and outcomes.ADDED or outcomes.INCOMPLETE
end

local function put(row)
    local outcome, stored = look(row)
    if outcome == outcomes.ADDED then
        box.space.violations:insert({ uuid.str(), row[1], row[2] })
    elseif outcome == outcomes.UPDATED and row[2] ~= nil then
        box.space.violations:update({ stored.id }, { { '=', 'fine', row[2] } })
    end
    return outcome
end

-- The same for kinds of violations; one that is new and has no fine is incomplete.
function M.put(packed, is_dry_run)
    return outcomes.of_rows(packed, is_dry_run and look or put)
end

function M.find(id)
    return box.space.violations:get({ id })
end

-- In order of their types, after one type (nil: from the first). Returns rows and the type to go on after, nil at the
-- end.
function M.list(after, limit)
    limit = math.min(limit, MAX_PAGE)
    local key = after ~= nil and { after } or {}
    local rows = box.space.violations.index.violation_type:select(key, { iterator = 'GT', limit = limit + 1 })
    local next_after
    if #rows > limit then
        rows[#rows] = nil
        next_after = rows[#rows].violation_type
    end
    return rows, next_after
end

return M
