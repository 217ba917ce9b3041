-- svodka.alarms.list, svodka.alarms.since, svodka.alarms.history: what there is.

local changes = require('work.alarms.changes')
local errors = require('lib.errors')
local limits = require('work.alarms.limits')
local rows = require('work.alarms.rows')

local M = {}

-- The index whose key begins with what is asked for, and this beginning.
local function index_for(state, source)
    local index = box.space.alarms.index
    if state ~= nil and source ~= nil then
        return index.source_state, { source, state }
    elseif source ~= nil then
        return index.source, { source }
    elseif state ~= nil then
        return index.state, { state }
    end
    return index.last, {}
end

-- Alarms of this state and source (nil: of any), none with a last signal before `since`, the latest signal first.
-- O(limit).
function M.list(state, source, since, limit)
    local index, key = index_for(state, source)
    local found = {}
    for _, row in index:pairs(key, { iterator = 'REQ' }) do
        if #found >= math.min(limit, limits.MAX_LISTED) or (since ~= nil and row.last_at < since) then
            break
        end
        table.insert(found, row)
    end
    return found
end

-- The version of the last change, and alarms that changed after `version`, the earliest first, `limit` at most. Without
-- a version: the open ones, in any order.
function M.since(version, limit)
    local last = box.space.alarms.index.version:max()
    local found = {}
    if version == nil then
        for _, open in box.space.alarms_open:pairs() do
            if #found >= limit then
                break
            end
            table.insert(found, box.space.alarms:get({ open.alarm_id }))
        end
    else
        found = box.space.alarms.index.version:select({ version }, { iterator = 'GT', limit = limit })
    end
    return last ~= nil and last.version or 0, found
end

-- What happened to an alarm, oldest first. Raises ALARM_NOT_FOUND.
function M.history(alarm_id)
    if box.space.alarms:get({ alarm_id }) == nil then
        errors.raise('ALARM_NOT_FOUND')
    end
    return changes.of_alarm(alarm_id)
end

-- For the operator's monitoring. O(1).
function M.measure()
    return { [rows.OPEN] = box.space.alarms_open:len() }
end

return M
