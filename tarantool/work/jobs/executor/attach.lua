-- svodka.jobs.attach, svodka.jobs.file: the file that a job makes. Its pieces are stored under the lease before the
-- outcome names them.

local lease = require('work.jobs.lease')
local limits = require('work.jobs.state.limits')

local M = {}

local KIND = 'file'

local function mark(id, lease_number)
    if not lease.require(id, lease_number).has_files then
        box.space.jobs:update({ id }, { { '=', 'has_files', true } })
    end
end

-- Stores piece 0, 1, ... Yields. Raises LEASE_LOST, OUT_OF_MEMORY, WAL_FAILED.
function M.attach(id, lease_number, piece, bytes)
    limits.require_at_most('bytes of a piece', #bytes, limits.MAX_PIECE_BYTES)
    limits.require_at_most('number of a piece', piece, limits.MAX_FILE_PIECES - 1)
    -- First, so that the piece goes with its job whatever happens next.
    box.atomic(mark, id, lease_number)
    box.space.job_pieces:replace({ id, KIND, lease_number, piece, bytes })
end

-- The bytes of a piece, or nil. Yields.
function M.piece(id, lease_number, piece)
    local row = box.space.job_pieces:get({ id, KIND, lease_number, piece })
    return row ~= nil and row.bytes or nil
end

return M
