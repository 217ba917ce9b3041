-- Filters by index return the same citizens in the same order as a full scan, while the index is built, maintained and
-- dropped.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local full_disk = require('full_disk')
local support = require('support')
local citizens = require('census.citizens')
local filter_index = require('census.citizens.filter_index')
local filter_model = require('filter_model')
local find = require('census.citizens.find')
local imports = require('census.imports')

support.start_app()

local MUCH, expected_ids, found_ids = filter_model.MUCH, filter_model.expected_ids, filter_model.found_ids
local TOWNS = { 'Керчь', 'Керчь ', 'К', 'Ялта', 'Ё' }
-- Some share a prefix longer than the index stores; one contains the padding character.
local LONG = 'Константинопольский-'
local NAMES = { 'Иван', 'Иванов', 'иван', 'Ян', 'Ян\0а', LONG .. 'Я', LONG .. 'Ю', 'И' }
local PREFIXES = { 'И', 'Иван', 'Ян\0', 'x', '\208', LONG, LONG .. 'Я', '\0' }
local GENDERS = { 'male', 'female' }
local DAYS = { 19000101, 19800101, 19800102, 19991231, 20000229 }
-- Values on both sides of the limit above which Lua uses cdata.
local LARGE = { 100000000000000ULL, 9007199254740991ULL }

local defaults = {}
for name, value in pairs(filter_index) do
    defaults[name] = value
end

local function set(settings)
    for name, value in pairs(settings) do
        filter_index[name] = value
    end
end

local function reset()
    set(defaults)
    for _, import in box.space.imports:pairs() do
        filter_index.drop(import.import_id)
    end
end

local function pick(list)
    return list[math.random(#list)]
end

local function sometimes(list)
    return math.random() < 0.4 and pick(list) or nil
end

local function random_fields()
    return { [3] = pick(TOWNS), [7] = pick(NAMES), [8] = pick(DAYS), [9] = pick(GENDERS) }
end

local function make_import(count)
    local rows = {}
    for i = 1, count do
        rows[i] = support.row(LARGE[i] or i * 3, random_fields())
    end
    return support.import(support.pack(rows))
end

local function random_filter()
    return {
        town = sometimes(TOWNS),
        gender = sometimes(GENDERS),
        born_from = sometimes(DAYS),
        born_to = sometimes(DAYS),
        name_prefix = sometimes(PREFIXES),
    }
end

local function is_whole(import_id)
    return select(2, filter_index.state(import_id))
end

-- Queries, and waits until every missing index is built.
local function build(import_id)
    find.page(import_id, { town = 'x' }, nil, 1, nil, MUCH)
    filter_index.build(import_id)
    return filter_index.state(import_id)
end

local function random_patch(import_id)
    local citizen = pick(box.space.citizens:select(support.key(import_id)))
    local fields = random_fields()
    local changes = { town = fields[3], name = fields[7], birth_date = fields[8], gender = fields[9] }
    changes[pick({ 'town', 'name', 'birth_date', 'gender' })] = nil
    citizens.patch(import_id, citizen.citizen_id, changes)
end

-- Compares random queries. Returns the number of wrong answers.
local function count_wrong(t, import_id, questions)
    local wrong = 0
    for _ = 1, questions do
        local filter = random_filter()
        local found = found_ids(import_id, filter, pick({ 1, 3, 1000 }))
        if found ~= expected_ids(import_id, filter) then
            wrong = wrong + 1
            t:diag(require('json').encode(filter))
        end
    end
    return wrong
end

local SMALL = { MIN_CITIZENS = 1, SEGMENT_CITIZENS = 7, MAX_TOUCHED = 2 }

support.run('filter index', {
    {
        'this Tarantool has what it needs',
        function(t)
            t:is(require('bytes.segment').is_possible, true)
        end,
    },
    {
        'finds what a look at every citizen finds, in the same order, through any changes while it is made and after',
        function(t)
            set(SMALL)
            local most_cost = find.MAX_COST
            local wrong, questions_while_made = 0, 0
            for _, count in ipairs({ 1, 7, 8, 14, 150, 150, 150 }) do
                make_import(20)
                local import_id = make_import(count)
                make_import(20)
                for _ = 1, 40 do
                    find.MAX_COST = pick({ 1, 5, 1000 })
                    wrong = wrong + count_wrong(t, import_id, 5)
                    questions_while_made = questions_while_made + (is_whole(import_id) and 0 or 5)
                    random_patch(import_id)
                end
                t:is(wrong, 0, count)
                t:is(is_whole(import_id), true, 'it was made meanwhile')
            end
            t:ok(questions_while_made > 20, 'some were asked before')
            find.MAX_COST = most_cost
            reset()
        end,
    },
    {
        'finds the same when there is only room for a part of it',
        function(t)
            set(SMALL)
            local first, second = make_import(100), make_import(100)
            set({ MAX_BYTES = select(3, build(first)) / 2 })
            filter_index.drop(first)
            for _, import_id in ipairs({ first, second, first }) do
                build(import_id)
                for _ = 1, 10 do
                    t:is(count_wrong(t, import_id, 5), 0)
                    random_patch(import_id)
                end
            end
            local known, whole = filter_index.state(first)
            t:ok(known > 0 and known < 100 and not whole, 'a part is known')
            t:is(filter_index.state(second), 0, 'and nothing of who came second')
            reset()
        end,
    },
    {
        'a cursor of a walk goes on by the index, and the other way',
        function(t)
            set({ MIN_CITIZENS = 1, SEGMENT_CITIZENS = 10 })
            local import_id = make_import(200)
            local filter = { town = 'Ялта' }
            for _, is_built_first in ipairs({ false, true }) do
                if is_built_first then
                    build(import_id)
                else
                    filter_index.drop(import_id)
                end
                local ids = {}
                local place = filter_model.add_page(ids, import_id, filter, nil, 5)
                if is_built_first then
                    filter_index.drop(import_id)
                else
                    build(import_id)
                end
                place = filter_model.add_page(ids, import_id, filter, place, 1000)
                t:is(place, nil)
                t:is(table.concat(ids, ' '), expected_ids(import_id, filter))
            end
            reset()
        end,
    },
    {
        'looks at those alone who may fit',
        function(t)
            local rows = {}
            for i = 1, 20000 do
                local name = i % 4000 == 5 and 'Яна' or 'Иван'
                local town = i % 4000 == 6 and 'Ялта' or 'Керчь'
                local day = i % 4000 == 7 and 20000229 or 19800101
                rows[i] = support.row(i, { [3] = town, [7] = name, [8] = day })
            end
            local import_id = support.import(support.pack(rows))
            local filters =
                { { name_prefix = 'Ян' }, { town = 'Ялта' }, { born_from = 20000101, gender = 'male' } }
            for _, filter in ipairs(filters) do
                filter_index.drop(import_id)
                local found, calls = found_ids(import_id, filter)
                t:is(calls, 20, 'a walk takes twenty calls')
                build(import_id)
                local found_again, calls_again = found_ids(import_id, filter)
                t:is(found_again, found)
                t:is(calls_again, 1, 'the index one')
            end
            local _, calls = found_ids(import_id, { gender = 'female' })
            t:is(calls, 20, 'half of all is walked')
            _, calls = found_ids(import_id, { town = 'Керчь', name_prefix = 'Ян' })
            t:is(calls, 1, 'the order is taken that has the fewest')
        end,
    },
    {
        'a small import, and one that nobody asks, have none',
        function(t)
            local small, large = make_import(1999), make_import(2000)
            find.page(small, { town = 'x' }, nil, 1, nil, MUCH)
            find.page(large, { gender = 'male' }, nil, 1, nil, MUCH)
            fiber.sleep(0.05)
            t:is(filter_index.state(small), 0)
            t:is(filter_index.state(large), 0)
            find.page(large, { town = 'x' }, nil, 1, nil, MUCH)
            support.wait_until(function()
                return is_whole(large)
            end)
            t:is(filter_index.state(large), 2000)
        end,
    },
    {
        'a change that the log refuses is followed both ways',
        function(t)
            set({ MIN_CITIZENS = 1 })
            local import_id = make_import(30)
            local commit = box.commit
            local found
            -- Runs while the change waits for the log: the index contains its new fields before the log refuses them.
            local function build_meanwhile()
                filter_index.drop(import_id)
                find.page(import_id, { town = 'x' }, nil, 1, nil, MUCH)
                fiber.create(filter_index.build, import_id)
                found = found_ids(import_id, { town = 'Новый' })
            end
            box.commit = function()
                box.commit = commit
                fiber.new(build_meanwhile)
                return full_disk.with_full_disk(commit) or error('the log failed', 0)
            end
            t:is(
                pcall(citizens.patch, import_id, 9, { town = 'Новый', name = 'Новый', birth_date = 20200202 }),
                false
            )
            t:is(found, '9')
            t:is(filter_index.state(import_id), 30)
            t:is(found_ids(import_id, { town = 'Новый' }), '')
            t:is(count_wrong(t, import_id, 100), 0)
            reset()
        end,
    },
    {
        'who was not asked lately makes room for who is; who was does not',
        function(t)
            set({ MIN_CITIZENS = 1, SEGMENT_CITIZENS = 10 })
            local ids = { make_import(100), make_import(100), make_import(100) }
            local _, _, bytes = build(ids[1])
            build(ids[2])
            set({ MAX_BYTES = 2 * bytes })
            build(ids[1])
            build(ids[3])
            t:is(filter_index.state(ids[3]), 0)
            set({ KEPT_SECONDS = 0 })
            fiber.sleep(0.01)
            build(ids[1])
            build(ids[3])
            t:is(is_whole(ids[1]), true)
            t:is(is_whole(ids[3]), true)
            t:is(filter_index.state(ids[2]), 0, 'the one asked longest ago is gone')
            reset()
        end,
    },
    {
        'goes with the import',
        function(t)
            local import_id = make_import(2000)
            build(import_id)
            t:is(filter_index.state(import_id), 2000)
            imports.delete(import_id)
            support.wait_until(function()
                return box.space.imports:get({ import_id }) == nil
            end)
            t:is(filter_index.state(import_id), 0)
            filter_index.build(import_id)
            t:is(filter_index.state(import_id), 0)
        end,
    },
    {
        'is of one publication: what came behind it is found after the next',
        function(t)
            local import_id = make_import(2000)
            build(import_id)
            support.insert('citizens', support.row(1, { [1] = import_id, [3] = 'Новый' }), import_id)
            box.space.imports:update({ import_id }, { { '=', 'published_at', fiber.time() + 1 } })
            t:is(found_ids(import_id, { town = 'Новый' }), '1')
            reset()
        end,
    },
    {
        'follows what comes from another machine while this one is read-only',
        function(t)
            set({ MIN_CITIZENS = 1, SEGMENT_CITIZENS = 10 })
            local import_id = make_import(50)
            box.cfg({ read_only = true })
            t:is(build(import_id), 50)
            t:is(count_wrong(t, import_id, 20), 0)
            box.cfg({ read_only = false })
            -- As rows come from a replicated log: each space separately, within one transaction.
            box.atomic(function()
                box.space.citizens:update(support.citizen_key(import_id, 9), { { '=', 'town', 'Новый' } })
                local change = { town = { 'x', 'Новый' } }
                support.insert('citizen_history', { import_id, 9, 1, 5, 0, 'r', box.NULL, change }, import_id)
            end)
            t:is(found_ids(import_id, { town = 'Новый' }), '9')
            reset()
        end,
    },
    {
        'a segment is made without giving up the thread, and many changes wear it',
        function(t)
            local import_id = make_import(3000)
            build(import_id)
            for id = 9, 9 + 3 * filter_index.MAX_TOUCHED, 3 do
                citizens.patch(import_id, id, { town = 'Новый' })
            end
            local filter = { town = 'Новый', name_prefix = 'x' }
            local segment_of = require('bytes.segment')
            local make = segment_of.make
            local made, switches = 0, 0
            segment_of.make = function(...)
                local before = fiber.info({ bt = false })[fiber.id()].csw
                local segment = make(...)
                switches = switches + fiber.info({ bt = false })[fiber.id()].csw - before
                made = made + 1
                return segment
            end
            found_ids(import_id, filter)
            filter_index.build(import_id)
            segment_of.make = make
            t:is(made, 1)
            t:is(switches, 0)
            t:is(count_wrong(t, import_id, 20), 0)
        end,
    },
})
