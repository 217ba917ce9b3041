-- tarantool/app.lua plus procedures: how long the TX thread blocked other fibers, and open cases to vote on.

local clock = require('clock')
local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')
local uuid = require('uuid')
local cases = require('traffic.cases.state')

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

-- Cases of one call: about 20 ms of the TX thread.
local PIECE = 1000

-- Open cases of skill 1; a case that went to another level is none.
local function open_cases()
    return box.space.case_rounds:len() - box.space.case_rounds.index.rank:count({ 2 }, { iterator = 'GE' })
end

-- Adds up to 1,000 cases, until there are `count` open ones of skill 1. Returns how many there are.
exports.common['svodka.bench.add_cases'] = function(count)
    local free = open_cases()
    box.atomic(function()
        local last = box.space.cases.index.pk:max()
        local no = last ~= nil and last.no or 0
        for _ = 1, math.min(PIECE, count - free) do
            no = no + 1
            local id = uuid.str()
            cases.insert({
                no,
                id,
                '1ABC2377',
                'camera',
                'violation',
                '62km/h',
                1,
                1704067200,
                'initiated',
                1,
                1,
                'camerus1',
                1,
                'hash',
                1,
                'image/png',
                id,
                '',
            })
        end
    end)
    return free + math.max(0, math.min(PIECE, count - free))
end

-- All specialists begin anew.
exports.common['svodka.bench.reset_specialists'] = function()
    for _, specialist in box.space.specialists:pairs() do
        box.space.specialists:update({ specialist.user_id }, { { '=', 'skill', 1 }, { '=', 'window', '' } })
    end
end

dofile(tarantool_dir .. '/app.lua')
