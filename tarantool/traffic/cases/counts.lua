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

local listener

-- given: nil, or function(no, kind, key, step), called in the transaction of each change.
function M.on_change(given)
    listener = given
end

-- Part of a transaction, which changes the case `no`. step: 1 or -1.
function M.add(no, kind, key, step)
    local space = box.space.case_counts
    local row = space:get({ kind, key })
    local count = (row ~= nil and row.count or 0) + step
    if count == 0 then
        space:delete({ kind, key })
    else
        space:replace({ kind, key, count })
    end
    if listener ~= nil then
        listener(no, kind, key, step)
    end
end

return M
