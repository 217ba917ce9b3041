-- svodka.registers.convicted: convicted cases with the owner's contacts and the fine.

local owners = require('traffic.registers.owners')
local violations = require('traffic.registers.violations')

local M = {}

-- Rows of one page: about 3 ms of the TX thread.
local MAX_PAGE = 500

local function describe(conviction)
    local case = box.space.cases:get({ conviction.case_no })
    local violation = violations.find(case.violation_id)
    local owner = owners.find(case.transport)
    return {
        conviction.at,
        case.case_id,
        case.transport,
        case.camera_id,
        violation ~= nil and violation.violation_type or box.NULL,
        case.violation_value,
        violation ~= nil and violation.fine or box.NULL,
        case.timestamp,
        owner ~= nil and owner.phone_number or box.NULL,
        owner ~= nil and owner.email or box.NULL,
        owner ~= nil and owner.tg or box.NULL,
        owner ~= nil and owner.vk or box.NULL,
    }
end

-- Cases decided at `from` or later and before `to` (seconds of the epoch, nil: without a limit), in order of decision,
-- after the place {at, case_no} (nil: from the first). Returns the place to go on after, nil at the end, and rows:
-- decided_at, case_id, transport, camera_id, violation_type, violation_value, fine, timestamp, phone_number, email, tg,
-- vk. O(limit * log n)
function M.page(from, to, after, limit)
    limit = math.min(limit, MAX_PAGE)
    local iterator = after ~= nil and 'GT' or 'GE'
    local key = after or { from or 0 }
    local rows = {}
    local last
    for _, conviction in box.space.case_convictions:pairs(key, { iterator = iterator }) do
        if to ~= nil and conviction.at >= to then
            break
        elseif #rows == limit then
            return { last.at, last.case_no }, rows
        end
        last = conviction
        table.insert(rows, describe(conviction))
    end
    return box.NULL, rows
end

return M
