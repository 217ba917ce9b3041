-- Process management: the exclusive lock of the data folder, box.cfg, and the end of the process with its parent.

local ffi = require('ffi')
local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local socket = require('socket')

ffi.cdef([[
    int flock(int fd, int operation);
    ssize_t read(int fd, void *buffer, size_t count);
]])

local LOCK_EXCLUSIVE_NONBLOCKING = 2 + 4
local STDIN = 0
local MAX_LISTEN_TRIES = 5
local LISTEN_PAUSE_SECONDS = 0.01

local M = {}

-- box.cfg would end the process with a mere message if the folder is in use. This lock, taken earlier, gives the parent
-- a code to act on.
function M.lock_data_dir(data_dir, report)
    fio.mktree(data_dir)
    local handle, reason = fio.open(fio.pathjoin(data_dir, 'svodka.lock'), { 'O_RDWR', 'O_CREAT' }, tonumber('600', 8))
    if handle == nil then
        report.fail('SETTINGS_INVALID', 'the data folder cannot be written: ' .. tostring(reason))
    end
    if ffi.C.flock(handle.fh, LOCK_EXCLUSIVE_NONBLOCKING) ~= 0 then
        report.fail('DATA_DIR_IN_USE', 'another Tarantool works in ' .. data_dir)
    end
    -- Held until the process ends; the kernel releases it whatever the cause.
    M.lock_handle = handle
end

local function is_at_least(major, minor)
    local its_major, its_minor = require('tarantool').version:match('^(%d+)%.(%d+)')
    its_major, its_minor = tonumber(its_major), tonumber(its_minor)
    return its_major > major or (its_major == major and its_minor >= minor)
end

-- more: additional options of box.cfg. settings.uuids: nil, or those that a storage must have.
function M.configure(settings, more)
    local options = {
        wal_dir = settings.data_dir,
        memtx_dir = settings.data_dir,
        vinyl_dir = settings.data_dir,
        wal_mode = settings.wal_mode,
        memtx_memory = settings.memtx_memory,
        -- For logs and files of jobs (migrations/007), which are written once and rarely read.
        vinyl_memory = 64 * 1024 * 1024,
        vinyl_cache = 16 * 1024 * 1024,
        -- A start reads the log since the last snapshot, 1.5 s for 1 GB of photos. 400 photos of 200 KB a second
        -- make 288 GB of log in the hour between two snapshots.
        checkpoint_wal_threshold = 4 * 1024 ^ 3,
        log_format = 'json',
        -- Enough for a citizen with 460,000 relatives with the longest ids, or 800,000 with ids below 2^32: about the
        -- maximum of a body of 100 MB. Above 4 MB, memtx would allocate slabs larger than its usual 16 MB.
        memtx_max_tuple_size = 4 * 1024 * 1024,
        -- Enough for several chunks of an import: with less, Tarantool stops reading, and logs a warning, while two
        -- imports arrive.
        readahead = 1024 * 1024,
    }
    for name, value in pairs(settings.uuids or {}) do
        options[name] = value
    end
    for name, value in pairs(more) do
        options[name] = value
    end
    -- From this version on, a replica starts without its upstream only with this compatibility option.
    if is_at_least(2, 11) then
        options.bootstrap_strategy = 'legacy'
    end
    box.cfg(options)
end

-- Tarantool 2.6 keeps the address in a buffer for formatted text, and yields before it binds: log lines of other
-- fibers, of vshard for instance, may overwrite it ("invalid uri for bind").
function M.listen(settings)
    for _ = 1, MAX_LISTEN_TRIES - 1 do
        if pcall(box.cfg, { listen = settings.listen }) then
            return
        end
        fiber.sleep(LISTEN_PAUSE_SECONDS)
    end
    box.cfg({ listen = settings.listen })
end

-- The parent holds the other end of stdin. When the parent dies, even of kill -9, stdin ends and so does this process:
-- an orphan would keep the data folder locked against the next start.
function M.exit_with_parent()
    fiber.create(function()
        fiber.name('parent_watch')
        local buffer = ffi.new('char[16]')
        while true do
            socket.iowait(STDIN, 'R')
            if ffi.C.read(STDIN, buffer, 16) <= 0 then
                log.warn('the parent process is gone, stopping')
                os.exit(0)
            end
        end
    end)
end

return M
