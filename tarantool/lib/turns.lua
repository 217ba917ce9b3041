-- Spreads calls that arrive together over several turns of the event loop, in their order. Otherwise Tarantool runs all
-- of them before any other fiber: two imports with two chunks of 3,000 rows each would hold the TX thread for 12 ms.

local clock = require('clock')
local fiber = require('fiber')

local M = {}

-- max_seconds: the age of a turn of the event loop from which on nothing more begins in it. Returns a function that
-- yields until the caller may begin; it may be a while, so what the caller has read before may be outdated.
function M.create(max_seconds)
    local last_ticket, last_begun = 0, 0
    local waiting = {}

    local function wait(ticket)
        if last_begun < ticket - 1 then
            waiting[ticket] = fiber.cond()
            waiting[ticket]:wait()
        end
        -- fiber.clock() is the time at which the turn began.
        if clock.monotonic() - fiber.clock() > max_seconds then
            fiber.sleep(0)
        end
    end

    return function()
        last_ticket = last_ticket + 1
        local ticket = last_ticket
        local ok, reason = pcall(wait, ticket)
        waiting[ticket] = nil
        last_begun = ticket
        if waiting[ticket + 1] ~= nil then
            waiting[ticket + 1]:signal()
        end
        if not ok then
            -- The fiber was cancelled.
            error(reason, 0)
        end
    end
end

return M
