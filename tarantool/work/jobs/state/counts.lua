-- How many jobs there are by user, type and status, kept up by the steps that change them.

local M = {}

local TYPES = { 'script', 'run' }
local OPEN = { 'enqueued', 'working' }

-- What a step adds and takes away: {[user] = {[type] = {[status] = count}}}, so that a step of many jobs writes few
-- rows.
function M.create_delta()
    return {}
end

local function branch(tree, key)
    local found = tree[key]
    if found == nil then
        found = {}
        tree[key] = found
    end
    return found
end

function M.add(delta, user, kind, status, count)
    local by_status = branch(branch(delta, user), kind)
    by_status[status] = (by_status[status] or 0) + count
end

-- Part of a transaction.
function M.apply(delta)
    for user, by_type in pairs(delta) do
        for kind, by_status in pairs(by_type) do
            for status, count in pairs(by_status) do
                if count ~= 0 then
                    box.space.job_counts:upsert({ user, kind, status, count }, { { '+', 'count', count } })
                end
            end
        end
    end
end

local function stored(user, kind, status)
    local row = box.space.job_counts:get({ user, kind, status })
    return row ~= nil and row.count or 0
end

-- Jobs of the user that have not ended, those of the step included. O(types).
function M.open(delta, user)
    local total = 0
    for _, kind in ipairs(TYPES) do
        local by_status = delta[user] ~= nil and delta[user][kind] or {}
        for _, status in ipairs(OPEN) do
            total = total + stored(user, kind, status) + (by_status[status] or 0)
        end
    end
    return total
end

-- Stored jobs that fit the filter {user, type, status}, each of which may be nil. O(users) without a user.
function M.total(filter)
    local total = 0
    local key = filter.user ~= nil and { filter.user } or {}
    for _, row in box.space.job_counts:pairs(key) do
        local fits = (filter.type == nil or row.type == filter.type)
            and (filter.status == nil or row.status == filter.status)
        if fits then
            total = total + row.count
        end
    end
    return total
end

return M
