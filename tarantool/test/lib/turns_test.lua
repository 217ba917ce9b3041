-- Work that arrives at once is spread over turns of the event loop.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local clock = require('clock')
local fiber = require('fiber')
local support = require('support')
local turns = require('lib.turns')

local MAX_SECONDS = 0.002

local function work(seconds)
    local stop = clock.monotonic() + seconds
    repeat
    until clock.monotonic() > stop
end

-- Begins `count` pieces of work at once. Returns, for each in the order in which they ran, its number and the time at
-- which its turn began. `cancelled`: nil, or the number of one that is cancelled while it waits.
local function run(count, seconds, cancelled)
    local await_turn = turns.create(MAX_SECONDS)
    local ran = {}
    local fibers = {}
    local done = fiber.channel(count)
    for number = 1, count do
        fibers[number] = fiber.create(function()
            local ok = pcall(await_turn)
            if ok then
                table.insert(ran, { number = number, turn = fiber.clock() })
                work(seconds)
            end
            done:put(ok)
        end)
    end
    if cancelled ~= nil then
        fibers[cancelled]:cancel()
    end
    for _ = 1, count do
        done:get()
    end
    return ran
end

support.start_box()

support.run('turns', {
    {
        'pieces that are longer than a turn run in turns of their own, in their order',
        function(t)
            local ran = run(6, 2 * MAX_SECONDS)
            for i = 2, 6 do
                t:is(ran[i].number, ran[i - 1].number + 1)
                t:ok(ran[i].turn > ran[i - 1].turn, 'a turn later')
            end
        end,
    },
    {
        'a piece whose fiber is cancelled while it waits holds up no other one',
        function(t)
            local numbers = {}
            for _, piece in ipairs(run(4, 2 * MAX_SECONDS, 3)) do
                table.insert(numbers, piece.number)
            end
            t:is_deeply(numbers, { 1, 2, 4 })
        end,
    },
})
