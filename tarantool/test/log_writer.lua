-- A program: tarantool log_writer.lua FOLDER COUNT HOW. Recovers the folder with box.cfg alone, prints the row count,
-- inserts COUNT rows, each in a transaction, and exits: cleanly (HOW = stop) or by kill -9, at once (kill), after a
-- snapshot (snapshot), or after creating a vinyl space (vinyl).

local ffi = require('ffi')

ffi.cdef('int kill(int pid, int signal);')
local SIGKILL = 9
-- Tarantool compresses blocks larger than 2 KB.
local LONG_TEXT = ('long '):rep(1000)

local folder, count, how = arg[1], tonumber(arg[2]), arg[3]
box.cfg({
    wal_dir = folder,
    memtx_dir = folder,
    vinyl_dir = folder,
    wal_mode = 'fsync',
    memtx_memory = 32 * 1024 * 1024,
    log = 'file:' .. folder .. '/writer.log',
})
box.once('rows', function()
    box.schema.space.create('rows'):create_index('pk')
end)
local before = box.space.rows:len()
for id = before + 1, before + count do
    box.space.rows:insert({ id, id % 3 == 0 and LONG_TEXT or 'short' })
end
io.stdout:write(('rows=%d\n'):format(before))
io.stdout:flush()
if how == 'snapshot' then
    box.snapshot()
end
if how == 'vinyl' then
    box.schema.space.create('files', { engine = 'vinyl' }):create_index('pk')
    box.space.files:insert({ 1 })
end
if how ~= 'stop' then
    ffi.C.kill(require('tarantool').pid(), SIGKILL)
end
os.exit(0)
