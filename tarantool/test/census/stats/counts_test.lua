-- counts and recount: the kept counts match the citizens after any writes, and a recount reports every mismatch.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local counts = require('census.stats.counts')
local checks = require('census.checks')
local citizens = require('census.citizens')
local imports = require('census.imports')
local scan = require('lib.scan')

support.start_app()

local SEED = tonumber(os.getenv('SVODKA_TEST_SEED') or os.time())
local TOWNS = { 'А', 'Б', 'В\0', 'Г' }

local function random_date()
    return math.random(1930, 1933) * 10000 + math.random(12) * 100 + math.random(28)
end

-- Distinct ids from 1 to `count`, except one.
local function random_relatives(count, without)
    local list, seen = {}, { [without] = true }
    for _ = 1, math.random(0, 5) do
        local id = math.random(count)
        if not seen[id] then
            seen[id] = true
            table.insert(list, id)
        end
    end
    return list
end

local function random_patch(import_id, count)
    local id = math.random(count)
    local changes = {}
    if math.random() < 0.5 then
        changes.town = TOWNS[math.random(#TOWNS)]
    end
    if math.random() < 0.5 then
        changes.birth_date = random_date()
    end
    if math.random() < 0.3 then
        changes.gender = math.random() < 0.5 and 'male' or 'female'
    end
    if math.random() < 0.5 then
        changes.relatives = random_relatives(count, id)
    end
    citizens.patch(import_id, id, changes)
end

local function no_differences(t, import_id, what)
    local version, count, named = checks.recount(import_id)
    t:is(version, imports.published(import_id).version)
    t:is_deeply({ count, named }, { 0, {} }, what)
end

-- 3,000 citizens, so that a recount pauses; every second citizen is a relative of the next.
local function import_of_pieces()
    local rows = support.tuples(1, 3000)
    for id = 1, 3000 do
        rows[id][3] = TOWNS[id % 4 + 1]
        rows[id][8] = (1000 + id) * 10000 + (1 + id % 12) * 100 + 1 + id % 28
        rows[id][10] = { id % 2 == 0 and id - 1 or id + 1 }
    end
    return support.import(support.pack(rows))
end

-- Runs a recount in small pieces while some fibers call change(), at least once between two pieces. Returns the
-- recount's results, the number of pauses, and the number of calls.
local function recount_while(import_id, change)
    local blocks_at_once, piece, pause = checks.BLOCKS_AT_ONCE, scan.PIECE, checks.pause
    checks.BLOCKS_AT_ONCE, scan.PIECE = 1, 50
    local is_over, calls, pauses = false, 0, 0
    function checks.pause()
        pauses = pauses + 1
        -- On a busy machine the log, which changes wait for, is slower than the recount.
        local calls_before = calls
        repeat
            pause()
        until calls > calls_before
    end
    local writers = {}
    for i = 1, 10 do
        writers[i] = fiber.new(function()
            while not is_over do
                change()
                calls = calls + 1
                fiber.sleep(0)
            end
        end)
        writers[i]:set_joinable(true)
    end
    local result = { pcall(checks.recount, import_id) }
    is_over = true
    for i = 1, #writers do
        writers[i]:join()
    end
    checks.BLOCKS_AT_ONCE, scan.PIECE, checks.pause = blocks_at_once, piece, pause
    return result, pauses, calls
end

support.run('counts', {
    {
        'an import that was counted is right, and stays so through any changes',
        function(t)
            math.randomseed(SEED)
            for _, count in ipairs({ 1, 2, 30, 600 }) do
                local rows = {}
                for id = 1, count do
                    rows[id] = support.row(id, { [3] = TOWNS[id % 4 + 1], [8] = random_date() })
                end
                local import_id = support.import(support.pack(rows))
                no_differences(t, import_id, count .. ' citizens as imported')
                for _ = 1, 300 do
                    random_patch(import_id, count)
                end
                no_differences(t, import_id, ('%d citizens, changed by seed %d'):format(count, SEED))
            end
        end,
    },
    {
        'a change of anything else leaves the counts untouched',
        function(t)
            local import_id = support.import(support.rows(1, 3))
            local lsn = box.info.lsn
            citizens.patch(import_id, 1, { name = 'x', street = 'y', apartment = 9 })
            t:is(box.info.lsn - lsn, 3, 'the citizen, its history and the version are all that is written')
        end,
    },
    {
        'a change that is refused leaves the counts as they were',
        function(t)
            local import_id = support.import(support.rows(1, 3))
            t:is(
                support.raised(citizens.patch, import_id, 1, { town = 'Б', relatives = { 2, 9 } }),
                'RELATIVES_NOT_FOUND'
            )
            box.rollback()
            no_differences(t, import_id)
        end,
    },
    {
        'a recount is not held up by changes, and counts them in',
        function(t)
            math.randomseed(SEED)
            local import_id = import_of_pieces()
            for round = 1, support.rounds(20) do
                local result, pauses, calls = recount_while(import_id, function()
                    random_patch(import_id, 3000)
                end)
                t:ok(pauses >= 60 and calls >= pauses, ('%d changes in %d pauses'):format(calls, pauses))
                t:is_deeply({ result[1], result[3], result[4], result[5] }, { true, 0, {}, 3000 }, 'round ' .. round)
            end
            no_differences(t, import_id, 'and afterwards')
        end,
    },
    {
        'a recount counts nothing of what is rolled back meanwhile',
        function(t)
            local import_id = import_of_pieces()
            local patched = 0
            local result = recount_while(import_id, function()
                patched = patched % 3000 + 1
                local before = box.space.citizens:get(support.citizen_key(import_id, patched))
                pcall(box.atomic, function()
                    local after =
                        box.space.citizens:update(support.citizen_key(import_id, patched), { { '=', 'town', 'Г' } })
                    counts.follow(before, after, false)
                    error('refused', 0)
                end)
            end)
            t:is_deeply({ result[1], result[3] }, { true, 0 })
        end,
    },
    {
        'a wrong count is found while others change',
        function(t)
            local import_id = import_of_pieces()
            box.atomic(counts.births.apply, import_id, 'Я', { [1] = 7 })
            local result = recount_while(import_id, function()
                random_patch(import_id, 3000)
            end)
            t:is_deeply({ result[3], result[4] }, { 1, { { 'births', 'Я', 1, -7 } } })
        end,
    },
    {
        'one import is counted anew at a time, to its end or until it is deleted',
        function(t)
            local import_id, other = import_of_pieces(), support.import(support.rows(1, 1))
            local codes = {}
            local result = recount_while(import_id, function()
                codes[support.raised(checks.recount, other)] = true
            end)
            t:is_deeply({ result[1], codes }, { true, { RECOUNT_RUNNING = true } })
            no_differences(t, other, 'then the next')
            local deleted = recount_while(import_id, function()
                pcall(imports.delete, import_id)
            end)
            t:is(deleted[2].code, 'IMPORT_NOT_FOUND')
            no_differences(t, other, 'and after one that failed')
            t:is(support.raised(checks.recount, 999999), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'imports of no citizen, a piece to the last row, and one row more are counted whole, without their neighbours',
        function(t)
            for _, count in ipairs({ 0, 1, 999, 1000, 1001, 2000 }) do
                local import_id = support.import(support.rows(1, count))
                t:is((select(4, checks.recount(import_id))), count, count .. ' citizens')
                no_differences(t, import_id)
            end
        end,
    },
    {
        'the recount tells each count that is wrong, by how much',
        function(t)
            local import_id = support.import(support.pack({
                support.row(1, { [10] = { 2 } }),
                support.row(2, { [10] = { 1 }, [8] = 19900230, [9] = 'female' }),
            }))
            box.atomic(counts.births.apply, import_id, 'Псков', { [2 * 19900230 + 1] = 2, [7] = 1 })
            box.atomic(counts.presents.apply, import_id, 2, { [1] = -1 })
            local _, count, named = checks.recount(import_id)
            table.sort(named, function(a, b)
                return a[3] < b[3]
            end)
            t:is(count, 3)
            t:is_deeply(named, {
                { 'presents', '2', 1, 1 },
                { 'births', 'Псков', 7, -1 },
                { 'births', 'Псков', 2 * 19900230 + 1, -2 },
            })
            box.space.births:update({ import_id, '', 0 }, { { '+', 'total', 1 } })
            t:is((select(2, checks.recount(import_id))), 4, 'a total that is no sum too')
        end,
    },
    {
        'what is swept takes its counts along, and no others',
        function(t)
            local kept = support.import(support.rows(1, 3))
            local packed = support.pack({ { { 0, 'Псков', 0, 1, '\1\0\0\0\1\0\0\0' } }, {} })
            local import_id = imports.stage(support.rows(1, 2), 20, nil, packed)
            imports.append(import_id, support.pack({}), 0, support.pack({ {}, { { 0, 3, 0, 1, ('x'):rep(12) } } }))
            t:is_deeply({ box.space.births:count({ import_id }), box.space.presents:count({ import_id }) }, { 1, 1 })
            imports.discard(import_id)
            support.wait_until(function()
                return box.space.imports:get({ import_id }) == nil
            end)
            t:is_deeply({ box.space.births:count({ import_id }), box.space.presents:count({ import_id }) }, { 0, 0 })
            no_differences(t, kept)
        end,
    },
    {
        'counting older imports goes on where it was left',
        function(t)
            local rows = support.tuples(1, 2500)
            for id = 1, 2500, 2 do
                rows[id][10], rows[id + 1][10] = { id + 1 }, { id }
            end
            local at_once = counts.COUNTED_AT_ONCE
            counts.COUNTED_AT_ONCE = 1000
            local import_id = imports.create(support.pack(rows))
            box.space.uncounted_imports:insert({ import_id })
            local function cut(before)
                if before ~= nil and before.counted_to ~= nil then
                    error('the power is cut', 0)
                end
            end
            box.space.uncounted_imports:on_replace(cut)
            t:like(support.raised(counts.count_older_imports), 'the power is cut')
            box.rollback()
            box.space.uncounted_imports:on_replace(nil, cut)
            t:is(box.space.uncounted_imports:get({ import_id }).counted_to, 1000)
            counts.count_older_imports()
            counts.COUNTED_AT_ONCE = at_once
            t:is(box.space.uncounted_imports:len(), 0)
            no_differences(t, import_id)
        end,
    },
})
