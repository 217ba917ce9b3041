-- What the service needs to know to be ready.

local migrate = require('process.migrate')

local M = {}

-- Names of the wings that are switched on; set at the start.
M.wings = {}

-- Returns {schema, tarantool, wings}; wings is a comma-separated list.
function M.info()
    return { schema = migrate.version(), tarantool = box.info.version, wings = table.concat(M.wings, ',') }
end

return M
