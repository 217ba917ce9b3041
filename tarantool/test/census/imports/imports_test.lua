-- imports: created in one transaction, or staged by a session and published by inserting one row.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local full_disk = require('full_disk')
local support = require('support')
local citizens = require('census.citizens')
local imports = require('census.imports')

support.start_app()

local function rows_of(import_id)
    return box.space.citizens:count(support.key(import_id))
end

local function is_gone(import_id)
    return box.space.imports:get({ import_id }) == nil and rows_of(import_id) == 0
end

-- Calls a procedure as the web side does. Returns ok, then its results or its error code.
local function call(connection, name, ...)
    return connection:call('svodka.imports.' .. name, { ... })
end

local function refused(t, code, ok, answer)
    t:is(ok, false)
    t:is(answer, code)
end

support.run('imports', {
    {
        'an import is there as soon as it is created, with its citizens, as version 1',
        function(t)
            local import_id = imports.create(support.pack({ support.row(7), support.row(5) }))
            local import = imports.published(import_id)
            t:is(import.state, 'published')
            t:is(import.citizens, 2)
            t:is(import.version, 1)
            t:is(rows_of(import_id), 2)
        end,
    },
    {
        'a staged import is given up by its token too, by its own session alone, while it is committed too',
        function(t)
            local connection = support.connect()
            local _, other = call(connection, 'stage', support.rows(1, 2), 100, 7)
            local first = imports.stage(support.rows(1, 2), 100, 7)
            local second = imports.stage(support.rows(1, 2), 100, 8)
            local nameless = imports.stage(support.rows(1, 2), 100)
            imports.discard_token(9)
            imports.discard_token(nil)
            t:is(imports.describe(nameless), 'staging')
            imports.discard(nameless)
            imports.discard_token(7)
            imports.discard_token(7)
            support.wait_until(function()
                return is_gone(first)
            end)
            t:is(imports.describe(second), 'staging')
            t:is(imports.describe(other), 'staging')
            connection:close()

            local commit = box.commit
            box.commit = function()
                box.commit = commit
                imports.discard_token(10)
                return commit()
            end
            t:is(support.raised(imports.stage, support.rows(1, 2), 100, 10), 'IMPORT_NOT_STAGED')
            support.wait_until(function()
                return box.space.imports.index.state:count({ 'staging' }) == 1
            end)
            imports.discard(second)
        end,
    },
    {
        'an import is described from its first chunk on: state, citizens, bytes, times, version',
        function(t)
            local before = fiber.time()
            local import_id = imports.stage(support.rows(1, 2), 100)
            imports.append(import_id, support.rows(3, 3), 10)
            local state, citizen_count, bytes, created_at, published_at, version = imports.describe(import_id)
            t:is_deeply({ state, citizen_count, bytes, version }, { 'staging', 3, 110, 1 })
            t:ok(created_at >= before and created_at <= fiber.time())
            t:ok(published_at == nil)
            imports.publish(import_id, 3, 600)
            state, citizen_count, bytes, before, published_at, version = imports.describe(import_id)
            t:is_deeply({ state, citizen_count, bytes, before, version }, { 'published', 3, 600, created_at, 1 })
            t:ok(published_at >= created_at and published_at <= fiber.time())
        end,
    },
    {
        'an import of one chunk is published when it is created',
        function(t)
            local state, citizen_count, bytes, created_at, published_at =
                imports.describe(imports.create(support.rows(1, 2), 20))
            t:is_deeply({ state, citizen_count, bytes }, { 'published', 2, 20 })
            t:is(published_at, created_at)
        end,
    },
    {
        'an import that was swept or never was is not described',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            imports.discard(import_id)
            support.wait_until(function()
                return support.raised(imports.describe, import_id) == 'IMPORT_NOT_FOUND'
            end)
            t:is(support.raised(imports.describe, 999999999), 'IMPORT_NOT_FOUND')
        end,
    },
    {
        'an import that is given up while its publication waits for a log that fails is swept',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            local commit = box.commit
            box.commit = function()
                box.commit = commit
                imports.discard(import_id)
                return full_disk.with_full_disk(commit) or error('the log failed', 0)
            end
            t:is(pcall(imports.publish, import_id, 2, 600), false)
            support.wait_until(function()
                return is_gone(import_id)
            end)
            t:ok(true)
        end,
    },
    {
        'an import that is given up while its publication waits for the log is published, and takes no chunk meanwhile',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            local commit = box.commit
            box.commit = function()
                box.commit = commit
                imports.discard(import_id)
                t:is(support.raised(imports.append, import_id, support.rows(3, 3), 10), 'IMPORT_NOT_STAGED')
                t:is(support.raised(imports.publish, import_id, 2, 600), 'IMPORT_NOT_STAGED')
                return commit()
            end
            imports.publish(import_id, 2, 600)
            t:is(imports.describe(import_id), 'published')
            t:is(rows_of(import_id), 2)
        end,
    },
    {
        'ids of imports grow; the same citizen_id may stand in many',
        function(t)
            local first = imports.create(support.pack({ support.row(1) }))
            t:ok(imports.create(support.pack({ support.row(1) })) > first)
        end,
    },
    {
        'an import without citizens is one',
        function(t)
            local version, _, rows = support.page(imports.create(support.pack({})), nil, 10)
            t:is(version, 1)
            t:is(#rows, 0)
        end,
    },
    {
        'one row that cannot be stored keeps out the whole import',
        function(t)
            local count = box.space.imports:len()
            local size = box.space.citizens:len()
            local faults = {
                { 'an id twice', { support.row(1), support.row(2), support.row(1) } },
                { 'a field of another type', { support.row(1), support.row(2, { [3] = 5 }) } },
                { 'too few fields', { support.row(1), { 0, 2 } } },
                { 'a negative id', { support.row(1), support.row(-2) } },
            }
            for _, fault in ipairs(faults) do
                t:is(pcall(imports.create, support.pack(fault[2])), false, fault[1])
                t:is(box.is_in_txn(), false, 'no transaction is left open')
            end
            t:is(box.space.imports:len(), count)
            t:is(box.space.citizens:len(), size)
        end,
    },
    {
        'a staged import is seen by nobody until it is published, then all of it at once',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            imports.append(import_id, support.rows(5, 6), 10)
            imports.append(import_id, support.rows(3, 4), 10)
            t:is(support.raised(citizens.page, import_id, nil, 10), 'IMPORT_NOT_FOUND', 'no page of it')
            t:is(support.raised(citizens.patch, import_id, 1, { name = 'x' }), 'IMPORT_NOT_FOUND', 'no change of it')
            imports.publish(import_id, 6, 600)
            local _, _, rows = support.page(import_id, nil, 10)
            t:is(#rows, 6)
        end,
    },
    {
        'an import of which a chunk is missing cannot be published',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            t:is(support.raised(imports.publish, import_id, 3, 600), 'IMPORT_INCOMPLETE')
            t:is(support.raised(imports.publish, import_id, 1, 600), 'IMPORT_INCOMPLETE')
            t:is(box.space.imports:get({ import_id }).state, 'staging')
            imports.append(import_id, support.rows(3, 3), 10)
            t:is(support.raised(imports.publish, import_id, 3, 600), false, 'with the chunk it can')
        end,
    },
    {
        'a chunk that cannot be stored leaves the others and the count as they were',
        function(t)
            local import_id = imports.stage(support.rows(1, 2), 100)
            t:is(pcall(imports.append, import_id, { support.row(3), support.row(2) }), false)
            t:is(rows_of(import_id), 2)
            t:is(support.raised(imports.publish, import_id, 2, 600), false)
        end,
    },
    {
        'a published import takes no more chunks and cannot be published or discarded again',
        function(t)
            local import_id = imports.stage(support.rows(1, 1), 100)
            imports.publish(import_id, 1, 600)
            t:is(support.raised(imports.append, import_id, support.rows(2, 2), 10), 'IMPORT_NOT_STAGED')
            t:is(support.raised(imports.publish, import_id, 1, 600), 'IMPORT_NOT_STAGED')
            imports.discard(import_id)
            imports.sweep(import_id)
            t:is(rows_of(import_id), 1)
        end,
    },
    {
        'a staged import belongs to its session: others can neither add, publish nor discard',
        function(t)
            local owner = support.connect()
            local other = support.connect()
            local _, import_id = call(owner, 'stage', support.rows(1, 1), 100)
            refused(t, 'IMPORT_NOT_STAGED', call(other, 'append', import_id, support.rows(2, 2), 10))
            refused(t, 'IMPORT_NOT_STAGED', call(other, 'publish', import_id, 1, 600))
            t:is((call(other, 'discard', import_id)), true)
            other:close()
            t:is((call(owner, 'publish', import_id, 1, 600)), true, 'the owner can, after the other is gone')
            owner:close()
            t:is(rows_of(import_id), 1)
        end,
    },
    {
        'a discarded import is swept, more rows than a piece too, and no other',
        function(t)
            local kept = imports.create(support.rows(1, 10))
            local import_id = imports.stage(support.rows(1, 1201), 100)
            imports.discard(import_id)
            t:is(
                support.raised(imports.append, import_id, support.rows(2000, 2000), 10),
                'IMPORT_NOT_STAGED',
                'at once'
            )
            support.wait_until(function()
                return is_gone(import_id)
            end)
            t:is(rows_of(kept), 10)
        end,
    },
    {
        'what a session staged is swept when it ends, and what it published stays',
        function(t)
            local connection = support.connect()
            local _, published = call(connection, 'stage', support.rows(1, 1), 100)
            call(connection, 'publish', published, 1, 600)
            local _, one = call(connection, 'stage', support.rows(1, 3), 100)
            local _, other = call(connection, 'stage', support.rows(1, 3), 100)
            connection:close()
            support.wait_until(function()
                return is_gone(one) and is_gone(other)
            end)
            t:is(rows_of(published), 1)
        end,
    },
    {
        'what a crash left staged is swept at the next start',
        function(t)
            local import_id = 1000000
            support.insert('imports', { import_id, 'staging', 2, 1, 0 }, import_id)
            support.insert('citizens', support.row(1, { import_id }), import_id)
            support.insert('citizens', support.row(2, { import_id }), import_id)
            imports.start_sweeping()
            support.wait_until(function()
                return is_gone(import_id)
            end)
            t:ok(true)
        end,
    },
    {
        'a deleted import is seen by nobody at once, and its rows are swept, in pieces, and no other',
        function(t)
            local kept = imports.create(support.rows(1, 10))
            local import_id = imports.create(support.rows(1, 1201))
            imports.delete(import_id)
            t:ok(rows_of(import_id) > 0, 'its rows are there still')
            for name, procedure in pairs({ published = imports.published, describe = imports.describe }) do
                t:is(support.raised(procedure, import_id), 'IMPORT_NOT_FOUND', name)
            end
            t:is(support.raised(citizens.page, import_id, nil, 10), 'IMPORT_NOT_FOUND', 'a page')
            t:is(support.raised(citizens.get, import_id, 1), 'IMPORT_NOT_FOUND', 'a citizen')
            t:is(support.raised(citizens.patch, import_id, 1, { name = 'x' }), 'IMPORT_NOT_FOUND', 'a change')
            t:is(support.raised(imports.delete, import_id), 'IMPORT_NOT_FOUND', 'a second time')
            local _, listed = imports.list(nil, 1000)
            for _, import in ipairs(listed) do
                t:ok(import[1] ~= import_id, 'it is in no list')
            end
            support.wait_until(function()
                return is_gone(import_id)
            end)
            t:is(rows_of(kept), 10)
        end,
    },
    {
        'an import is deleted only at a version that is expected; a staged one is not found',
        function(t)
            local import_id = imports.create(support.rows(1, 1))
            for _, expected in ipairs({ {}, { 2 }, { 0, 5 } }) do
                t:is(support.raised(imports.delete, import_id, expected), 'PRECONDITION_FAILED')
            end
            t:is(imports.describe(import_id), 'published')
            t:is(support.raised(imports.delete, import_id, { 0, 1 }), false)
            local other = imports.create(support.rows(1, 1))
            t:is(support.raised(imports.delete, other, box.NULL), false, 'null expects nothing')
            local staged = imports.stage(support.rows(1, 1), 100)
            t:is(support.raised(imports.delete, staged), 'IMPORT_NOT_FOUND')
            imports.discard(staged)
        end,
    },
    {
        'a deletion that the log refuses has not happened',
        function(t)
            local import_id = imports.create(support.rows(1, 5))
            full_disk.with_full_disk(function()
                t:is(pcall(imports.delete, import_id), false)
            end)
            imports.sweep(import_id)
            t:is(imports.describe(import_id), 'published')
            t:is(rows_of(import_id), 5)
        end,
    },
    {
        'what a crash left of a deleted import is swept at the next start',
        function(t)
            local import_id = 1000001
            support.insert('imports', { import_id, 'deleted', 2, 1, 0 }, import_id)
            support.insert('citizens', support.row(1, { import_id }), import_id)
            support.insert(
                'citizen_history',
                { import_id, 1, 1, 2, 0, '', box.NULL, { name = { 'x', 'y' } } },
                import_id
            )
            imports.start_sweeping()
            support.wait_until(function()
                return is_gone(import_id)
            end)
            t:is(box.space.citizen_history:count({ import_id }), 0)
        end,
    },
    {
        'imports are listed newest first, page by page, staged ones too',
        function(t)
            local first = imports.create(support.rows(1, 3), 77)
            local second = imports.stage(support.rows(1, 2), 100)
            local third = imports.create(support.rows(1, 1), 5)
            imports.delete(imports.create(support.rows(1, 1), 5))
            local go_on, page = imports.list(nil, 2)
            t:is_deeply({ page[1][1], page[1][2], page[2][1], page[2][2] }, { third, 'published', second, 'staging' })
            t:is(go_on, second)
            page = select(2, imports.list(go_on, 1))
            local _, _, _, created_at = imports.describe(first)
            t:is_deeply(page, { { first, 'published', 3, 77, created_at, created_at, 1 } })
            local all = 0
            local below
            repeat
                below, page = imports.list(below, 3)
                all = all + #page
            until below == nil
            t:is(all, box.space.imports:len() - box.space.imports.index.state:count({ 'deleted' }))
            go_on, page = imports.list(box.NULL, 1000)
            t:ok(go_on == nil and #page == all, 'null is the beginning')
            imports.discard(second)
        end,
    },
    {
        'what only reads does so for unknown and odd ids too',
        function(t)
            for _, import_id in ipairs({ 0, 999999999, 9007199254740991ULL }) do
                t:is(support.raised(imports.published, import_id), 'IMPORT_NOT_FOUND', tostring(import_id))
                t:is(support.raised(imports.append, import_id, {}, 10), 'IMPORT_NOT_STAGED', tostring(import_id))
            end
        end,
    },
})
