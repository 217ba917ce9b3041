-- svodka.jobs.payload, svodka.jobs.update_payload: what a job keeps from one attempt to the next.

local lease = require('work.jobs.lease')
local limits = require('work.jobs.state.limits')
local read = require('work.jobs.read')

local M = {}

local function replace(id, lease_number, payload)
    lease.require(id, lease_number)
    box.space.job_payloads:replace({ id, lease_number, payload })
end

-- payload: a string, 1 MiB at most. Raises LEASE_LOST, READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.update(id, lease_number, payload)
    limits.require_at_most('bytes of a payload', #payload, limits.MAX_PAYLOAD_BYTES)
    box.atomic(replace, id, lease_number, payload)
end

-- The payload, or nil. Raises JOB_NOT_FOUND.
function M.get(id)
    read.require(id)
    local row = box.space.job_payloads:get({ id })
    return row ~= nil and row.payload or nil
end

return M
