-- Whether procedures are being called: what only matters to their callers rests while there are none.

local fiber = require('fiber')

local M = {}

local calls = 0
local called = fiber.cond()
local is_awaited = false

-- A procedure is being called. O(1), does not yield.
function M.note()
    calls = calls + 1
    if is_awaited then
        is_awaited = false
        called:broadcast()
    end
end

-- The number of calls since the start.
function M.count()
    return calls
end

-- Waits until there have been more calls than count() returned earlier.
function M.wait_beyond(count)
    while calls == count do
        is_awaited = true
        called:wait()
    end
end

return M
