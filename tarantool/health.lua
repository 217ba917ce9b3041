-- What the web side asks to know whether it may serve.

local migrate = require('process.migrate')

local M = {}

-- Returns {schema, tarantool}.
function M.info()
    return { schema = migrate.version(), tarantool = box.info.version }
end

return M
