-- Registers of car owners and violations: what the web side may call, and what other rooms use.

local case_links = require('traffic.cases.links')
local convicted = require('traffic.registers.convicted')
local owners = require('traffic.registers.owners')
local violations = require('traffic.registers.violations')

case_links.set_owner_finder(owners.find_contacts)

return {
    -- The row of a kind of violations, or nil.
    find_violation = violations.find,
    procedures = {
        ['svodka.registers.put_owners'] = owners.put,
        ['svodka.registers.put_violations'] = violations.put,
        ['svodka.registers.owner'] = owners.get,
        ['svodka.registers.violations'] = violations.list,
        ['svodka.registers.convicted'] = convicted.page,
    },
}
