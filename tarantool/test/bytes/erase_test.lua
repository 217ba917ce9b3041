-- Deleting rows by the bytes of their keys: the fast path deletes exactly the rows that the plain path deletes.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local switch = require('bytes.quick')
local erase = require('bytes.erase')

support.start_app()

-- Every width of a MessagePack unsigned integer, at its boundaries.
local IDS = { 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991ULL }

local function fill(import_id)
    for _, citizen_id in ipairs(IDS) do
        support.insert('citizens', support.row(citizen_id, { import_id }), import_id)
    end
end

local function ids_left()
    local left = {}
    for _, citizen in box.space.citizens:pairs() do
        table.insert(left, tostring(citizen.import_id) .. '/' .. tostring(citizen.citizen_id))
    end
    return left
end

-- Deletes by either path, then rolls back. Returns the number of deleted rows and the remaining ones.
local function outcome(import_id, limit, is_quick)
    local had = switch.is_on
    switch.is_on = is_quick
    box.begin()
    local count = erase.first(box.space.citizens, import_id, limit)
    local left = ids_left()
    box.rollback()
    switch.is_on = had
    return { count, left }
end

support.run('erase', {
    {
        'the quick way is taken by this version',
        function(t)
            t:is(erase.is_possible, true)
        end,
    },
    {
        'both ways delete the first rows of one import and no others, whatever the widths of their ids',
        function(t)
            for _, import_id in ipairs(IDS) do
                fill(import_id)
            end
            for _, import_id in ipairs(IDS) do
                for _, limit in ipairs({ 0, 1, 7, #IDS, #IDS + 1, 1000 }) do
                    local quick = outcome(import_id, limit, true)
                    local what = ('%s, %d'):format(import_id, limit)
                    t:is(quick[1], math.min(limit, #IDS), what)
                    t:is(#quick[2], #IDS * #IDS - quick[1], what)
                    t:is_deeply(quick, outcome(import_id, limit, false), what)
                end
            end
        end,
    },
    {
        'of an import without rows nothing is deleted',
        function(t)
            t:is_deeply(outcome(5, 10, true), { 0, ids_left() })
            t:is_deeply(outcome(5, 10, false), { 0, ids_left() })
        end,
    },
    {
        'an error is raised, and the rows stay',
        function(t)
            local count = #ids_left()
            box.cfg({ read_only = true })
            local ok, reason = pcall(box.atomic, erase.first, box.space.citizens, 127, 5)
            box.cfg({ read_only = false })
            t:is(ok, false)
            t:is(reason.code, box.error.READONLY)
            t:is(#ids_left(), count)
        end,
    },
    {
        'the thread is not given up before the commit',
        function(t)
            local function switches()
                return fiber.info({ bt = false })[fiber.id()].csw
            end
            box.begin()
            local before = switches()
            erase.first(box.space.citizens, 127, 5)
            t:is(switches() - before, 0)
            box.rollback()
        end,
    },
})
