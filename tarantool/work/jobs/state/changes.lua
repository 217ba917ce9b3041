-- What changed lately in any job, for those who watch.

local change_list = require('lib.change_list')

local M = {}

M.REMOVED = 0
M.PROGRESS = 1
M.STATUS = 2

M.MAX_KEPT = 8192

local list = change_list.create_ranked(M.MAX_KEPT)

-- note(job_id, what), wait(known_epoch, place, timeout_seconds).
M.note = list.note
M.wait = list.wait

return M
