-- What changed lately in any workflow, for those who watch.

local change_list = require('lib.change_list')

local M = {}

M.REMOVED = 0
M.LOG = 1
M.STATUS = 2
M.TREE = 3

local MAX_KEPT = 8192

-- A change of the status is not hidden by one of a log after it, nor is a removal.
local list = change_list.create(MAX_KEPT, function(earlier, value)
    if earlier == nil or value == M.REMOVED then
        return value
    end
    return math.max(earlier, value)
end)

-- note(workflow_id, what), wait(known_epoch, place, timeout_seconds).
M.note = list.note
M.wait = list.wait

-- Part of a step: noted once it is committed.
function M.note_later(step, workflow_id, what)
    table.insert(step.done, function()
        list.note(workflow_id, what)
    end)
end

return M
