-- Photos and records of cameras, and who votes on them.

local cases = require('traffic.cases')

local M = {}

function M.become_primary()
    cases.start()
end

function M.start() end

return M
