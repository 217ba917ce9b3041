-- The position of an instance: {[instance id] = LSN}, without local writes (id 0).

local M = {}

function M.now()
    local position = {}
    for id, lsn in pairs(box.info.vclock) do
        if id ~= 0 then
            position[id] = tonumber(lsn)
        end
    end
    return position
end

-- Number of writes of `other` that are missing in `position`.
function M.missing(position, other)
    local count = 0
    for id, lsn in pairs(other) do
        count = count + math.max(0, lsn - (position[id] or 0))
    end
    return count
end

-- As a flat list {id, LSN, ...}: maps with numeric keys arrive as lists.
function M.flat(position)
    local flat = {}
    for id, lsn in pairs(position) do
        table.insert(flat, id)
        table.insert(flat, lsn)
    end
    return flat
end

function M.from_flat(flat)
    local position = {}
    for i = 1, #flat, 2 do
        position[tonumber(flat[i])] = tonumber(flat[i + 1])
    end
    return position
end

return M
