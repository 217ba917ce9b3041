-- Shared by the Lua tests: a box in its own folder, test cases with TAP output, citizens.

local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local msgpack = require('msgpack')
local net_box = require('net.box')
local tap = require('tap')

local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
local tarantool_dir = fio.dirname(here)
package.path = tarantool_dir .. '/?.lua;' .. package.path
-- With a number of buckets the same tests run on the layout of a storage.
local mode = require('shards.mode')
mode.bucket_count = tonumber(os.getenv('SVODKA_TEST_BUCKETS')) or mode.bucket_count
local buckets = require('shards.buckets')
local wings = require('wings')

-- net.box reads the schema when it connects, which the application's user may not do.
local TESTER = 'tester'

local M = { user = 'svodka', password = 'for the tests' }

local PATIENCE_SECONDS = 20
local LOOK_EVERY_SECONDS = 0.01

local folder = fio.tempdir()
M.folder = folder
M.migrations = fio.pathjoin(tarantool_dir, 'migrations')
M.listen = 'unix/:' .. fio.pathjoin(folder, 't.sock')

function M.start_box(options)
    local cfg = {
        work_dir = folder,
        log = 'file:' .. fio.pathjoin(folder, 'tarantool.log'),
        wal_mode = 'write',
        memtx_memory = 64 * 1024 * 1024,
    }
    for key, value in pairs(options or {}) do
        cfg[key] = value
    end
    box.cfg(cfg)
end

-- A `report` whose fail() raises {code, message}; the real one ends the process.
M.report = {
    fail = function(code, message)
        error({ code = code, message = message }, 0)
    end,
}

-- Procedures of all wings.
function M.procedures()
    return wings.procedures(require('exports'), wings.NAMES)
end

-- Sets up everything that tarantool/app.lua does. names: the enabled wings; all when missing.
function M.start_app(options, names)
    names = names or wings.NAMES
    M.start_box(options)
    require('process.migrate').run(M.migrations, M.report)
    require('process.access').setup(M.user, M.password)
    require('lib.export').publish(wings.procedures(require('exports'), names), M.user, 'svodka.')
    wings.become_primary(names, {})
    wings.start(names)
    box.schema.user.create(TESTER, { password = TESTER })
    box.schema.user.grant(TESTER, 'execute', 'universe')
    box.cfg({ listen = M.listen })
end

-- A connection with its own session that may call everything.
function M.connect()
    return net_box.connect(M.listen, { user = TESTER, password = TESTER, wait_connected = PATIENCE_SECONDS })
end

-- A citizen as imports.create takes it; changes: {[place in the tuple] = value}.
function M.row(citizen_id, changes)
    local row = { 0, citizen_id, 'Псков', 'Мира', '1к1', 1, 'Иван', 20000101, 'male', {} }
    for place, value in pairs(changes or {}) do
        row[place] = value
    end
    return row
end

function M.tuples(first, last)
    local tuples = {}
    for citizen_id = first, last do
        table.insert(tuples, M.row(citizen_id))
    end
    return tuples
end

-- Tuples as the web side sends them.
M.pack = msgpack.encode

if buckets.count ~= nil then
    local choose = buckets.choose
    local last = 0
    -- One after the other, so that the ids of imports grow within a tenth of a second too.
    function buckets.choose(bucket, key)
        if bucket == nil and key == nil then
            last = last % buckets.count + 1
            bucket = last
        end
        return choose(bucket, key)
    end
end

-- Rounds of a long test: fewer in its second run, on the layout of a storage.
function M.rounds(count)
    return buckets.count == nil and count or math.ceil(count / 4)
end

-- The key of an import's rows in `citizens`, and of one of its citizens there.
M.key = buckets.key
M.citizen_key = buckets.citizen_key

-- Inserts a row of a single node into a space of imports, with its bucket on a storage. import_id: of its import.
function M.insert(space_name, row, import_id)
    local bucket = buckets.of(import_id)
    if bucket ~= nil and space_name == 'citizens' then
        table.insert(row, 1, bucket)
    elseif bucket ~= nil then
        for place = 1, #box.space[space_name]:format() - 1 do
            row[place] = row[place] == nil and box.NULL or row[place]
        end
        table.insert(row, bucket)
    end
    return box.space[space_name]:insert(row)
end

-- Stores packed tuples as an import, including its counts. Returns its id.
function M.import(rows)
    local import_id = require('census.imports').create(rows)
    box.space.uncounted_imports:insert({ import_id })
    require('census.stats.counts').count_import(import_id)
    return import_id
end

-- The given number of tuples, packed.
function M.rows(first, last)
    return M.pack(M.tuples(first, last))
end

-- A page with its rows decoded to tuples. Takes the arguments of citizens.page.
function M.page(...)
    local version, after, rows = require('census.citizens').page(...)
    local tuples = {}
    for i, row in ipairs((msgpack.decode(rows))) do
        tuples[i] = box.tuple.new(row)
    end
    return version, after, tuples
end

-- Values as received over the wire: large numbers as cdata, nil as box.NULL.
function M.over_wire(value)
    return (msgpack.decode(msgpack.encode(value == nil and box.NULL or value)))
end

-- Waits until look() returns true.
function M.wait_until(look)
    local deadline = fiber.clock() + PATIENCE_SECONDS
    while not look() do
        if fiber.clock() > deadline then
            error('it did not come about in time', 2)
        end
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
end

-- The error code that a procedure raises, or false and its result.
function M.raised(procedure, ...)
    local ok, reason = pcall(procedure, ...)
    if ok then
        return false, reason
    end
    return type(reason) == 'table' and reason.code or tostring(reason), reason
end

-- cases: {{sentence, function(t)}, ...}. Runs them in order and ends the process.
function M.run(name, cases)
    local test = tap.test(name)
    test:plan(#cases)
    for _, case in ipairs(cases) do
        test:test(case[1], function(t)
            local ok, reason = pcall(case[2], t)
            if box.is_in_txn ~= nil and box.is_in_txn() then
                box.rollback()
                t:fail('a transaction was left open')
            end
            if not ok then
                log.error(reason)
                t:fail(type(reason) == 'table' and require('json').encode(reason) or tostring(reason))
            end
            t:plan(t.total)
        end)
    end
    local passed = test:check()
    fio.rmtree(folder)
    os.exit(passed and 0 or 1)
end

return M
