-- Whether somebody works on a job under a lease.

local errors = require('lib.errors')
local moves = require('work.jobs.state.moves')

local M = {}

-- The row of the job that is working under this lease, or nil.
function M.find(id, lease)
    local row = box.space.jobs:get({ id })
    if row ~= nil and row.status == moves.WORKING and row.lease == lease then
        return row
    end
end

-- The same; raises LEASE_LOST.
function M.require(id, lease)
    local row = M.find(id, lease)
    if row == nil then
        errors.raise('LEASE_LOST')
    end
    return row
end

return M
