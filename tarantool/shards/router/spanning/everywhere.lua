-- Calls of a procedure at the primaries of all sets at once.

local errors = require('lib.errors')
local fiber = require('fiber')
local calls = require('shards.router.calls')
local routes = require('shards.router.sets.routes')

local M = {}

-- Returns by the name of the set what ask(set) returns, asked of all sets at once.
function M.of_each(ask)
    local results, fibers = {}, {}
    for _, set in ipairs(routes.sets()) do
        local asking = fiber.new(function()
            results[set.name] = ask(set)
        end)
        asking:set_joinable(true)
        table.insert(fibers, asking)
    end
    for _, asking in ipairs(fibers) do
        asking:join()
    end
    return results
end

-- Returns by the name of the set the answer of its primary. seconds: nil for the usual deadline.
function M.ask_each(name, arguments, seconds)
    return M.of_each(function(set)
        return calls.ask_set(set, name, arguments, seconds)
    end)
end

-- The same, but raises SHARD_AWAY if one does not come.
function M.ask(name, arguments)
    local answers = M.ask_each(name, arguments)
    for _, answer in pairs(answers) do
        if not answer[1] and answer[2] == 'SHARD_AWAY' then
            errors.raise('SHARD_AWAY')
        end
    end
    return answers
end

return M
