-- Begins the work of cases, on a primary only.

local numbers = require('traffic.cases.numbers')
local staging = require('traffic.cases.staging')

local M = {}

function M.start()
    numbers.start()
    staging.start()
end

return M
