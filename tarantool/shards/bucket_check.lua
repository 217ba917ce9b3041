-- Compares which buckets the sets have. After a takeover that lost writes while a bucket was being moved, a bucket can
-- be active on two sets.

local M = {}

local IS_ACTIVE = { active = true, pinned = true }
-- On its way: vshard makes it active on one of the two sets.
local IS_MOVING = { sending = true, readonly = true, receiving = true }

local function by_generation(one, other)
    return one[2] > other[2]
end

-- of_sets: a list of what storage.buckets returns, of the primary of each set. Returns {doubled = {{bucket, {{set,
-- generation}, ...}}, ...}, missing = {bucket, ...}, moving = number}: the buckets that are active on several sets,
-- each with its sets, the highest generation first; those that no set has; and how many are on their way. A bucket that
-- arrives between two answers can seem doubled or missing: only what a second look confirms is. O(buckets).
function M.compare(of_sets, bucket_count)
    local holders, is_moving = {}, {}
    for _, one in ipairs(of_sets) do
        for _, row in ipairs(one.buckets) do
            local bucket, status, generation = row[1], row[2], row[3]
            if IS_ACTIVE[status] then
                holders[bucket] = holders[bucket] or {}
                table.insert(holders[bucket], { one.set, generation })
            elseif IS_MOVING[status] then
                is_moving[bucket] = true
            end
        end
    end
    local result = { doubled = {}, missing = {}, moving = 0 }
    for bucket = 1, bucket_count do
        local sets = holders[bucket] or {}
        if #sets > 1 then
            table.sort(sets, by_generation)
            table.insert(result.doubled, { bucket, sets })
        end
        if is_moving[bucket] then
            result.moving = result.moving + 1
        elseif #sets == 0 then
            table.insert(result.missing, bucket)
        end
    end
    return result
end

return M
