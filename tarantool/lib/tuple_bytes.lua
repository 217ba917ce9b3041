-- Looks at stored tuples by their bytes, without making a Lua object of each: such an object has a finalizer, and costs
-- ten times the look.
--
-- Pointers into tuples hold as long as nobody writes: who has one must not yield before it is done with it.

local ffi = require('ffi')

local M = {}

-- Where one is missing tuples are read the plain way. All but memcmp are declared by Tarantool's own Lua.
local function declare()
    ffi.cdef('int memcmp(const void *left, const void *right, size_t length);')
    local C = ffi.C
    return C.memcmp ~= nil
        and C.box_index_get ~= nil
        and C.box_index_iterator ~= nil
        and C.box_iterator_next ~= nil
        and C.box_iterator_free ~= nil
        and C.box_tuple_field ~= nil
        and C.box_tuple_bsize ~= nil
end

local ok, has_symbols = pcall(declare)
M.has_symbols = ok and has_symbols

-- Where a field of a tuple begins, from 0.
function M.field(tuple, number)
    return ffi.cast('const uint8_t *', ffi.C.box_tuple_field(tuple, number))
end

-- Big-endian, behind a code that stands for this many bytes.
local function read_uint(bytes, size)
    local value = 0
    for i = 1, size do
        value = value * 256 + bytes[i]
    end
    return value
end

-- An unsigned integer of a stored tuple; up to 2^53 - 1, so numbers hold it.
function M.to_number(bytes)
    local code = bytes[0]
    return code < 0x80 and code or read_uint(bytes, 2 ^ (code - 0xcc))
end

-- A string of a stored tuple: where its bytes begin, and how many there are.
function M.to_span(bytes)
    local code = bytes[0]
    if code <= 0xbf then
        return bytes + 1, code - 0xa0
    end
    local size = code == 0xd9 and 1 or code == 0xda and 2 or 4
    return bytes + 1 + size, read_uint(bytes, size)
end

-- Raises what the box's last call failed of.
function M.raise_last()
    error(box.error.last(), 0)
end

return M
