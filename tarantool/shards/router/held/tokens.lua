-- Names for what this router stages and claims at storages. There all of it belongs to the session of one connection,
-- so the tokens of web processes, which are unique within their own sessions only, are replaced.

local M = {}

local last = 0

function M.next()
    last = last + 1
    return last
end

return M
