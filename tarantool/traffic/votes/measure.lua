-- What the operator's monitoring asks of votes. Neither yields nor writes; O(statuses).

local M = {}

local function cases_in(status)
    local row = box.space.case_counts:get({ 'status', status })
    return row ~= nil and row.count or 0
end

-- Cases by status, holds, votes stored, and specialists.
function M.measure()
    local measures = {
        holds = box.space.case_holds:len(),
        votes = box.space.votes:len(),
        specialists = box.space.specialists:len(),
    }
    for _, status in ipairs({ 'initiated', 'extended', 'justified', 'convicted' }) do
        measures[status] = cases_in(status)
    end
    return measures
end

return M
