-- Copies of the data: taken while Tarantool works, put back while it does not. What a backup holds is the state at one
-- moment: a snapshot made for it. A backup is a folder svodka-<UTC time> with the files and their SHA256SUMS, as
-- sha256sum -c reads it.

local crypto = require('crypto')
local errno = require('errno')
local fiber = require('fiber')
local fio = require('fio')
local control = require('process.control')

local M = {}

local CHECKSUMS = 'SHA256SUMS'
local PARTIAL = '.partial'
local PARTIAL_NAME = '^svodka%-.*%.partial$'
local PIECE_BYTES = 1024 * 1024
-- A snapshot of 10,000,000 citizens takes 15 s on a slow disk; beyond an hour something is wrong.
local SNAPSHOT_SECONDS = 3600
local SNAPSHOT_RETRY_SECONDS = 0.1
-- Below the data folder: files of memtx are in it, those of vinyl in <space>/<index>/.
local VINYL_FILE = '%d+/%d+/[^/\n]+'
local NAME = '^svodka%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$'
-- What Tarantool keeps its data in.
local DATA_ENDINGS = { snap = true, xlog = true, vylog = true, inprogress = true }

local function must(result, what)
    if not result then
        error(('%s: %s'):format(what, errno.strerror()), 0)
    end
    return result
end

-- Name of a file of data below the data folder.
local function name_of(path)
    return path:match('/(' .. VINYL_FILE .. ')$') or fio.basename(path)
end

-- Whether a file may stand under this name in a backup: it leads nowhere else.
local function is_name(name)
    return name:match('^[^/]+$') ~= nil or name:match('^' .. VINYL_FILE .. '$') ~= nil
end

local function make_folder_of(path)
    must(fio.mktree(fio.dirname(path), tonumber('700', 8)), path)
end

local function ending(name)
    return name:match('%.([%w]+)$')
end

local function hex(bytes)
    return (bytes:gsub('.', function(byte)
        return ('%02x'):format(byte:byte())
    end))
end

-- Reads a file to its end; to: a path to copy it to, on the disk when this returns, or nil.
-- Returns the SHA-256 in hexadecimal and the number of bytes.
local function digest(from, to)
    local source = must(fio.open(from, { 'O_RDONLY' }), from)
    local copy
    if to ~= nil then
        copy = must(fio.open(to, { 'O_WRONLY', 'O_CREAT', 'O_EXCL' }, tonumber('600', 8)), to)
    end
    local sha256 = crypto.digest.sha256.new()
    local bytes = 0
    while true do
        local piece = must(source:read(PIECE_BYTES), from)
        if #piece == 0 then
            break
        end
        sha256:update(piece)
        bytes = bytes + #piece
        if copy ~= nil then
            must(copy:write(piece), to)
        end
    end
    source:close()
    if copy ~= nil then
        must(copy:fsync(), to)
        copy:close()
    end
    return hex(sha256:result()), bytes
end

local function sync_folder(path)
    local handle = must(fio.open(path, { 'O_RDONLY' }), path)
    handle:fsync()
    handle:close()
end

local function write_whole(path, text)
    local file = must(fio.open(path, { 'O_WRONLY', 'O_CREAT', 'O_EXCL' }, tonumber('600', 8)), path)
    must(file:write(text), path)
    must(file:fsync(), path)
    file:close()
end

-- The newest last.
function M.list(folder)
    local names = {}
    for _, name in ipairs(must(fio.listdir(folder), folder)) do
        if name:match(NAME) then
            table.insert(names, name)
        end
    end
    table.sort(names)
    return names
end

-- Runs in the database, for the control socket: a new snapshot, whose files stay until the connection ends.
function M.hold()
    local patience = fiber.clock() + SNAPSHOT_SECONDS
    while true do
        local done, reason = pcall(box.snapshot)
        if done then
            break
        end
        -- Tarantool makes one of its own each hour: then ours comes after it.
        if reason.code ~= box.error.SNAPSHOT_IN_PROGRESS or fiber.clock() > patience then
            error(reason)
        end
        fiber.sleep(SNAPSHOT_RETRY_SECONDS)
    end
    local files = {}
    for _, path in ipairs(box.backup.start()) do
        table.insert(files, fio.abspath(path))
    end
    return { files = files, schema = require('process.migrate').version() }, box.backup.stop
end

-- Copies files into a new folder of their checksums. Returns the number of bytes.
local function copy_all(files, path)
    local partial = path .. PARTIAL
    must(fio.mkdir(partial, tonumber('700', 8)), partial)
    local lines, bytes = {}, 0
    for _, file in ipairs(files) do
        local name = name_of(file)
        make_folder_of(fio.pathjoin(partial, name))
        local sum, size = digest(file, fio.pathjoin(partial, name))
        sync_folder(fio.dirname(fio.pathjoin(partial, name)))
        table.insert(lines, ('%s  %s\n'):format(sum, name))
        bytes = bytes + size
    end
    write_whole(fio.pathjoin(partial, CHECKSUMS), table.concat(lines))
    sync_folder(partial)
    must(fio.rename(partial, path), path)
    sync_folder(fio.dirname(path))
    return bytes
end

-- Takes a backup of the Tarantool that works in data_dir into a new folder below `folder`, then removes all but the
-- newest `keep`. now_s: Unix time. Returns {path, bytes, files, schema, removed = [names]}; raises a text for people.
-- What it leaves when it is cut off ends in .partial and is no backup; the next one removes it.
function M.take(data_dir, folder, keep, now_s)
    must(fio.mktree(folder), folder)
    local held, connection = control.ask(data_dir, { command = 'backup' }, SNAPSHOT_SECONDS)
    if held == nil then
        error(connection, 0)
    end
    -- One at a time: with the answer nobody else is at work here.
    for _, name in ipairs(must(fio.listdir(folder), folder)) do
        if name:match(PARTIAL_NAME) then
            fio.rmtree(fio.pathjoin(folder, name))
        end
    end
    local path = fio.pathjoin(folder, os.date('!svodka-%Y%m%dT%H%M%SZ', now_s))
    local done, bytes = pcall(copy_all, held.files, path)
    connection:close()
    if not done then
        error(bytes, 0)
    end
    local names = M.list(folder)
    local removed = {}
    for i = 1, #names - keep do
        fio.rmtree(fio.pathjoin(folder, names[i]))
        table.insert(removed, names[i])
    end
    return { path = path, bytes = bytes, files = #held.files, schema = held.schema, removed = removed }
end

local function read_checksums(backup)
    local file = must(fio.open(fio.pathjoin(backup, CHECKSUMS), { 'O_RDONLY' }), backup .. ' is no backup')
    local sums = {}
    for line in file:read():gmatch('[^\n]+') do
        local sum, name = line:match('^(%x+)  (.+)$')
        if sum ~= nil and is_name(name) then
            table.insert(sums, { sum = sum, name = name })
        end
    end
    file:close()
    if #sums == 0 then
        error(('%s of %s names no file'):format(CHECKSUMS, backup), 0)
    end
    return sums
end

-- Compares each file of a backup with its checksum. Returns [{sum, name}]; raises a text for people.
function M.verify(backup)
    local sums = read_checksums(backup)
    for _, expected in ipairs(sums) do
        if digest(fio.pathjoin(backup, expected.name)) ~= expected.sum then
            error(('%s of %s is not what was backed up: the checksum differs'):format(expected.name, backup), 0)
        end
    end
    return sums
end

-- Moves the data of data_dir, in which the caller keeps every Tarantool out, into a folder replaced-<UTC time> below
-- it, to be deleted by hand. Returns the folder's name, or nil when there were none.
function M.set_aside(data_dir, now_s)
    local replaced
    for _, name in ipairs(must(fio.listdir(data_dir), data_dir)) do
        -- A folder of digits has the files of one vinyl space.
        if DATA_ENDINGS[ending(name) or ''] or name:match('^%d+$') then
            if replaced == nil then
                replaced = os.date('!replaced-%Y%m%dT%H%M%SZ', now_s)
                must(fio.mktree(fio.pathjoin(data_dir, replaced)), replaced)
            end
            must(fio.rename(fio.pathjoin(data_dir, name), fio.pathjoin(data_dir, replaced, name)), name)
        end
    end
    sync_folder(data_dir)
    return replaced
end

-- Puts a backup into data_dir, in which the caller keeps every Tarantool out. What was there is set aside. Returns
-- {files, replaced = name or nil}.
function M.restore(backup, data_dir, now_s)
    local sums = M.verify(backup)
    local coming = fio.pathjoin(data_dir, 'restoring')
    fio.rmtree(coming)
    must(fio.mkdir(coming, tonumber('700', 8)), coming)
    for _, file in ipairs(sums) do
        make_folder_of(fio.pathjoin(coming, file.name))
        if digest(fio.pathjoin(backup, file.name), fio.pathjoin(coming, file.name)) ~= file.sum then
            error(('%s changed while it was copied'):format(file.name), 0)
        end
    end
    local replaced = M.set_aside(data_dir, now_s)
    for _, file in ipairs(sums) do
        local target = fio.pathjoin(data_dir, file.name)
        make_folder_of(target)
        must(fio.rename(fio.pathjoin(coming, file.name), target), file.name)
        sync_folder(fio.dirname(target))
    end
    must(fio.rmtree(coming), coming)
    sync_folder(data_dir)
    return { files = #sums, replaced = replaced }
end

return M
