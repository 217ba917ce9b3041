-- What changed lately in any workflow, for those who watch.

local change_list = require('lib.change_list')

local M = {}

M.REMOVED = 0
M.LOG = 1
M.STATUS = 2
M.TREE = 3

local MAX_KEPT = 8192

local list = change_list.create_ranked(MAX_KEPT)

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
