-- The history of citizens: what a change records, how it is read, and how it is deleted.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local citizens = require('census.citizens')
local full_disk = require('full_disk')
local history = require('census.citizens.history')
local imports = require('census.imports')

support.start_app()

-- {version, request id, cause, changes} of each entry, newest first.
local function told(import_id, citizen_id)
    local _, _, page = citizens.history(import_id, citizen_id, nil, 100)
    local list = {}
    for i, change in ipairs(page) do
        local cause = change[5] ~= nil and tonumber(change[5]) or 'none'
        list[i] = { tonumber(change[2]), change[4], cause, change[6] }
    end
    return list
end

support.run('history', {
    {
        'a change leaves the fields that it changed, before and after; what stays the same leaves nothing',
        function(t)
            local import_id = imports.create(support.rows(1, 2))
            local before = fiber.time()
            local _, _, version =
                citizens.patch(import_id, 1, { name = 'Яна', town = 'Псков' }, nil, 'request-1')
            citizens.patch(import_id, 1, { name = 'Яна', relatives = {} }, nil, 'request-2')
            t:is_deeply(told(import_id, 1), { { version, 'request-1', 'none', { name = { 'Иван', 'Яна' } } } })
            local _, _, page = citizens.history(import_id, 1, nil, 1)
            t:ok(page[1][3] >= before and page[1][3] <= fiber.time())
            t:is_deeply(told(import_id, 2), {})
        end,
    },
    {
        'a change of relatives stands in the histories of both sides',
        function(t)
            local import_id = imports.create(support.rows(1, 3))
            local _, _, first = citizens.patch(import_id, 1, { relatives = { 2, 3 } }, nil, 'a')
            local _, _, second = citizens.patch(import_id, 1, { relatives = { 3 } }, nil, 'b')
            t:is_deeply(told(import_id, 1), {
                { second, 'b', 'none', { relatives = { { 2, 3 }, { 3 } } } },
                { first, 'a', 'none', { relatives = { {}, { 2, 3 } } } },
            })
            t:is_deeply(told(import_id, 2), {
                { second, 'b', 1, { relatives = { { 1 }, {} } } },
                { first, 'a', 1, { relatives = { {}, { 1 } } } },
            })
            t:is(#told(import_id, 3), 1)
        end,
    },
    {
        'long lists of relatives are kept as their lengths',
        function(t)
            local import_id = imports.create(support.rows(1, 1002))
            local all = {}
            for id = 2, 1002 do
                all[id - 1] = id
            end
            citizens.patch(import_id, 1, { relatives = all })
            t:is_deeply(told(import_id, 1)[1][4], { relatives = { {}, 1001 } })
        end,
    },
    {
        'pages go from the newest to the oldest and end with the citizen',
        function(t)
            local import_id = imports.create(support.rows(1, 3))
            for _, citizen_id in ipairs({ 1, 2, 3 }) do
                for i = 1, 5 do
                    citizens.patch(import_id, citizen_id, { apartment = 100 + i })
                end
            end
            local found, below = {}, nil
            repeat
                local version, go_on, page = citizens.history(import_id, 2, below, 2)
                t:is(version, (imports.state(import_id)))
                for _, change in ipairs(page) do
                    table.insert(found, change[6].apartment[2])
                end
                below = go_on
            until below == nil
            t:is_deeply(found, { 105, 104, 103, 102, 101 })
            t:is(support.raised(citizens.history, import_id, 4, nil, 1), 'CITIZEN_NOT_FOUND')
            t:is(support.raised(citizens.history, 999999, 1, nil, 1), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'the oldest changes go when there are too many',
        function(t)
            local most = history.MAX_KEPT
            history.MAX_KEPT = 3
            local import_id = imports.create(support.rows(1, 1))
            for i = 1, 10 do
                citizens.patch(import_id, 1, { apartment = 100 + i })
            end
            history.MAX_KEPT = most
            local kept = {}
            for i, change in ipairs(told(import_id, 1)) do
                kept[i] = change[4].apartment[2]
            end
            t:is_deeply(kept, { 110, 109, 108 })
        end,
    },
    {
        'a change that is refused or not written leaves no history',
        function(t)
            local import_id = imports.create(support.rows(1, 2))
            support.raised(citizens.patch, import_id, 1, { name = 'x', relatives = { 99 } })
            full_disk.with_full_disk(function()
                pcall(citizens.patch, import_id, 1, { name = 'x' })
            end)
            t:is_deeply(told(import_id, 1), {})
        end,
    },
    {
        'it goes with its import, in pieces, and that of others stays',
        function(t)
            local kept = imports.create(support.rows(1, 2))
            local import_id = imports.create(support.rows(1, 700))
            citizens.patch(kept, 1, { name = 'x' })
            local all = {}
            for id = 2, 700 do
                all[id - 1] = id
            end
            citizens.patch(import_id, 1, { relatives = all })
            t:is(box.space.citizen_history:count({ import_id }), 700)
            imports.delete(import_id)
            support.wait_until(function()
                return box.space.imports:get({ import_id }) == nil
            end)
            t:is(box.space.citizen_history:count({ import_id }), 0)
            t:is(box.space.citizen_history:count({ kept }), 1)
        end,
    },
})
