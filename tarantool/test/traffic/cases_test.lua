-- Cases: stored with their photo or not at all; counts, lists, histories.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local create = require('traffic.cases.create')
local devices = require('traffic.cameras.devices')
local photos = require('traffic.cases.photos')
local read = require('traffic.cases.read')
local recount = require('traffic.cases.recount')
local staging = require('traffic.cases.staging')
local start = require('traffic.cases.start')
local state = require('traffic.cases.state')
local types = require('traffic.cameras.types')

support.start_app()

local CAMERA = '104fc08a-efb6-427f-9193-2d54e4d3e127'
local VIOLATION = 'de1635a7-fd92-47a6-9b78-82bb0d41ce71'
local DAY_SECONDS = 24 * 60 * 60

devices.register({ CAMERA, 55.7, 37.6, 'camerus1', '' })
box.space.violations:insert({ VIOLATION, 'speeding', 500 })

local PLACES = { transport = 2, camera = 3, violation = 4, skill = 6, timestamp = 7, type = 8, digest = 13 }
local last = 0

-- A case as the web side sends it; changes: {[member] = value}.
local function new_case(changes)
    last = last + 1
    local id = ('%036d'):format(last)
    local case = { id, '1ABC2377', CAMERA, VIOLATION, '62km/h', 1, 1704067200, 'camerus1', 1 }
    for place, value in pairs({ [10] = 'hash', [11] = 5, [12] = 'image/png', [13] = 'digest ' .. last, [14] = '' }) do
        case[place] = value
    end
    for member, value in pairs(changes or {}) do
        case[PLACES[member]] = value
    end
    return case
end

local function store(changes, photo)
    return create.create(types.version(), new_case(changes), '{}', photo or 'photo', DAY_SECONDS)
end

local function rows_on_disk()
    return box.space.case_photos:count() + box.space.case_records:count()
end

-- How many kept counts are wrong.
local function count_differences()
    local _, _, differing = recount.recount()
    return differing
end

-- Recounts in pieces of two rows; calls change(step) between each two.
local function recount_amid(change)
    local piece, pause = recount.PIECE, recount.pause
    local step = 0
    recount.PIECE = 2
    recount.pause = function()
        step = step + 1
        change(step)
        fiber.yield()
    end
    local cases, compared, differing, named = recount.recount()
    recount.PIECE, recount.pause = piece, pause
    return cases, compared, differing, named
end

support.run('cases', {
    {
        'are stored with their photo and record',
        function(t)
            local long = ('x'):rep(photos.PIECE_BYTES + 1)
            local outcome, row = store({}, long)
            t:is(outcome, 'stored')
            t:is(row.status, 'initiated')
            t:is(read.photo(row.no, 0) .. read.photo(row.no, 1), long)
            t:is(read.photo(row.no, 2), nil)
            t:is(box.space.case_records:get({ row.no }).record, '{}')
            t:is_deeply(read.get(row.case_id)[1]:totable(), row:totable())
            t:is(support.raised(read.get, 'none'), 'CASE_NOT_FOUND')
        end,
    },
    {
        'have photos whose files are not merged: the first file is longer than later ones',
        function(t)
            local index = box.space.case_photos.index.pk
            local long = ('x'):rep(photos.PIECE_BYTES)
            for _ = 1, 4 do
                store({}, long)
            end
            box.snapshot()
            local merged = index:stat().disk.compaction.count
            local files = index:stat().run_count
            for _ = 1, 4 do
                store({}, long)
                box.snapshot()
            end
            -- Merging runs in a thread, which has nothing else to do.
            fiber.sleep(0.2)
            t:is(index:stat().disk.compaction.count, merged)
            t:is(index:stat().run_count, files + 4)
            local last_no = box.space.cases.index.pk:max().no
            t:is(read.photo(last_no, 0), long, 'photos are found in them')
        end,
    },
    {
        'are refused with every fault, and nothing is written',
        function(t)
            local before = rows_on_disk()
            local far = fiber.time() + 120
            local outcome, faults = store({ camera = 'none', violation = 'none', timestamp = far })
            t:is(outcome, 'refused')
            t:is_deeply(faults, { 'UNKNOWN_CAMERA', 'UNKNOWN_VIOLATION', 'FUTURE_TIME' })
            t:is_deeply({ store({ type = 'camerus2' }) }, { 'refused', { 'CAMERA_OF_OTHER_TYPE' } })
            devices.update(CAMERA, { enabled = false })
            t:is_deeply({ store({}) }, { 'refused', { 'CAMERA_DISABLED' } })
            devices.update(CAMERA, { enabled = true })
            t:is(create.create(types.version() - 1, new_case(), '{}', 'photo', 1), 'changed')
            t:is(rows_on_disk(), before)
        end,
    },
    {
        'are repeats within the time that is given, also when two come at once',
        function(t)
            local _, first = store({ digest = 'same' })
            local outcome, again = store({ digest = 'same' })
            t:is_deeply({ outcome, again.case_id }, { 'repeated', first.case_id })
            local case = new_case({ digest = 'same' })
            t:is(create.create(types.version(), case, '{}', 'photo', 0), 'stored', 'the time is over')
            local outcomes = {}
            local done = fiber.channel(5)
            for _ = 1, 5 do
                fiber.create(function()
                    local each = store({ digest = 'at once' })
                    outcomes[each] = (outcomes[each] or 0) + 1
                    done:put(true)
                end)
            end
            for _ = 1, 5 do
                done:get()
            end
            t:is_deeply(outcomes, { stored = 1, repeated = 4 })
            support.wait_until(function()
                return box.space.case_records:count() == box.space.cases:len()
            end)
        end,
    },
    {
        'of a photo in pieces take what was staged; refused ones leave it until it is discarded',
        function(t)
            local before = rows_on_disk()
            local no = staging.stage(nil, 0, ('x'):rep(photos.PIECE_BYTES))
            staging.stage(no, 1, 'end')
            t:is(store({ camera = 'none' }, no), 'refused')
            t:is(box.space.case_leftovers:len(), 1)
            local outcome, row = store({}, no)
            t:is_deeply({ outcome, tonumber(row.no) }, { 'stored', no })
            t:is(read.photo(no, 1), 'end')
            t:is(box.space.case_leftovers:len(), 0)
            t:is(rows_on_disk(), before + 3)
            t:is(support.raised(staging.stage, no, 2, 'more'), 'PHOTO_NOT_STAGED')
            local other = staging.stage(nil, 0, 'lost')
            staging.discard(other)
            support.wait_until(function()
                return box.space.case_leftovers:len() == 0 and rows_on_disk() == before + 3
            end)
        end,
    },
    {
        'photos of a session that ends are removed, and those that a crash left before their case',
        function(t)
            local before = rows_on_disk()
            local connection = support.connect()
            local ok, no = connection:call('svodka.cases.stage', { box.NULL, 0, 'lost' })
            t:ok(ok and no > 0)
            connection:close()
            support.wait_until(function()
                return box.space.case_leftovers:len() == 0 and rows_on_disk() == before
            end)
            local orphan = box.space.cases.index.pk:max().no + 1
            box.space.case_records:replace({ orphan, '{}' })
            box.space.case_photos:replace({ orphan, 0, 'lost' })
            start.start()
            local _, row = store()
            t:ok(row.no > orphan, 'its number is not given again')
            support.wait_until(function()
                return box.space.case_records:get({ orphan }) == nil
            end)
            t:is(box.space.case_photos:get({ orphan, 0 }), nil)
            t:ok(box.space.case_records:get({ row.no }) ~= nil)
        end,
    },
    {
        'change their status with history and counts',
        function(t)
            local _, row = store()
            box.atomic(function()
                local extended = state.set_status(row, state.EXTENDED, { at = 10, by = 'a', skill_value = 2 })
                t:is_deeply({ extended.status, extended.status_at, extended.skill_value }, { 'extended', 10, 2 })
                state.set_status(extended, state.CONVICTED, { at = 20, by = 'b' })
            end)
            local _, entries = read.history(row.case_id)
            t:is_deeply(entries, { { 'extended', 10, 'a' }, { 'convicted', 20, 'b' } })
            t:is_deeply(read.stats('status', 'a', 10)[1], { 'convicted', 1 })
            t:is(count_differences(), 0)
        end,
    },
    {
        'are recounted: each wrong count is named',
        function(t)
            local status = box.space.case_counts:get({ 'status', 'initiated' }).count
            box.space.case_counts:replace({ 'status', 'initiated', status + 2 })
            box.space.case_counts:replace({ 'camera', 'of nobody', 1 })
            box.space.case_counts:delete({ 'day', '2024-01-01' })
            local cases, compared, differing, named = recount.recount()
            t:is(cases, box.space.cases:len())
            t:is(compared, box.space.case_counts:len())
            t:is(differing, 3)
            table.sort(named, function(one, other)
                return one[1] < other[1]
            end)
            t:is_deeply(named, {
                { 'camera', 'of nobody', 1, 0 },
                { 'day', '2024-01-01', 0, cases },
                { 'status', 'initiated', status + 2, status },
            })
            box.space.case_counts:replace({ 'status', 'initiated', status })
            box.space.case_counts:delete({ 'camera', 'of nobody' })
            box.space.case_counts:replace({ 'day', '2024-01-01', cases })
            t:is(count_differences(), 0)
        end,
    },
    {
        'are recounted while others store, decide and fail',
        function(t)
            local rows = {}
            for i = 1, 9 do
                local _, row = store({ timestamp = i * DAY_SECONDS })
                rows[i] = row
            end
            local steps = 0
            local cases, _, differing = recount_amid(function(step)
                steps = step
                store({ timestamp = step * DAY_SECONDS })
                local row = rows[step % #rows + 1]
                rows[step % #rows + 1] = box.atomic(state.set_status, row, 'status ' .. step, { at = step, by = 'a' })
                box.begin()
                state.insert(
                    rows[1]:update({ { '=', 1, 1e9 + step }, { '=', 2, 'new ' .. step }, { '=', 'digest', '' } })
                )
                box.rollback()
            end)
            t:ok(steps > 9, 'steps: ' .. steps)
            t:is(differing, 0)
            t:ok(cases > 9)
        end,
    },
    {
        'are recounted one at a time',
        function(t)
            local refused
            recount_amid(function()
                refused = support.raised(recount.recount)
            end)
            t:is(refused, 'RECOUNT_RUNNING')
            t:is(count_differences(), 0)
        end,
    },
    {
        'are listed the newest first, in bounded pieces, each once',
        function(t)
            for i = 1, 50 do
                store({ timestamp = i % 7, transport = 'T' .. i % 3 })
            end
            local filters = { {}, { transport = 'T1' }, { from = 2, to = 5 }, { transport = 'T2', from = 3 } }
            for _, filter in ipairs(filters) do
                local expected = 0
                for _, row in box.space.cases:pairs() do
                    local is_in = row.timestamp >= (filter.from or 0) and row.timestamp < (filter.to or math.huge)
                    if is_in and (filter.transport == nil or row.transport == filter.transport) then
                        expected = expected + 1
                    end
                end
                local seen, place = {}, nil
                local newest = math.huge
                repeat
                    local found, next_place = read.list(filter, place, 3)
                    place = next_place
                    for _, each in ipairs(found) do
                        local row = each[1]
                        t:ok(not seen[tonumber(row.no)] and row.timestamp <= newest)
                        seen[tonumber(row.no)] = true
                        newest = row.timestamp
                        expected = expected - 1
                    end
                until place == nil
                t:is(expected, 0)
            end
        end,
    },
    {
        'keep their camera, its type and the type of other cameras where they are',
        function(t)
            t:is(support.raised(devices.delete, CAMERA), 'CAMERA_HAS_CASES')
            t:is(support.raised(devices.update, CAMERA, { type = 'camerus2' }), 'CAMERA_HAS_CASES')
            t:is(support.raised(types.delete, 'camerus1'), 'CAMERA_TYPE_IN_USE')
            t:is(support.raised(types.delete, 'none'), 'CAMERA_TYPE_NOT_FOUND')
        end,
    },
})
