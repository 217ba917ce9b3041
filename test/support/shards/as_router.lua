-- tarantool/app.lua that answers as a router of two sets does, without vshard: every comparison is of two sets, and set
-- b is away. Comparisons then are made by the web side from the digests of both imports.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')

local function on_two_sets()
    return box.NULL
end

exports.census['svodka.comparison.count'] = on_two_sets
exports.census['svodka.comparison.page'] = on_two_sets

local info = exports.common['svodka.service.info']

exports.common['svodka.service.info'] = function()
    local own = info()
    own.sets = { a = true, b = false }
    return own
end

local metrics = exports.common['svodka.metrics']

exports.common['svodka.metrics'] = function()
    local router = {
        counts = { calls = 7, retries = 1, refused = 2, unknown = 0, waiting = 3 },
        sets = { is_up = { a = true, b = false }, in_flight = { a = 4, b = 0 }, buckets = { a = 150, b = 150 } },
        process = metrics(),
    }
    return { sets = { a = metrics() }, router = router }
end

dofile(tarantool_dir .. '/app.lua')
