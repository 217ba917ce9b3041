-- The recent changes of all imports, with their versions, for watchers.

local change_list = require('lib.change_list')

local M = {}

-- The version that means: the import was deleted or abandoned.
M.GONE = 0

M.MAX_KEPT = 4096

local list = change_list.create(M.MAX_KEPT)

-- note(import_id, version), wait(known_epoch, place, timeout_seconds).
M.note = list.note
M.wait = list.wait

return M
