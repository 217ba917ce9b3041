-- What the operator's monitoring asks of the database. Not called `metrics`: Tarantool 3 has a module of that name.
--
-- Two fibers measure what cannot be looked up. One sleeps and notes how late it wakes: so long a request that comes at
-- any moment waits for the TX thread. The other looks at the data folder, on the threads that Tarantool has for files.

local clock = require('clock')
local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local disk = require('lib.disk')

local M = {}

-- 1,200 looks a minute; with those at the folder they cost 0.25% of a core.
local LATENESS_PERIOD_SECONDS = 0.05
-- A call takes 0.1 to 0.3 ms; a sweeping or a counting piece up to 2; a second is where Tarantool 3 ends a procedure.
local LATENESS_BOUNDS_SECONDS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1 }
local FOLDER_PERIOD_SECONDS = 5
-- Ids of the spaces of Tarantool itself end there.
local FIRST_OWN_SPACE = 512

-- counts[i]: looks that were late by no more than the i-th bound, the last: by more than all of them.
local lateness = { counts = {}, sum = 0 }
for i = 1, #LATENESS_BOUNDS_SECONDS + 1 do
    lateness.counts[i] = 0
end

local folder = {}

-- Name -> function() -> {[name] = number}, as rooms add them.
local measures_of_rooms = {}

local function note_lateness(seconds)
    local place = 1
    while place <= #LATENESS_BOUNDS_SECONDS and seconds > LATENESS_BOUNDS_SECONDS[place] do
        place = place + 1
    end
    lateness.counts[place] = lateness.counts[place] + 1
    lateness.sum = lateness.sum + seconds
end

local function measure_lateness()
    fiber.name('measure_lateness')
    while true do
        local start = clock.monotonic()
        fiber.sleep(LATENESS_PERIOD_SECONDS)
        note_lateness(math.max(0, clock.monotonic() - start - LATENESS_PERIOD_SECONDS))
    end
end

local function look_at_folder(path)
    local seen = { log_bytes = 0, snapshot_bytes = 0, log_files = 0, snapshot_files = 0 }
    for _, name in ipairs(fio.listdir(path) or {}) do
        local kind = (name:endswith('.xlog') and 'log') or (name:endswith('.snap') and 'snapshot')
        -- nil: it was removed meanwhile.
        local stat = kind and fio.stat(fio.pathjoin(path, name))
        if stat then
            seen[kind .. '_bytes'] = seen[kind .. '_bytes'] + stat.size
            seen[kind .. '_files'] = seen[kind .. '_files'] + 1
            if kind == 'snapshot' then
                seen.snapshot_at = math.max(seen.snapshot_at or 0, stat.mtime)
            end
        end
    end
    local room = disk.look(path)
    if room ~= nil then
        seen.free_bytes = room.free_bytes
        seen.size_bytes = room.size_bytes
    end
    return seen
end

local function watch_folder(path)
    fiber.name('watch_folder')
    while true do
        local ok, result = pcall(look_at_folder, path)
        if ok then
            folder = result
        else
            log.warn('looking at the data folder: %s', result)
        end
        fiber.sleep(FOLDER_PERIOD_SECONDS)
    end
end

-- Begins to measure. Needs a box that is configured.
function M.start()
    fiber.create(measure_lateness)
    fiber.create(watch_folder, box.cfg.wal_dir)
end

local function spaces()
    local seen = {}
    for _, row in box.space._space:pairs({ FIRST_OWN_SPACE }, { iterator = 'GE' }) do
        local space = box.space[row.id]
        local index_bytes = 0
        -- By number and by name: each is there twice.
        for number, index in pairs(space.index) do
            if type(number) == 'number' then
                index_bytes = index_bytes + index:bsize()
            end
        end
        seen[row.name] = { rows = space:len(), data_bytes = space:bsize(), index_bytes = index_bytes }
    end
    return seen
end

-- Of each server that this one follows: whether it does, how far behind that is, and how long nothing was heard.
local function upstreams()
    local seen = {}
    for _, replica in pairs(box.info.replication) do
        local upstream = replica.upstream
        if upstream ~= nil then
            seen[tostring(replica.id)] = {
                is_following = upstream.status == 'follow',
                lag_seconds = upstream.lag,
                idle_seconds = upstream.idle,
            }
        end
    end
    return seen
end

-- Of each server that follows this one: how many rows of the log it has not confirmed; nil when it is away.
local function downstreams()
    local seen = {}
    local own = box.info.vclock
    for _, replica in pairs(box.info.replication) do
        local confirmed = replica.downstream ~= nil and replica.downstream.vclock or nil
        if replica.id ~= box.info.id then
            local rows
            for id, lsn in pairs(confirmed and own or {}) do
                rows = (rows or 0) + math.max(0, tonumber(lsn) - tonumber(confirmed[id] or 0))
            end
            seen[tostring(replica.id)] = { is_following = confirmed ~= nil, rows_behind = rows }
        end
    end
    return seen
end

local function operations()
    local seen = {}
    for name, counts in pairs(box.stat()) do
        seen[name:lower()] = counts.total
    end
    return seen
end

-- box.stat.net takes no pairs() in every version; `current` is missing in some.
local function network()
    local function of(name)
        return box.stat.net[name] or {}
    end
    return {
        connections = of('CONNECTIONS').current,
        requests_in_flight = of('REQUESTS').current,
        requests = of('REQUESTS').total,
        sent_bytes = of('SENT').total,
        received_bytes = of('RECEIVED').total,
    }
end

local function count_fibers()
    local count = 0
    -- With their stacks it would take 25 us a fiber instead of 1.
    for _ in pairs(fiber.info({ backtrace = false })) do
        count = count + 1
    end
    return count
end

local function of_rooms()
    local seen = {}
    for name, measure in pairs(measures_of_rooms) do
        seen[name] = measure()
    end
    return seen
end

-- From now on `rooms` of what is read has under this name what measure() returns: {[name] = number}. It must neither
-- yield nor write, and take microseconds.
function M.add(name, measure)
    measures_of_rooms[name] = measure
end

-- Everything at once. Bytes, seconds and counts, the latter since Tarantool started. Neither yields nor writes;
-- 0.03 ms, and 1 us more for each fiber and each import that is staged or deleted and not swept yet.
function M.read()
    local slab = box.slab.info()
    return {
        server = {
            uptime_seconds = box.info.uptime,
            is_read_only = box.info.ro,
            fibers = count_fibers(),
            lsn = box.info.lsn,
        },
        memory = {
            quota_bytes = slab.quota_size,
            quota_used_bytes = slab.quota_used,
            arena_bytes = slab.arena_size,
            arena_used_bytes = slab.arena_used,
            items_bytes = slab.items_size,
            items_used_bytes = slab.items_used,
            lua_bytes = box.runtime.info().lua,
        },
        folder = folder,
        lateness = { bounds = LATENESS_BOUNDS_SECONDS, counts = lateness.counts, sum = lateness.sum },
        network = network(),
        operations = operations(),
        spaces = spaces(),
        rooms = of_rooms(),
        upstreams = upstreams(),
        downstreams = downstreams(),
    }
end

return M
