-- Upgrades from older schemas: each migration runs on data as the preceding program version left it.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local support = require('support')
local counts = require('census.stats.counts')
local citizens = require('census.citizens')
local find = require('census.citizens.find')
local imports = require('census.imports')
local migrate = require('process.migrate')
local checks = require('census.checks')

support.start_box()

-- More rows than any migration processes in one piece.
local IMPORTS = 3000

-- The first so many real migrations.
local function first_migrations(most)
    local folder = fio.tempdir()
    for _, name in ipairs(fio.listdir(support.migrations)) do
        if tonumber(name:match('^%d+')) <= most then
            fio.copyfile(fio.pathjoin(support.migrations, name), fio.pathjoin(folder, name))
        end
    end
    return folder
end

support.run('upgrade', {
    {
        'from schema 1: its imports stay as they are, and nothing is known of what was not kept then',
        function(t)
            migrate.run(first_migrations(1), support.report)
            t:is(migrate.version(), 1)
            for import_id = 1, IMPORTS do
                box.space.imports:insert({ import_id, 'published', 1, 1, 1000 + import_id })
                box.space.citizens:insert(support.row(1, { import_id }))
            end
            box.space.imports:insert({ IMPORTS + 2, 'staging', 1, 1, 1000 })
            migrate.run(support.migrations, support.report)
            box.space.imports:delete({ IMPORTS + 2 })
            t:ok(migrate.version() >= 2)
            local state, citizen_count, bytes, created_at, published_at, version = imports.describe(IMPORTS)
            t:is_deeply({ state, citizen_count, created_at, version }, { 'published', 1, 1000 + IMPORTS, 1 })
            t:ok(bytes == nil)
            t:ok(published_at == nil)
            t:is(box.space.imports:len(), IMPORTS)
            t:is(box.space.idempotency_keys:len(), 0)
        end,
    },
    {
        'imports of schema 1 are counted at the first start, what was staged is not',
        function(t)
            t:is(box.space.births:len(), 0)
            t:is(box.space.uncounted_imports:len(), IMPORTS)
            counts.count_older_imports()
            t:is(box.space.uncounted_imports:len(), 0)
            for _, import_id in ipairs({ 1, 2, IMPORTS }) do
                local _, differences = checks.recount(import_id)
                t:is(differences, 0)
                t:is(box.space.births:count({ import_id }), 2, 'the town and the whole import')
            end
        end,
    },
    {
        'citizens of schema 1 are found by filters',
        function(t)
            for _, filter in ipairs({ { town = 'Псков' }, { name_prefix = 'Ив' }, { born_to = 20000101 } }) do
                local _, go_on, rows = find.page(IMPORTS, filter, nil, 10, nil, 1024)
                t:is(#require('msgpack').decode(rows), 1)
                t:ok(go_on == nil)
            end
        end,
    },
    {
        'an import of schema 1 can be changed',
        function(t)
            citizens.patch(1, 1, { name = 'x' })
            local version, _, rows = support.page(1, nil, 10)
            t:is(rows[1][7], 'x')
            t:ok(version > 1)
        end,
    },
    {
        'what the sweeper left of schema 1 is swept',
        function(t)
            box.space.imports:insert({ IMPORTS + 1, 'staging', 1, 1, 1000 })
            box.space.citizens:insert(support.row(1, { IMPORTS + 1 }))
            imports.sweep(IMPORTS + 1)
            t:is(support.raised(imports.describe, IMPORTS + 1), 'IMPORT_NOT_FOUND')
            t:is(box.space.citizens:count({ IMPORTS + 1 }), 0)
        end,
    },
})
