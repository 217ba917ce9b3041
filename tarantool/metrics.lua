-- Measurements for monitoring. The global name `metrics` is not used: Tarantool 3 has a module of that name.
--
-- Two fibers measure what cannot be looked up. One sleeps and records how late it wakes up, which is how long a request
-- waits for the TX thread; it rests while no procedure is called. The other examines the data folder, in Tarantool's
-- thread pool for file operations, after each read of the measurements, for the next one.

local clock = require('clock')
local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local activity = require('lib.activity')
local disk = require('lib.disk')

local M = {}

-- 1,200 samples per minute at most; they cost 0.2% of a core.
local LATENESS_PERIOD_SECONDS = 0.05
-- A call takes 0.1 to 0.3 ms, a piece of sweeping or counting up to 2 ms; Tarantool 3 ends a procedure after a second.
local LATENESS_BOUNDS_SECONDS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1 }
-- Ids below belong to spaces of Tarantool itself.
local FIRST_OWN_SPACE = 512

-- counts[i]: samples that were late by no more than the i-th bound; the last one: by more than all bounds.
local lateness = { counts = {}, sum = 0 }
for i = 1, #LATENESS_BOUNDS_SECONDS + 1 do
    lateness.counts[i] = 0
end

local folder = {}
local folder_was_read = fiber.cond()

-- Name -> function() -> {[name] = number}, as added by rooms.
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
        local calls = activity.count()
        local start = clock.monotonic()
        fiber.sleep(LATENESS_PERIOD_SECONDS)
        note_lateness(math.max(0, clock.monotonic() - start - LATENESS_PERIOD_SECONDS))
        activity.wait_beyond(calls)
    end
end

local function look_at_folder(path)
    local seen = { log_bytes = 0, snapshot_bytes = 0, log_files = 0, snapshot_files = 0 }
    for _, name in ipairs(fio.listdir(path) or {}) do
        local kind = (name:endswith('.xlog') and 'log') or (name:endswith('.snap') and 'snapshot')
        -- nil: the file has been removed in the meantime.
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
            log.warn('examining the data folder: %s', result)
        end
        folder_was_read:wait()
    end
end

-- Starts measuring. Requires a configured box.
function M.start()
    fiber.create(measure_lateness)
    fiber.create(watch_folder, box.cfg.wal_dir)
end

local function spaces()
    local seen = {}
    for _, row in box.space._space:pairs({ FIRST_OWN_SPACE }, { iterator = 'GE' }) do
        local space = box.space[row.id]
        local index_bytes = 0
        -- The table lists each index by number and by name.
        for number, index in pairs(space.index) do
            if type(number) == 'number' then
                index_bytes = index_bytes + index:bsize()
            end
        end
        seen[row.name] = { rows = space:len(), data_bytes = space:bsize(), index_bytes = index_bytes }
    end
    return seen
end

-- For each upstream: whether it is followed, its lag, and the time since its last message.
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

-- For each downstream: the number of rows of the log that it has not confirmed; nil while it is away.
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

-- box.stat.net does not support pairs() in every version; `current` is missing in some.
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
    -- With backtraces this would take 25 us per fiber instead of 1 us.
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

-- From now on, `rooms` in the result contains under this name what measure() returns: {[name] = number}. measure() must
-- neither yield nor write, and must take microseconds.
function M.add(name, measure)
    measures_of_rooms[name] = measure
end

-- All measurements: bytes, seconds and counts, the latter since the start of Tarantool; those of the folder are as of
-- the previous call. Neither yields nor writes; takes 0.03 ms, plus 1 us for each fiber and for each import that is
-- staged, or deleted and not swept yet.
function M.read()
    folder_was_read:broadcast()
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
