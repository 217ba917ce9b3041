-- svodka.jobs.renew: an executor is alive and still runs these jobs.

local clock = require('work.jobs.state.clock')
local holders = require('work.jobs.state.holders')
local take = require('work.jobs.executor.take')

local M = {}

-- holdings: flat list id, lease, id, lease ... Returns the steady clock, a list of ids that are not the executor's any
-- more, and a list of ids whose end is asked for. Writes nothing, without a yield. O(holdings). Raises READ_ONLY.
function M.renew(executor_name, holdings)
    take.require_primary()
    holders.executor(executor_name)
    local lost, cancelled = {}, {}
    for i = 1, #holdings, 2 do
        local id = holdings[i]
        local hold = holders.find(id, holdings[i + 1], executor_name)
        if hold == nil then
            table.insert(lost, id)
        else
            holders.renew(hold)
            if hold.is_cancelled then
                table.insert(cancelled, id)
            end
        end
    end
    return clock.steady(), lost, cancelled
end

return M
