-- Reads tuples in order of a space's primary index without making Lua objects.
--
-- A tuple in Lua is an object with a finalizer: 1,900 blocks of counts took 1.4 ms, by their bytes 0.13 ms, and
-- collecting the objects of a million citizens blocks the TX thread for milliseconds at a time. Pointers into tuples
-- are valid until somebody writes, so the caller must not yield while it uses them.

local ffi = require('ffi')
local msgpack = require('msgpack')
local buckets = require('shards.buckets')
local symbols = require('bytes.symbols')

local M = {}

local PRIMARY = 0
-- In `citizens`.
local IMPORT_ID = buckets.BEFORE
-- Iterators that one reader may have open at the same time.
local MAX_OPEN = 8

-- Whether this version of Tarantool has the functions needed.
M.is_possible = symbols.has({ 'box_index_iterator', 'box_iterator_next', 'box_iterator_free', 'box_tuple_field' })
    and pcall(ffi.typeof, 'box_tuple_t *[1]')

-- Keeps the keys of iterators alive: compiled code may let the garbage collector free a string after its last use.
M.anchors = {}
local opened = 0

local found = M.is_possible and ffi.new('box_tuple_t *[1]')

-- Raises the last error of the box.
function M.raise_last()
    error(box.error.last(), 0)
end

-- Begins at a key, a table; kind: of box.index. Must be closed; after an error the garbage collector closes it.
function M.open(space_id, kind, key)
    local packed = msgpack.encode(key)
    opened = opened + 1
    M.anchors[opened % MAX_OPEN] = packed
    local start = ffi.cast('const char *', packed)
    local iterator = ffi.C.box_index_iterator(space_id, PRIMARY, kind, start, start + #packed)
    if iterator == nil then
        M.raise_last()
    end
    return ffi.gc(iterator, ffi.C.box_iterator_free)
end

-- The next tuple, a pointer; nil when there is none.
function M.next(iterator)
    if ffi.C.box_iterator_next(iterator, found) ~= 0 then
        M.raise_last()
    end
    local tuple = found[0]
    if tuple ~= nil then
        return tuple
    end
end

-- Begins at an import's first row of `citizens`, or after the one with the given citizen_id.
function M.open_import(space_id, import_id, after)
    if after == nil then
        return M.open(space_id, box.index.EQ, buckets.key(import_id))
    end
    return M.open(space_id, box.index.GT, buckets.citizen_key(import_id, after))
end

-- The next row of `citizens`, nil at the end of the import: GT does not stop there.
function M.next_of(iterator, import_id)
    local tuple = M.next(iterator)
    if tuple ~= nil and M.to_number(M.field(tuple, IMPORT_ID)) == import_id then
        return tuple
    end
end

function M.close(iterator)
    ffi.C.box_iterator_free(ffi.gc(iterator, nil))
end

-- A pointer to a field's MessagePack; number: from 0.
function M.field(tuple, number)
    return ffi.cast('const uint8_t *', ffi.C.box_tuple_field(tuple, number))
end

local function read_four(bytes)
    return ((bytes[0] * 256 + bytes[1]) * 256 + bytes[2]) * 256 + bytes[3]
end

-- Big-endian, after a code that means this many bytes: 1, 2, 4 or 8. Without a loop, which would end a trace of the
-- compiler: with ids of eight bytes a page took four times as long.
local function read_uint(bytes, size)
    if size == 8 then
        return read_four(bytes + 1) * 4294967296 + read_four(bytes + 5)
    elseif size == 4 then
        return read_four(bytes + 1)
    elseif size == 2 then
        return bytes[1] * 256 + bytes[2]
    end
    return bytes[1]
end

-- An unsigned integer of a stored tuple.
function M.to_number(bytes)
    local code = bytes[0]
    return code < 0x80 and code or read_uint(bytes, 2 ^ (code - 0xcc))
end

-- A string of a stored tuple: a pointer to its bytes, and their number.
function M.to_span(bytes)
    local code = bytes[0]
    if code <= 0xbf then
        return bytes + 1, code - 0xa0
    end
    local size = code == 0xd9 and 1 or code == 0xda and 2 or 4
    return bytes + 1 + size, read_uint(bytes, size)
end

return M
