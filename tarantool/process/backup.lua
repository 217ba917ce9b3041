-- Backups: taken while Tarantool runs, restored while it does not. A backup is a snapshot made for it, and so has the
-- state of one moment. It is a folder svodka-<UTC time> with the files and their SHA256SUMS, in the format of sha256sum
-- -c.

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
-- A snapshot of 10,000,000 citizens takes 15 s on a slow disk; more than an hour means a fault.
local SNAPSHOT_SECONDS = 3600
local SNAPSHOT_RETRY_SECONDS = 0.1
-- Path of a vinyl file below the data folder, <space>/<index>/<file>; memtx files are in the folder itself.
local VINYL_FILE = '%d+/%d+/[^/\n]+'
local NAME = '^svodka%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$'
-- Endings of Tarantool's data files.
local DATA_ENDINGS = { snap = true, xlog = true, vylog = true, inprogress = true }

local function must(result, what)
    if not result then
        error(('%s: %s'):format(what, errno.strerror()), 0)
    end
    return result
end

-- Path of a data file relative to the data folder.
local function name_of(path)
    return path:match('/(' .. VINYL_FILE .. ')$') or fio.basename(path)
end

-- Whether a backup may contain a file of this name, which must not lead outside.
local function is_name(name)
    return name:match('^[^/]+$') ~= nil or name:match('^' .. VINYL_FILE .. '$') ~= nil
end

local function make_folder_of(path)
    must(fio.mktree(fio.dirname(path), tonumber('700', 8)), path)
end

local function ending(name)
    return name:match('%.([%w]+)$')
end

-- Reads a whole file. to: a path to copy it to, which is synced before the return, or nil. Returns the SHA-256 in
-- hexadecimal and the number of bytes.
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
    return sha256:result():hex(), bytes
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

-- In ascending order of time.
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

-- Handles `backup` of the control socket: makes a snapshot whose files are kept until the connection ends.
function M.hold()
    local patience = fiber.clock() + SNAPSHOT_SECONDS
    while true do
        local done, reason = pcall(box.snapshot)
        if done then
            break
        end
        -- Tarantool is making its hourly snapshot; ours follows it.
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

-- Copies files into a new folder and writes their checksums. Returns the number of bytes.
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

-- Backs up the Tarantool running in data_dir into a new folder below `folder`, then deletes all but the newest `keep`
-- backups. now_s: Unix time. Returns {path, bytes, files, schema, removed = [names]}; raises a text for people. An
-- interrupted backup leaves a folder that ends in .partial, which the next backup removes.
function M.take(data_dir, folder, keep, now_s)
    must(fio.mktree(folder), folder)
    local held, connection = control.ask(data_dir, { command = 'backup' }, SNAPSHOT_SECONDS)
    if held == nil then
        error(connection, 0)
    end
    -- Backups exclude each other: the control socket has answered, so no other one is running.
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
    local file = must(fio.open(fio.pathjoin(backup, CHECKSUMS), { 'O_RDONLY' }), backup .. ' is not a backup')
    local sums = {}
    for line in file:read():gmatch('[^\n]+') do
        local sum, name = line:match('^(%x+)  (.+)$')
        if sum ~= nil and is_name(name) then
            table.insert(sums, { sum = sum, name = name })
        end
    end
    file:close()
    if #sums == 0 then
        error(('%s of %s does not name a file'):format(CHECKSUMS, backup), 0)
    end
    return sums
end

-- Compares each file of a backup with its checksum. Returns [{sum, name}]; raises a text for people.
function M.verify(backup)
    local sums = read_checksums(backup)
    for _, expected in ipairs(sums) do
        if digest(fio.pathjoin(backup, expected.name)) ~= expected.sum then
            error(('%s of %s has been changed: the checksum differs'):format(expected.name, backup), 0)
        end
    end
    return sums
end

-- Moves the data of data_dir into a folder replaced-<UTC time> below it, which the operator deletes. No Tarantool may
-- be running there. Returns the folder's name, or nil if there were no data.
function M.set_aside(data_dir, now_s)
    local replaced
    for _, name in ipairs(must(fio.listdir(data_dir), data_dir)) do
        -- Folders named by digits contain the files of a vinyl space.
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

-- Restores a backup into data_dir, where no Tarantool may be running. Existing data are set aside. Returns {files,
-- replaced = name or nil}.
function M.restore(backup, data_dir, now_s)
    local sums = M.verify(backup)
    local coming = fio.pathjoin(data_dir, 'restoring')
    fio.rmtree(coming)
    must(fio.mkdir(coming, tonumber('700', 8)), coming)
    for _, file in ipairs(sums) do
        make_folder_of(fio.pathjoin(coming, file.name))
        if digest(fio.pathjoin(backup, file.name), fio.pathjoin(coming, file.name)) ~= file.sum then
            error(('%s was changed while it was being copied'):format(file.name), 0)
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
