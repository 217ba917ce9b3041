-- The list of changes that long polls read.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local changes = require('census.imports.changes')
local citizens = require('census.citizens')
local imports = require('census.imports')

support.start_app()

local SOME_SECONDS = 20

local function now()
    local epoch, place = changes.wait(box.NULL, box.NULL, SOME_SECONDS)
    return epoch, place
end

-- The changes after the position, as {[import id] = version}.
local function since(epoch, place, seconds)
    local _, next_place, flat = changes.wait(epoch, place, seconds or 0)
    local versions = {}
    for i = 1, #flat, 2 do
        versions[tonumber(flat[i])] = tonumber(flat[i + 1])
    end
    return versions, next_place
end

support.run('changes', {
    {
        'who has no place, or one of an earlier process, gets one at once and knows that it may have missed some',
        function(t)
            local epoch, place = now()
            for _, known in ipairs({ { box.NULL, box.NULL }, { epoch - 1, place }, { epoch - 1, place + 100 } }) do
                local started = fiber.clock()
                local answer = { changes.wait(known[1], known[2], SOME_SECONDS) }
                t:is_deeply({ answer[1], answer[2], answer[3] == nil }, { epoch, place, true })
                t:ok(fiber.clock() - started < SOME_SECONDS / 2)
            end
        end,
    },
    {
        'every change of an import is told once with its last version: chunks, publication, changes, the end',
        function(t)
            local epoch, place = now()
            local import_id = imports.stage(support.rows(1, 2), 100)
            imports.append(import_id, support.rows(3, 4), 10)
            local versions
            versions, place = since(epoch, place)
            t:is_deeply(versions, { [import_id] = 1 }, 'a chunk')
            imports.publish(import_id, 4, 600)
            versions, place = since(epoch, place)
            t:is_deeply(versions, { [import_id] = 1 }, 'the publication')
            citizens.patch(import_id, 1, { name = 'x' })
            local _, _, version = citizens.patch(import_id, 1, { name = 'y' })
            versions, place = since(epoch, place)
            t:is_deeply(versions, { [import_id] = version }, 'two changes')
            imports.delete(import_id)
            versions, place = since(epoch, place)
            t:is_deeply(versions, { [import_id] = changes.GONE }, 'the end')
            local refused = imports.stage(support.rows(1, 2), 100)
            imports.discard(refused)
            support.wait_until(function()
                return since(epoch, place)[refused] == changes.GONE
            end)
        end,
    },
    {
        'a change that is refused is not told',
        function(t)
            local import_id = imports.create(support.rows(1, 1))
            local epoch, place = now()
            support.raised(citizens.patch, import_id, 99, { name = 'x' })
            support.raised(imports.delete, import_id, { 0 })
            t:is_deeply(since(epoch, place), {})
        end,
    },
    {
        'a poll waits for the next change, and for its time at most',
        function(t)
            local import_id = imports.create(support.rows(1, 1))
            local epoch, place = now()
            local started = fiber.clock()
            t:is_deeply(since(epoch, place, 0.05), {})
            t:ok(fiber.clock() - started >= 0.04)
            local told
            local poll = fiber.new(function()
                told = since(epoch, place, SOME_SECONDS)
            end)
            poll:set_joinable(true)
            fiber.yield()
            local _, _, version = citizens.patch(import_id, 1, { name = 'x' })
            poll:join()
            t:is_deeply(told, { [import_id] = version })
            t:ok(fiber.clock() - started < SOME_SECONDS / 2)
        end,
    },
    {
        'who is too far behind is told so; who is just not, gets all',
        function(t)
            local epoch, place = now()
            for i = 1, changes.MAX_KEPT do
                changes.note(1000 + i, i)
            end
            local versions = since(epoch, place)
            t:is_deeply({ versions[1001], versions[1000 + changes.MAX_KEPT] }, { 1, changes.MAX_KEPT })
            changes.note(1, 1)
            local _, next_place, missed = changes.wait(epoch, place, SOME_SECONDS)
            t:is_deeply({ next_place, missed == nil }, { place + changes.MAX_KEPT + 1, true })
        end,
    },
})
