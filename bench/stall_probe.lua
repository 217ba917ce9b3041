-- tarantool/app.lua with a procedure that tells how long the TX thread kept others waiting.

local clock = require('clock')
local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')

local PAUSE_SECONDS = 0.001

-- Milliseconds that a fiber which wanted to go on after PAUSE_SECONDS had to wait longer.
local waits = {}

fiber.create(function()
    fiber.name('stall_probe')
    while true do
        local before = clock.monotonic()
        fiber.sleep(PAUSE_SECONDS)
        table.insert(waits, (clock.monotonic() - before - PAUSE_SECONDS) * 1000)
    end
end)

-- Returns the waits since the last call: the longest, the 99th percentile, how many there were.
exports.common['svodka.bench.stalls'] = function()
    local told = waits
    waits = {}
    table.sort(told)
    return told[#told], told[math.ceil(#told * 0.99)], #told
end

dofile(tarantool_dir .. '/app.lua')
