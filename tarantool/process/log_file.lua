-- Reads a log of Tarantool (NNN.xlog, and NNN.vylog of vinyl; formats 0.12 and 0.13) without a box. A log consists of a
-- text header that ends with an empty line; blocks of one or more complete transactions; and, after an ordered stop or
-- a rotation, an end marker. A block has a header of 19 bytes (magic, length, checksum of the previous block, its own
-- checksum, padding), followed by its rows.

local digest = require('digest')
local errno = require('errno')
local fio = require('fio')
local xlog = require('xlog')

local M = {}

local EOF_MARKER = '\213\016\173\237'
local ROWS_MAGIC = '\213\186\011\171'
-- Marks a block whose rows are compressed with zstd.
local PACKED_MAGIC = '\213\186\011\186'
local BLOCK_HEADER_BYTES = 19
local MAX_FILE_HEADER_BYTES = 4096
local PIECE_BYTES = 1024 * 1024
-- Well below the size of a window, so that most searches need no additional read.
local SEARCH_BYTES = 64 * 1024

local function must(result, what)
    if not result then
        error(('%s: %s'):format(what, errno.strerror()), 0)
    end
    return result
end

-- Returns read(offset, count) -> bytes, fewer than `count` only at the end of the file.
local function create_window(handle, path)
    local base, bytes = 0, ''
    return function(offset, count)
        if offset < base or offset + count > base + #bytes then
            base = offset
            bytes = must(handle:pread(math.max(count, PIECE_BYTES), offset), path)
        end
        return bytes:sub(offset - base + 1, offset - base + count)
    end
end

-- Decodes an unsigned MessagePack integer -> value, position of the next one; nil if there is none.
local function read_uint(bytes, place)
    local first = bytes:byte(place)
    if first == nil or first < 0x80 then
        return first, place + 1
    end
    local size = ({ [0xcc] = 1, [0xcd] = 2, [0xce] = 4 })[first]
    if size == nil or #bytes < place + size then
        return nil
    end
    local value = 0
    for i = place + 1, place + size do
        value = value * 256 + bytes:byte(i)
    end
    return value, place + size + 1
end

-- Decodes 19 bytes -> length of the rows, their checksum; nil if they are not a block header.
local function read_block_header(bytes)
    local magic = bytes:sub(1, 4)
    if #bytes < BLOCK_HEADER_BYTES or (magic ~= ROWS_MAGIC and magic ~= PACKED_MAGIC) then
        return nil
    end
    local place, numbers = 5, {}
    for i = 1, 3 do
        numbers[i], place = read_uint(bytes, place)
        if numbers[i] == nil then
            return nil
        end
    end
    local length, checksum = numbers[1], numbers[3]
    -- The padding is a string of zeros. It must be checked: zeros after a magic would pass otherwise, since their
    -- checksum is 0.
    local rest = BLOCK_HEADER_BYTES - place + 1
    if rest > 0 and bytes:byte(place) ~= 0xa0 + rest - 1 then
        return nil
    end
    return length, checksum
end

local function has_checksum(read, offset, length, checksum)
    local crc32 = digest.crc32.new()
    -- Tarantool's initial value is 0, the module's is another one.
    crc32.value = 0
    local stop = offset + length
    while offset < stop do
        local piece = read(offset, math.min(PIECE_BYTES, stop - offset))
        crc32:update(piece)
        offset = offset + #piece
    end
    return crc32:result() == checksum
end

-- The end of the block at `offset`; if no complete block is there, nil and whether the file ends before the block does.
local function end_of_block(read, offset, size)
    local bytes = read(offset, BLOCK_HEADER_BYTES)
    local length, checksum = read_block_header(bytes)
    if length == nil then
        local magic = bytes:sub(1, 4)
        local is_begun = #bytes < 4 or magic == ROWS_MAGIC or magic == PACKED_MAGIC
        return nil, is_begun and #bytes < BLOCK_HEADER_BYTES
    end
    local stop = offset + BLOCK_HEADER_BYTES + length
    if stop > size then
        return nil, true
    end
    if not has_checksum(read, offset + BLOCK_HEADER_BYTES, length, checksum) then
        return nil, false
    end
    return stop
end

-- The next position from `offset` on where a block may begin, or nil.
local function find_magic(read, offset, size)
    while offset < size do
        local bytes = read(offset, SEARCH_BYTES)
        local at = bytes:find(ROWS_MAGIC:sub(1, 3), 1, true)
        if at ~= nil then
            return offset + at - 1
        end
        -- A magic may span two windows.
        offset = offset + math.max(1, #bytes - 2)
    end
end

-- The complete blocks from `offset` on, with anything in between: their number, and the offsets of the first and the
-- last.
local function find_blocks(read, offset, size)
    local found = { count = 0 }
    local at = find_magic(read, offset, size)
    while at ~= nil do
        local stop = end_of_block(read, at, size)
        if stop ~= nil then
            found.count = found.count + 1
            found.first = found.first or at
            found.last = at
            at = stop
        else
            at = find_magic(read, at + 1, size)
        end
    end
    return found
end

-- The end of the data from `offset` on, without trailing zeros.
local function end_before_zeros(read, offset, size)
    local stop = size
    while stop > offset do
        local from = math.max(offset, stop - PIECE_BYTES)
        local bytes = read(from, stop - from)
        -- Not with a pattern: '%z*$' would be quadratic in the number of zeros.
        local last = #bytes
        while last > 0 and bytes:byte(last) == 0 do
            last = last - 1
        end
        if last > 0 then
            return from + last
        end
        stop = from
    end
    return offset
end

-- '{1: 9, 2: 5}' -> {[1] = 9, [2] = 5}
local function read_vclock(text)
    local vclock = {}
    for pair in text:gmatch('[^{}, ][^{},]*') do
        local id, lsn = pair:match('^(%d+): (%d+)$')
        if id ~= nil then
            vclock[tonumber(id)] = tonumber(lsn)
        end
    end
    return vclock
end

local function sum(vclock)
    local total = 0
    for _, lsn in pairs(vclock) do
        total = total + lsn
    end
    return total
end

-- Returns the vclock of the file's header and the offset of the first block, or nil.
local function read_file_header(read, signature)
    local text = read(0, MAX_FILE_HEADER_BYTES):match('^([XV]Y?LOG\n0%.1[23]\n.-\n\n)')
    local clock = text ~= nil and text:match('\nInstance: [%x-]+\n') and text:match('\nVClock: ({[%d:, ]*})\n')
    if not clock then
        return nil
    end
    local vclock = read_vclock(clock)
    if sum(vclock) ~= signature then
        return nil
    end
    return vclock, #text
end

-- Classifies the bytes from file.whole_end to the end of the file.
local function judge_tail(file, read, is_cut)
    local from, size = file.whole_end, file.size
    if from == size then
        return file.is_closed and 'closed' or 'open'
    end
    local beyond = find_blocks(read, from, size)
    local data_end = end_before_zeros(read, from, size)
    -- A complete end marker means that everything before it was written.
    local ends_in_order = not file.is_closed and data_end - from >= #EOF_MARKER and read(data_end - 4, 4) == EOF_MARKER
    if beyond.count > 0 or ends_in_order then
        file.beyond = beyond
        return 'damaged'
    end
    if data_end == from then
        return 'zeros'
    end
    return is_cut and 'cut' or 'garbage'
end

local function walk(file, read)
    local offset, is_cut = file.whole_end, false
    while offset < file.size do
        if read(offset, 4) == EOF_MARKER then
            offset = offset + 4
            file.is_closed = true
            break
        end
        local stop, ends_early = end_of_block(read, offset, file.size)
        if stop == nil then
            is_cut = ends_early
            break
        end
        file.block_count = file.block_count + 1
        file.last_block = offset
        offset = stop
    end
    file.whole_end = offset
    file.tail = judge_tail(file, read, is_cut)
end

-- Looks at a log. O(its size) when needs_blocks, else O(1). Returns {path, name, signature, size, vclock, whole_end,
-- block_count, last_block, is_closed, tail, beyond}:
-- vclock: where it begins; nil when its header is damaged, and then whole_end is 0.
-- whole_end: the offset up to which everything is whole. last_block: offset of the last whole one before, or nil.
-- tail: what follows that. closed: the end of the file, after an ordered end. open: the end of the file, without one.
-- cut: a block that the file ends in. zeros: nothing but zeros. garbage: anything else without a whole block in it.
-- damaged: blocks that are whole, or an ordered end; `beyond` has them {count, first, last}.
-- unread: the blocks were not looked at.
function M.look(path, needs_blocks)
    local handle = must(fio.open(path, { 'O_RDONLY' }), path)
    local name = fio.basename(path)
    local file = {
        path = path,
        name = name,
        signature = tonumber(name:match('^%d+')),
        size = tonumber(fio.stat(path).size),
        whole_end = 0,
        block_count = 0,
        is_closed = false,
        tail = 'unread',
    }
    local read = create_window(handle, path)
    local vclock, blocks_begin = read_file_header(read, file.signature)
    file.vclock = vclock
    if vclock == nil then
        file.tail = judge_tail(file, read, false)
    else
        file.whole_end = blocks_begin
        file.blocks_begin = blocks_begin
        if needs_blocks then
            walk(file, read)
        end
    end
    handle:close()
    return file
end

-- Copies `count` bytes at `offset` of one file to the position of another.
function M.copy_range(from, to, offset, count)
    while count > 0 do
        local piece = must(from:pread(math.min(PIECE_BYTES, count), offset), 'reading')
        if #piece == 0 then
            return
        end
        must(to:write(piece), 'writing')
        offset = offset + #piece
        count = count - #piece
    end
end

-- The row headers {replica_id, lsn, timestamp} of the first and the last row of the block at `offset` of a log with an
-- intact header. Tarantool's reader takes files only, so the block is copied into a file of its own.
function M.rows_at(file, offset)
    local folder = fio.tempdir()
    local path = fio.pathjoin(folder, 'block.xlog')
    local from = must(fio.open(file.path, { 'O_RDONLY' }), file.path)
    local to = must(fio.open(path, { 'O_WRONLY', 'O_CREAT' }, tonumber('600', 8)), path)
    M.copy_range(from, to, 0, file.blocks_begin)
    local length = read_block_header(must(from:pread(BLOCK_HEADER_BYTES, offset), file.path))
    M.copy_range(from, to, offset, BLOCK_HEADER_BYTES + length)
    to:write(EOF_MARKER)
    to:close()
    from:close()
    local first, last
    for _, row in xlog.pairs(path) do
        first = first or row.HEADER
        last = row.HEADER
    end
    fio.rmtree(folder)
    return first, last
end

-- The number in the name of a log that continues this one. O(rows): 1 s for about 200,000 of them.
function M.end_signature(file)
    local vclock = {}
    for id, lsn in pairs(file.vclock) do
        vclock[id] = lsn
    end
    for _, row in xlog.pairs(file.path) do
        vclock[row.HEADER.replica_id or 0] = row.HEADER.lsn
    end
    return sum(vclock)
end

-- Whether a snapshot was written completely. O(1).
function M.is_whole_snapshot(path)
    local handle = must(fio.open(path, { 'O_RDONLY' }), path)
    local size = tonumber(fio.stat(path).size)
    local is_whole = size > #EOF_MARKER and handle:pread(#EOF_MARKER, size - #EOF_MARKER) == EOF_MARKER
    handle:close()
    return is_whole
end

return M
