-- tarantool/app.lua plus a procedure that reports how long the TX thread blocked other fibers.

local clock = require('clock')
local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')

local PAUSE_SECONDS = 0.001

-- How many milliseconds later than PAUSE_SECONDS a sleeping fiber woke up.
local waits = {}

fiber.create(function()
    fiber.name('stall_probe')
    while true do
        local before = clock.monotonic()
        fiber.sleep(PAUSE_SECONDS)
        table.insert(waits, (clock.monotonic() - before - PAUSE_SECONDS) * 1000)
    end
end)

-- Returns the waits since the previous call: the longest, the 99th percentile, and their number.
exports.common['svodka.bench.stalls'] = function()
    local told = waits
    waits = {}
    table.sort(told)
    return told[#told], told[math.ceil(#told * 0.99)], #told
end

dofile(tarantool_dir .. '/app.lua')
