-- Looks over the blocks of counts (lib/packed_counts.lua) of many groups, without making a Lua object of each.
--
-- A tuple that Lua sees is an object with a finalizer: 1,900 blocks of a million citizens took 1.4 ms, by their bytes
-- 0.13. Pointers into tuples hold as long as nobody writes: who walks must not yield before it is done with them.

local ffi = require('ffi')
local msgpack = require('msgpack')
local tuple_bytes = require('lib.tuple_bytes')

local M = {}

local ITER_GT = 6
local PRIMARY = 0
local IMPORT_ID, GROUP, FIRST, TOTAL, ENTRIES = 0, 1, 2, 3, 4

M.is_quick = tuple_bytes.has_symbols

local Tuples = ffi.typeof('struct tuple *[?]')
local found = ffi.new('struct tuple *[1]')

local field, to_number, to_span = tuple_bytes.field, tuple_bytes.to_number, tuple_bytes.to_span

local function is_same_group(one, other)
    local start, other_start = field(one, GROUP), field(other, GROUP)
    local bytes = field(one, FIRST) - start
    return bytes == field(other, FIRST) - other_start and ffi.C.memcmp(start, other_start, bytes) == 0
end

-- A month is an integer, a town a string.
local function to_name(bytes)
    local code = bytes[0]
    if code < 0x80 or code >= 0xcc and code <= 0xcf then
        return to_number(bytes)
    end
    return ffi.string(to_span(bytes))
end

-- What is made of a group costs its reader about as much as eight blocks cost here.
local BLOCKS_A_GROUP = 8

local function is_full(walk, count, limit)
    return count >= limit or #walk.groups * BLOCKS_A_GROUP >= limit
end

-- The key of the walk under way, into which its iterator points: after its last use as a string compiled code may leave
-- it to the garbage collector.
local anchored

local function walk_quick(space, import_id, after, limit)
    anchored = msgpack.encode({ import_id, after })
    local start = ffi.cast('const char *', anchored)
    local iterator = ffi.C.box_index_iterator(space.id, PRIMARY, ITER_GT, start, start + #anchored)
    if iterator == nil then
        tuple_bytes.raise_last()
    end
    local walk = { groups = {}, totals = {}, is_end = true }
    local length = limit + 1
    local tuples = Tuples(length)
    local count = 0
    local status = ffi.C.box_iterator_next(iterator, found)
    while status == 0 and found[0] ~= nil and to_number(field(found[0], IMPORT_ID)) == import_id do
        if count == 0 or not is_same_group(tuples[count - 1], found[0]) then
            if is_full(walk, count, limit) then
                walk.is_end = false
                break
            end
            table.insert(walk.groups, { name = to_name(field(found[0], GROUP)), from = count + 1 })
        end
        if count == length then
            length = 2 * length
            local longer = Tuples(length)
            ffi.copy(longer, tuples, count * ffi.sizeof('void *'))
            tuples = longer
        end
        tuples[count] = found[0]
        count = count + 1
        walk.totals[count] = to_number(field(found[0], TOTAL))
        walk.groups[#walk.groups].to = count
        status = ffi.C.box_iterator_next(iterator, found)
    end
    ffi.C.box_iterator_free(iterator)
    anchored = nil
    if status ~= 0 then
        tuple_bytes.raise_last()
    end
    function walk.entries(place)
        return to_span(field(tuples[place - 1], ENTRIES))
    end
    return walk
end

local function walk_plain(space, import_id, after, limit)
    local walk = { groups = {}, totals = {}, is_end = true }
    local blocks = {}
    for _, block in space:pairs({ import_id, after }, { iterator = 'GT' }) do
        local group = walk.groups[#walk.groups]
        if block.import_id ~= import_id then
            break
        end
        if group == nil or group.name ~= block[GROUP + 1] then
            if is_full(walk, #blocks, limit) then
                walk.is_end = false
                break
            end
            table.insert(walk.groups, { name = block[GROUP + 1], from = #blocks + 1 })
        end
        table.insert(blocks, block)
        walk.totals[#blocks] = block.total
        walk.groups[#walk.groups].to = #blocks
    end
    function walk.entries(place)
        local bytes = blocks[place].entries
        return ffi.cast('const uint8_t *', bytes), #bytes, bytes
    end
    return walk
end

-- The blocks of an import's groups behind the group `after`, in order; the walk ends with the group that block number
-- `limit` is of, or after limit / 8 groups. The groups are named by strings or numbers.
-- Returns {groups = {{name, from, to}, ...}, totals, is_end, entries}: places of each group's first and last block, the
-- total of each place, whether there is no group behind; entries(place) -> the bytes of the entries, how many, and
-- what must be held meanwhile. O(blocks).
function M.groups(space, import_id, after, limit)
    local walk = M.is_quick and walk_quick or walk_plain
    return walk(space, import_id, after, limit)
end

return M
