-- What changed lately in any import, under its last version, for those who watch.

local change_list = require('lib.change_list')

local M = {}

-- The version that stands for an import which is no more.
M.GONE = 0

M.MAX_KEPT = 4096

local list = change_list.create(M.MAX_KEPT)

-- note(import_id, version), wait(known_epoch, place, timeout_seconds).
M.note = list.note
M.wait = list.wait

return M
