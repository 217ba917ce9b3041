-- What the web side asks to know whether it may serve.

local migrate = require('process.migrate')

local M = {}

-- Names of those that are on, set at the start.
M.wings = {}

-- Returns {schema, tarantool, wings}, the last separated by commas.
function M.info()
    return { schema = migrate.version(), tarantool = box.info.version, wings = table.concat(M.wings, ',') }
end

return M
