-- Finding citizens by filters returns the same as a full scan, page by page.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local citizens = require('census.citizens')
local filter_model = require('filter_model')
local find = require('census.citizens.find')
local imports = require('census.imports')

support.start_app()

local MUCH, expected_ids, found_ids = filter_model.MUCH, filter_model.expected_ids, filter_model.found_ids
local TOWNS = { 'Керчь', 'Керчь ', 'К', 'Ялта', 'Ё' }
local NAMES = { 'Иван', 'Иванов', 'иван', 'Яна', 'Ян', 'И' }
local GENDERS = { 'male', 'female' }
local DAYS = { 19800101, 19800102, 19991231, 20000229 }
-- Values on both sides of the limit above which Lua uses cdata.
local LARGE = { 100000000000000ULL, 9007199254740991ULL }

local function pick(list)
    return list[math.random(#list)]
end

local function sometimes(list)
    return math.random() < 0.4 and pick(list) or nil
end

local function make_import(count)
    local rows = {}
    for i = 1, count do
        local id = LARGE[i] or i
        rows[i] = support.row(id, { [3] = pick(TOWNS), [7] = pick(NAMES), [8] = pick(DAYS), [9] = pick(GENDERS) })
    end
    return imports.create(support.pack(rows))
end

support.run('find', {
    {
        'finds what a look at every citizen finds, in order of their ids, whatever the filter and the pages',
        function(t)
            local most_cost = find.MAX_COST
            make_import(60)
            local ids = { make_import(0), make_import(1), make_import(150) }
            make_import(60)
            local wrong = 0
            for round = 1, 600 do
                find.MAX_COST = pick({ 1, 2, 7, 1000 })
                local import_id = pick(ids)
                local filter = {
                    town = sometimes(TOWNS),
                    gender = sometimes(GENDERS),
                    born_from = sometimes(DAYS),
                    born_to = sometimes(DAYS),
                    name_prefix = sometimes({ 'И', 'Ив', 'Иван', 'Я', 'x', '\208' }),
                }
                local found = found_ids(import_id, filter, pick({ 1, 3, 1000 }), pick({ 1, MUCH }))
                if found ~= expected_ids(import_id, filter) then
                    wrong = wrong + 1
                    t:diag(('round %d: %s'):format(round, require('json').encode(filter)))
                end
            end
            find.MAX_COST = most_cost
            t:is(wrong, 0)
        end,
    },
    {
        'looks at a bounded number of rows a call',
        function(t)
            local rows = {}
            for i = 1, 5000 do
                local one_town = { [3] = 'Керчь', [7] = 'Иван ' .. i, [9] = i == 4990 and 'female' or 'male' }
                rows[i] = support.row(i, one_town)
            end
            local import_id = imports.create(support.pack(rows))
            local found, calls = found_ids(import_id, { gender = 'female' }, 10)
            t:is(found, '4990')
            t:is(calls, 5, 'it walks the import in pieces of 1,000')
        end,
    },
    {
        'a page of another version than the one before is refused; an unknown import too',
        function(t)
            local import_id = make_import(20)
            local version = imports.state(import_id)
            t:is(support.raised(find.page, import_id, {}, nil, 10, version, MUCH), false)
            citizens.patch(import_id, 5, { name = 'x' })
            t:is(support.raised(find.page, import_id, {}, nil, 10, version, MUCH), 'IMPORT_CHANGED')
            t:is(support.raised(find.page, 999999, {}, nil, 10, nil, MUCH), 'IMPORT_NOT_FOUND')
        end,
    },
})
