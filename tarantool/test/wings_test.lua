-- wings: a disabled wing is absent.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local exports = require('exports')
local wings = require('wings')

support.start_app({}, { 'census' })

local function fiber_names()
    local names = {}
    for _, info in pairs(fiber.info({ bt = false })) do
        names[info.name] = true
    end
    return names
end

local function is_of(wing, name)
    return exports[wing][name] ~= nil
end

support.run('wings', {
    {
        'each has a list of procedures, and none is in two of them',
        function(t)
            local seen = {}
            for _, list in pairs(exports) do
                for name in pairs(list) do
                    t:is(seen[name], nil, name)
                    seen[name] = true
                end
            end
            for _, name in ipairs(wings.NAMES) do
                t:ok(next(exports[name]) ~= nil, name)
            end
        end,
    },
    {
        'one that is off has no procedures, and the common ones are there without any',
        function(t)
            for name in pairs(wings.procedures(exports, { 'work' })) do
                t:ok(is_of('work', name) or is_of('common', name), name)
            end
            t:is_deeply(wings.procedures(exports, {}), exports.common)
            t:is(box.func['svodka.jobs.create'], nil, 'none can be called')
            t:ok(box.func['svodka.imports.create'] ~= nil)
        end,
    },
    {
        'one that is off has no fibers',
        function(t)
            local names = fiber_names()
            t:ok(names.import_sweeper and names.key_expirer and names.filter_indexer)
            t:is(names.job_timer, nil)
            t:is(names.job_cleaner, nil)
        end,
    },
    {
        'one that is switched on later finds its data',
        function(t)
            wings.become_primary({ 'work' }, {})
            local names = fiber_names()
            t:ok(names.job_timer and names.job_cleaner)
        end,
    },
})
