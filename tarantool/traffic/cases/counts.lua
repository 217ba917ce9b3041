-- How many cases there are by camera, violation, status and day, kept up by the writes.

local M = {}

M.KINDS = { 'camera', 'violation', 'status', 'day' }

-- The UTC day of a moment, YYYY-MM-DD.
local function day_of(timestamp)
    return os.date('!%Y-%m-%d', math.floor(timestamp))
end

-- What a case is counted under: {[kind] = key}.
function M.keys_of(row)
    return {
        camera = row.camera_id,
        violation = row.violation_id,
        status = row.status,
        day = day_of(row.timestamp),
    }
end

-- Part of a transaction. step: 1 or -1.
function M.add(kind, key, step)
    local space = box.space.case_counts
    local row = space:get({ kind, key })
    local count = (row ~= nil and row.count or 0) + step
    if count == 0 then
        space:delete({ kind, key })
    else
        space:replace({ kind, key, count })
    end
end

-- Counts anew: {[kind] = {[key] = count}}. Looks at every case.
function M.recount()
    local counted = {}
    for _, kind in ipairs(M.KINDS) do
        counted[kind] = {}
    end
    for _, row in box.space.cases:pairs() do
        for kind, key in pairs(M.keys_of(row)) do
            counted[kind][key] = (counted[kind][key] or 0) + 1
        end
    end
    return counted
end

return M
