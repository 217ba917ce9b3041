-- citizens: pages of one consistent state, and changes that keep relatives symmetric.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local msgpack = require('msgpack')
local support = require('support')
local citizens = require('census.citizens')
local imports = require('census.imports')

support.start_app()

-- Larger integers reach Lua as cdata, which compare equal by value but not as table keys.
local FIRST_CDATA_ID = 100000000000000ULL
local BIGGEST_ID = 9007199254740991ULL

local function ids(rows)
    local list = {}
    for i, row in ipairs(rows) do
        list[i] = tonumber(row[2])
    end
    return list
end

-- {[citizen_id] = list of relatives}.
local function relatives(import_id)
    local found = {}
    for _, row in box.space.citizens:pairs(support.key(import_id)) do
        local list = {}
        for i, id in ipairs(row.relatives) do
            list[i] = tonumber(id)
        end
        found[tonumber(row.citizen_id)] = list
    end
    return found
end

local function family()
    return support.import(
        support.pack({ support.row(1, { [10] = { 2 } }), support.row(2, { [10] = { 1 } }), support.row(3) })
    )
end

support.run('citizens', {
    {
        'pages come in order of citizen_id and end with the import, though others follow and precede',
        function(t)
            support.import(support.rows(1, 9))
            local import_id =
                support.import(support.pack({ support.row(30), support.row(10), support.row(0), support.row(20) }))
            support.import(support.rows(1, 9))
            local version, after, rows = support.page(import_id, nil, 3)
            t:is_deeply(ids(rows), { 0, 10, 20 })
            t:is(after, 20, 'there is more')
            local _, done, rest = support.page(import_id, 20, 3, version)
            t:is_deeply(ids(rest), { 30 })
            t:is(done, nil, 'there is no more')
            local _, _, none = support.page(import_id, 30, 3, version)
            t:is_deeply(ids(none), {})
            local _, _, also = support.page(import_id, box.NULL, 2, box.NULL)
            t:is_deeply(ids(also), { 0, 10 }, 'null stands for nothing, as it comes over the wire')
            local _, at_end, whole = support.page(import_id, nil, 4)
            t:is_deeply({ #whole, at_end }, { 4 }, 'a full page that is the last says so')
        end,
    },
    {
        'a page after a change in between is refused, so that pages are of one state',
        function(t)
            local import_id = family()
            local version = citizens.page(import_id, nil, 1)
            citizens.patch(import_id, 3, { name = 'x' })
            t:is(support.raised(citizens.page, import_id, 1, 1, version), 'IMPORT_CHANGED')
            t:is(support.raised(citizens.page, import_id, 1, 1, (citizens.page(import_id, nil, 1))), false)
        end,
    },
    {
        'the version of a change that the log refused is not given to the next one',
        function(t)
            local import_id = family()
            box.begin()
            local refused = imports.touch(import_id)
            t:is(citizens.page(import_id, nil, 1), refused, 'a reader sees it before it is refused')
            box.rollback()
            local first = citizens.page(import_id, nil, 1)
            t:ok(first < refused)
            t:ok(imports.touch(import_id) > refused)
        end,
    },
    {
        'a change that fails leaves the version, so that pages go on',
        function(t)
            local import_id = family()
            local version = citizens.page(import_id, nil, 1)
            t:is(support.raised(citizens.patch, import_id, 3, { relatives = { 1, 99 } }), 'RELATIVES_NOT_FOUND')
            t:is(support.raised(citizens.patch, import_id, 99, { name = 'x' }), 'CITIZEN_NOT_FOUND')
            t:is(support.raised(citizens.page, import_id, 1, 1, version), false)
        end,
    },
    {
        'a change touches the fields it names and answers the whole citizen',
        function(t)
            local import_id = family()
            local before = citizens.get(import_id, 1):totable()
            local changed = citizens.patch(import_id, 1, { town = 'Керчь', apartment = 0, birth_date = 19991231 })
            before[3], before[6], before[8] = 'Керчь', 0, 19991231
            t:is_deeply(changed:totable(), before)
        end,
    },
    {
        'relatives are two-sided: who is added gains at the end of the list, who is removed loses (the example)',
        function(t)
            local import_id = family()
            citizens.patch(import_id, 3, { relatives = { 1 }, town = 'Москва' })
            t:is_deeply(relatives(import_id), { { 2, 3 }, { 1 }, { 1 } })
            citizens.patch(import_id, 3, { relatives = {} })
            t:is_deeply(relatives(import_id), { { 2 }, { 1 }, {} })
            citizens.patch(import_id, 1, { relatives = { 3 } })
            t:is_deeply(relatives(import_id), { { 3 }, {}, { 1 } })
        end,
    },
    {
        'the order sent is kept; who stays a relative is not listed twice',
        function(t)
            local import_id = family()
            citizens.patch(import_id, 1, { relatives = { 3, 2 } })
            t:is_deeply(relatives(import_id), { { 3, 2 }, { 1 }, { 1 } })
        end,
    },
    {
        'an unknown relative undoes all of the change and is told by its place',
        function(t)
            local import_id = family()
            local code, reason = support.raised(citizens.patch, import_id, 3, {
                relatives = { 1, 77, 2, 78 },
                town = 'nowhere',
            })
            t:is(code, 'RELATIVES_NOT_FOUND')
            t:is_deeply(reason.details, { count = 2, positions = { 1, 3 } })
            t:is_deeply(relatives(import_id), { { 2 }, { 1 }, {} })
            t:is(box.space.citizens:get(support.citizen_key(import_id, 3)).town, 'Псков')
        end,
    },
    {
        'of very many unknown relatives the first hundred are named and all are counted',
        function(t)
            local import_id = family()
            local list = {}
            for i = 1, 250 do
                list[i] = 1000 + i
            end
            local _, reason = support.raised(citizens.patch, import_id, 3, { relatives = list })
            t:is(reason.details.count, 250)
            t:is(#reason.details.positions, 100)
            t:is(reason.details.positions[100], 99)
        end,
    },
    {
        'a citizen of another import is no relative',
        function(t)
            support.import(support.rows(50, 60))
            local import_id = family()
            support.import(support.rows(50, 60))
            t:is(support.raised(citizens.patch, import_id, 3, { relatives = { 55 } }), 'RELATIVES_NOT_FOUND')
        end,
    },
    {
        'ids from 10^14 to 2^53 - 1 are ids like others, as they come over the wire',
        function(t)
            local big, biggest = FIRST_CDATA_ID, BIGGEST_ID
            local import_id = support.import(support.pack({
                support.row(1),
                support.row(big, { [10] = { biggest } }),
                support.row(biggest, { [10] = { big } }),
            }))
            local connection = support.connect()
            local function patch(citizen_id, list)
                return connection:call('svodka.citizens.patch', { import_id, citizen_id, { relatives = list } })
            end
            t:is((patch(1, { big, biggest })), true)
            local b, c = tonumber(big), tonumber(biggest)
            t:is_deeply(relatives(import_id), { { b, c }, [b] = { c, 1 }, [c] = { b, 1 } })
            t:is((patch(big, { biggest })), true, 'one big one stays, the small one goes')
            t:is_deeply(relatives(import_id), { { c }, [b] = { c }, [c] = { b, 1 } })
            t:is((patch(biggest, {})), true)
            t:is_deeply(relatives(import_id), { {}, [b] = {}, [c] = {} })
            local _, _, _, packed = connection:call('svodka.citizens.page', { import_id, big, 10, box.NULL })
            local rows = msgpack.decode(packed)
            t:is(#rows, 1, 'a page begins after a big id')
            t:is(rows[1][2], biggest)
            connection:close()
        end,
    },
    {
        'what is written is whole numbers, not floating ones, whatever their size',
        function(t)
            local import_id =
                support.import(support.pack({ support.row(1), support.row(FIRST_CDATA_ID), support.row(2) }))
            citizens.patch(import_id, 1, { relatives = { FIRST_CDATA_ID, 2 } })
            local packed = msgpack.encode((citizens.get(import_id, 1)))
            t:ok(packed:endswith('\146\207\0\0\90\243\16\122\64\0\2'), 'an array of a uint64 and a small integer')
        end,
    },
    {
        'a change that expects a version is made at one of them only, and answers the new one',
        function(t)
            local import_id = family()
            local function patch(name, expected)
                local expectation = expected ~= nil and { versions = expected, tags = {} } or box.NULL
                return support.raised(citizens.patch, import_id, 1, { name = name, relatives = {} }, expectation)
            end
            local version = imports.state(import_id)
            for _, expected in ipairs({ {}, { version + 1 }, { 0, version + 1 } }) do
                t:is(patch('x', expected), 'PRECONDITION_FAILED')
            end
            t:is(imports.state(import_id), version, 'nothing was changed')
            t:is_deeply(relatives(import_id)[1], { 2 })
            local expectation = { versions = { 0, version }, tags = {} }
            local changed, _, next_version = citizens.patch(import_id, 1, { name = 'y' }, expectation)
            t:is(changed[7], 'y')
            t:is(next_version, (imports.state(import_id)))
            t:is(patch('z', { version }), 'PRECONDITION_FAILED', 'the second of two with one version')
            t:is(patch('z', { next_version }), false)
            t:is(patch('z', box.NULL), false, 'null expects nothing')
            local unknown = support.raised(citizens.patch, import_id, 99, { name = 'x' }, { versions = {} })
            t:is(unknown, 'CITIZEN_NOT_FOUND', 'that there is no such citizen comes first')
        end,
    },
    {
        'unknown imports and citizens are told apart',
        function(t)
            local import_id = family()
            t:is(support.raised(citizens.patch, import_id, 99, { name = 'x' }), 'CITIZEN_NOT_FOUND')
            t:is(support.raised(citizens.patch, import_id + 1, 1, { name = 'x' }), 'IMPORT_NOT_FOUND')
            t:is(support.raised(citizens.page, import_id + 1, nil, 1), 'IMPORT_NOT_FOUND')
        end,
    },
})
