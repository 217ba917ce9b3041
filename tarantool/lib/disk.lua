-- Free space of the disk with a folder.

local ffi = require('ffi')

local M = {}

-- A transaction takes up to some MB, and Tarantool reserves 1 MB for the log before a write: if that failed and less
-- than this is free, the disk is full and there is no other fault.
local FULL_BYTES = 16 * 1024 * 1024
-- Too little for any write.
local NO_ROOM_BYTES = 2 * 1024 * 1024

-- For 64-bit Linux with glibc or musl, where the fields used here have the same offsets.
local can_look = ffi.os == 'Linux'
    and ffi.abi('64bit')
    and pcall(
        ffi.cdef,
        [[
            struct svodka_statvfs {
                unsigned long block_size, fragment_size;
                uint64_t blocks, free_blocks, available_blocks;
                uint64_t files, free_files, available_files, rest[16];
            };
            int statvfs(const char *path, struct svodka_statvfs *result);
        ]]
    )

-- Returns {free_bytes, size_bytes, has_files}, or nil if unknown. has_files: whether another file can be created. O(1),
-- one system call.
function M.look(path)
    if not can_look then
        return nil
    end
    local result = ffi.new('struct svodka_statvfs')
    if ffi.C.statvfs(path, result) ~= 0 then
        return nil
    end
    return {
        free_bytes = tonumber(result.available_blocks * result.fragment_size),
        size_bytes = tonumber(result.blocks * result.fragment_size),
        -- File systems without a limit report 0 of 0.
        has_files = result.files == 0 or result.available_files > 0,
    }
end

local function has_less(path, bytes)
    local room = M.look(path)
    return room ~= nil and (room.free_bytes < bytes or not room.has_files)
end

-- Whether the write that has just failed did so because the disk is full.
function M.is_full(path)
    return has_less(path, FULL_BYTES)
end

-- Whether a write is bound to fail.
function M.has_no_room(path)
    return has_less(path, NO_ROOM_BYTES)
end

return M
