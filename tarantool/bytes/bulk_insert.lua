-- Inserts many rows of one import into `citizens`, in the transaction of the caller.
--
-- Rows come as MessagePack in a string: an array of tuples of 10 fields, the first of which is 0 and is replaced by the
-- import's id, with its bucket before it on a storage. The quick way passes each tuple's bytes to box_insert without
-- making Lua objects: 1.8 us per row, against 3.6 us by msgpack.decode and space:insert (10,000 rows, both of 2 cores
-- busy). It must not yield, so the space may have no triggers. Each tuple is checked field by field before it is used:
-- nothing is read beyond the bytes, and nothing malformed is stored.

local ffi = require('ffi')
local msgpack = require('msgpack')
local errors = require('lib.errors')
local buckets = require('shards.buckets')
local quick = require('bytes.quick')
local symbols = require('bytes.symbols')

local M = {}

local TUPLE_OF_TEN = 0x9a
-- As stored: after the bucket, if there is one.
local STORED_TUPLE = TUPLE_OF_TEN + buckets.BEFORE
local PLACEHOLDER = 0
local TWO_32 = 4294967296
-- The lowest value that needs the size of each code.
local MIN_BY_CODE = { [0xcc] = 0x80, [0xcd] = 0x100, [0xce] = 0x10000, [0xcf] = TWO_32 }
local SIZE_BY_CODE = { [0xcc] = 1, [0xcd] = 2, [0xce] = 4, [0xcf] = 8 }
-- A tuple's header, a bucket and an id of nine bytes before the copied fields.
local HEAD_BYTES = 15

-- Otherwise rows are decoded and inserted as Lua objects.
M.is_possible = symbols.has(
    { 'box_insert' },
    [[
    int box_insert(uint32_t space_id, const char *tuple, const char *tuple_end, void **result);
]]
)

local scratch_bytes = 64 * 1024
local scratch = ffi.new('uint8_t[?]', scratch_bytes)
local inserted = ffi.new('void *[1]')
local head = ffi.new('uint8_t[?]', HEAD_BYTES)

local function malformed(what)
    errors.raise('INTERNAL', { message = 'malformed rows: ' .. what })
end

-- Big-endian.
local function read_uint(bytes, at, size)
    local value = 0
    for i = at, at + size - 1 do
        value = value * 256 + bytes[i]
    end
    return value
end

local function write_uint(bytes, at, size, value)
    for i = at + size - 1, at, -1 do
        bytes[i] = value % 256
        value = math.floor(value / 256)
    end
    return at + size
end

-- In the fewest bytes, as all ids are stored: byte comparisons rely on it.
local function write_id(bytes, at, id)
    if id < 0x80 then
        return write_uint(bytes, at, 1, id)
    end
    local code = id < 0x100 and 0xcc or id < 0x10000 and 0xcd or id < TWO_32 and 0xce or 0xcf
    bytes[at] = code
    return write_uint(bytes, at + 1, SIZE_BY_CODE[code], id)
end

-- Reads an array's header: returns the number of elements, and the offset of the first.
local function read_header(bytes, at, length)
    local code = at < length and bytes[at] or 0xc1
    if code >= 0x90 and code <= 0x9f then
        return code - 0x90, at + 1
    end
    local size = code == 0xdc and 2 or code == 0xdd and 4 or malformed('not an array')
    if at + 1 + size > length then
        malformed('an array that does not end')
    end
    return read_uint(bytes, at + 1, size), at + 1 + size
end

-- Skips an unsigned integer, which must be in the fewest bytes.
local function skip_uint(bytes, at, length)
    local code = at < length and bytes[at] or 0xc1
    if code < 0x80 then
        return at + 1
    end
    local least = MIN_BY_CODE[code]
    local size = SIZE_BY_CODE[code]
    if least == nil or at + 1 + size > length or read_uint(bytes, at + 1, size) < least then
        malformed('not an unsigned integer in the fewest bytes')
    end
    return at + 1 + size
end

-- Skips a string.
local function skip_string(bytes, at, length)
    local code = at < length and bytes[at] or 0xc1
    local header, text = 1, code - 0xa0
    if code < 0xa0 or code > 0xbf then
        local size = code == 0xd9 and 1 or code == 0xda and 2 or code == 0xdb and 4 or malformed('not a string')
        if at + 1 + size > length then
            malformed('a string that does not end')
        end
        header, text = 1 + size, read_uint(bytes, at + 1, size)
    end
    if at + header + text > length then
        malformed('a string that does not end')
    end
    return at + header + text
end

-- Skips a tuple: ten fields, each of the type that the space requires. Everything is checked, since readers rely on it.
local function skip_tuple(bytes, at, length)
    if at + 2 > length or bytes[at] ~= TUPLE_OF_TEN or bytes[at + 1] ~= PLACEHOLDER then
        malformed('not a tuple')
    end
    at = skip_uint(bytes, at + 2, length)
    at = skip_string(bytes, skip_string(bytes, skip_string(bytes, at, length), length), length)
    at = skip_uint(bytes, at, length)
    at = skip_string(bytes, at, length)
    at = skip_uint(bytes, at, length)
    at = skip_string(bytes, at, length)
    local relatives
    relatives, at = read_header(bytes, at, length)
    for _ = 1, relatives do
        at = skip_uint(bytes, at, length)
    end
    return at
end

local function reserve(bytes)
    if bytes > scratch_bytes then
        scratch_bytes = bytes * 2
        scratch = ffi.new('uint8_t[?]', scratch_bytes)
    end
end

-- Writes what all rows of an import begin with to `head`. Returns its length.
local function write_head(import_id)
    head[0] = STORED_TUPLE
    local bucket = buckets.of(import_id)
    local at = bucket ~= nil and write_id(head, 1, bucket) or 1
    return write_id(head, at, import_id)
end

-- Keeps the current rows alive: compiled code may let the garbage collector free a string after its last use.
local anchored

local function insert_quick(space_id, import_id, packed)
    anchored = packed
    local bytes = ffi.cast('const uint8_t *', anchored)
    local length = #packed
    local count, at = read_header(bytes, 0, length)
    local head_bytes = write_head(import_id)
    for _ = 1, count do
        local tuple_end = skip_tuple(bytes, at, length)
        local rest = tuple_end - at - 2
        reserve(HEAD_BYTES + rest)
        ffi.copy(scratch, head, head_bytes)
        ffi.copy(scratch + head_bytes, bytes + at + 2, rest)
        local tuple = ffi.cast('const char *', scratch)
        if ffi.C.box_insert(space_id, tuple, tuple + head_bytes + rest, inserted) ~= 0 then
            error(box.error.last(), 0)
        end
        at = tuple_end
    end
    anchored = nil
    if at ~= length then
        malformed('something after the last tuple')
    end
    return count
end

local function insert_plain(space, import_id, rows)
    local bucket = buckets.of(import_id)
    for i = 1, #rows do
        local row = rows[i]
        row[1] = import_id
        if bucket ~= nil then
            table.insert(row, 1, bucket)
        end
        space:insert(row)
    end
    return #rows
end

-- packed: rows as above. Returns their number. Raises INTERNAL when they are malformed, and what space:insert raises.
function M.insert(space, import_id, packed)
    if quick.is_on and M.is_possible then
        return insert_quick(space.id, import_id, packed)
    end
    return insert_plain(space, import_id, (msgpack.decode(packed)))
end

return M
