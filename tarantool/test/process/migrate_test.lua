-- lib/migrate: each migration runs once, in order, completely or not at all; an older program refuses newer data.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local support = require('support')
local migrate = require('process.migrate')

support.start_box()

local function folder_of(files)
    local folder = fio.tempdir()
    for name, text in pairs(files) do
        local file = fio.open(fio.pathjoin(folder, name), { 'O_WRONLY', 'O_CREAT' }, tonumber('644', 8))
        file:write(text)
        file:close()
    end
    return folder
end

-- A migration that creates a space of this name with one row.
local function creating(name)
    return ([[
        return { up = function()
            local space = box.schema.space.create('%s')
            space:create_index('pk')
            table.insert(_G.applied, '%s')
        end }
    ]]):format(name, name)
end

local function objects()
    local count = 0
    for _, name in ipairs({ '_space', '_index', '_sequence', '_func', '_user', '_priv' }) do
        count = count + box.space[name]:len()
    end
    return count
end

_G.applied = {}
local FIRST_TWO = { ['002_second.lua'] = creating('second'), ['001_first.lua'] = creating('first') }

local function with_third(text)
    return folder_of({
        ['001_first.lua'] = FIRST_TWO['001_first.lua'],
        ['002_second.lua'] = FIRST_TWO['002_second.lua'],
        ['003_third.lua'] = text,
        ['004_fourth.lua'] = creating('fourth'),
    })
end

local function assert_nothing_left(t, folder, message)
    local before = objects()
    local code, reason = support.raised(migrate.run, folder, support.report)
    t:is(code, 'MIGRATION_FAILED', 'it fails')
    t:like(reason.message, '^003_third: ', 'its name is told')
    t:like(reason.message, message, 'and its reason')
    t:is(migrate.version(), 2, 'the schema stays')
    t:is(objects(), before, 'nothing of it is left')
    t:isnil(box.space.third, 'its space is gone')
    t:isnil(box.space.fourth, 'none after it is applied')
    t:is(box.is_in_txn(), false, 'no transaction is left open')
end

support.run('migrate', {
    {
        'an empty database has schema 0',
        function(t)
            t:is(migrate.version(), 0)
        end,
    },
    {
        'migrations are applied in order of their numbers, and other files are none',
        function(t)
            local files = { ['README.md'] = 'no', ['1_short.lua'] = 'no', ['003_backup.lua~'] = 'no' }
            for name, text in pairs(FIRST_TWO) do
                files[name] = text
            end
            migrate.run(folder_of(files), support.report)
            t:is_deeply(_G.applied, { 'first', 'second' })
            t:is(migrate.version(), 2)
            t:is_deeply(box.space.schema_migrations:get({ 2 }):totable(1, 2), { 2, 'second' }, 'history tells names')
        end,
    },
    {
        'a second run does nothing',
        function(t)
            local before = objects()
            migrate.run(folder_of(FIRST_TWO), support.report)
            t:is_deeply(_G.applied, { 'first', 'second' })
            t:is(objects(), before)
        end,
    },
    {
        'a migration that fails at its end leaves nothing: no space, sequence, function or row',
        function(t)
            assert_nothing_left(
                t,
                with_third([[
                    return { up = function()
                        local space = box.schema.space.create('third')
                        space:create_index('pk')
                        box.schema.sequence.create('third_id')
                        box.schema.func.create('third')
                        space:insert({ 1 })
                        error('the end of the third')
                    end }
                ]]),
                'the end of the third'
            )
            t:isnil(box.sequence.third_id, 'its sequence is gone')
        end,
    },
    {
        'a migration that yields in the middle is refused whole',
        function(t)
            assert_nothing_left(
                t,
                with_third([[
                    return { up = function()
                        box.schema.space.create('third')
                        require('fiber').sleep(0)
                    end }
                ]]),
                'yield'
            )
        end,
    },
    {
        'a migration that is not Lua is refused',
        function(t)
            assert_nothing_left(t, with_third('this is not Lua'), 'third')
        end,
    },
    {
        'a migration that failed is applied once it is right',
        function(t)
            migrate.run(with_third(creating('third')), support.report)
            t:is_deeply(_G.applied, { 'first', 'second', 'third', 'fourth' })
            t:is(migrate.version(), 4)
        end,
    },
    {
        'data of a newer schema are refused and left as they are',
        function(t)
            local before = objects()
            local code, reason = support.raised(migrate.run, folder_of(FIRST_TWO), support.report)
            t:is(code, 'SCHEMA_TOO_NEW')
            t:like(reason.message, 'schema 4, this program knows up to 2')
            t:is(objects(), before)
            t:is(migrate.version(), 4)
        end,
    },
})
