-- Reads blocks of counts (bytes/packed_counts.lua) of many groups without making a Lua object of each.

local ffi = require('ffi')
local raw_rows = require('bytes.raw_rows')
local quick = require('bytes.quick')
local symbols = require('bytes.symbols')

local M = {}

local IMPORT_ID, GROUP, FIRST, TOTAL, ENTRIES = 0, 1, 2, 3, 4

-- Otherwise blocks are read as Lua objects.
M.is_possible = raw_rows.is_possible and symbols.has({ 'memcmp' }, symbols.MEMCMP)

-- The array of pointers begins with so many and grows: an unlimited walk has the limit 2^31.
local FIRST_LENGTH = 4096

local Tuples = ffi.typeof('struct tuple *[?]')
local field, to_number, to_span = raw_rows.field, raw_rows.to_number, raw_rows.to_span

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

-- The caller's work for a group costs about as much as eight blocks here.
local BLOCKS_A_GROUP = 8

-- Whether the walk ends before a block. is_new: the block begins another group.
local function is_full(walk, count, is_new, reach)
    if not is_new and not reach.cuts_groups then
        return false
    end
    return count >= reach.limit or #walk.groups * BLOCKS_A_GROUP >= reach.limit
end

local function walk_quick(space, import_id, start_key, reach)
    local iterator = raw_rows.open(space.id, box.index[reach.iterator], start_key)
    local walk = { groups = {}, totals = {}, is_end = true }
    local length = math.min(reach.limit, FIRST_LENGTH)
    local tuples = Tuples(length)
    local count = 0
    local tuple = raw_rows.next(iterator)
    while tuple ~= nil and to_number(field(tuple, IMPORT_ID)) == import_id do
        local is_new = count == 0 or not is_same_group(tuples[count - 1], tuple)
        if is_full(walk, count, is_new, reach) then
            walk.is_end = false
            break
        end
        if is_new then
            local name = to_name(field(tuple, GROUP))
            if reach.only ~= nil and name ~= reach.only then
                break
            end
            table.insert(walk.groups, { name = name, from = count + 1 })
        end
        if count == length then
            length = 2 * length
            local longer = Tuples(length)
            ffi.copy(longer, tuples, count * ffi.sizeof('void *'))
            tuples = longer
        end
        tuples[count] = tuple
        count = count + 1
        walk.totals[count] = to_number(field(tuple, TOTAL))
        walk.groups[#walk.groups].to = count
        tuple = raw_rows.next(iterator)
    end
    raw_rows.close(iterator)
    walk.last_first = count > 0 and to_number(field(tuples[count - 1], FIRST)) or nil
    function walk.entries(place)
        return to_span(field(tuples[place - 1], ENTRIES))
    end
    return walk
end

local function walk_plain(space, import_id, start_key, reach)
    local walk = { groups = {}, totals = {}, is_end = true }
    local blocks = {}
    for _, block in space:pairs(start_key, { iterator = reach.iterator }) do
        local group = walk.groups[#walk.groups]
        local name = block[GROUP + 1]
        if block.import_id ~= import_id or (reach.only ~= nil and name ~= reach.only) then
            break
        end
        local is_new = group == nil or group.name ~= name
        if is_full(walk, #blocks, is_new, reach) then
            walk.is_end = false
            break
        end
        if is_new then
            table.insert(walk.groups, { name = name, from = #blocks + 1 })
        end
        table.insert(blocks, block)
        walk.totals[#blocks] = block.total
        walk.groups[#walk.groups].to = #blocks
    end
    walk.last_first = #blocks > 0 and tonumber(blocks[#blocks].first) or nil
    function walk.entries(place)
        local bytes = blocks[place].entries
        return ffi.cast('const uint8_t *', bytes), #bytes, bytes
    end
    return walk
end

local function walk(...)
    local walk_blocks = quick.is_on and M.is_possible and walk_quick or walk_plain
    return walk_blocks(...)
end

-- The blocks of an import's groups after the group `after`, in order. The walk ends with the group of block number
-- `limit`, or after limit / 8 groups. Groups are named by strings or numbers.
-- Returns {groups = {{name, from, to}, ...}, totals, is_end, last_first, entries}: the places of each group's first and
-- last block, the total of each block, whether no more follow, where the last block begins (nil: there is none);
-- entries(place) -> the bytes of the entries, their length, and an object that must be kept alive meanwhile. O(blocks).
function M.groups(space, import_id, after, limit)
    return walk(space, import_id, { import_id, after }, { iterator = 'GT', limit = limit })
end

-- The same, but the walk ends after `limit` blocks (or fewer of many groups), also inside of a group.
-- after, after_first: group and beginning of the block to continue after; after_first nil: after the whole group.
-- only: read this group alone; then after nil means its start.
function M.blocks(space, import_id, only, after, after_first, limit)
    local reach = { iterator = 'GT', limit = limit, only = only, cuts_groups = true }
    if only ~= nil and after == nil then
        reach.iterator = 'GE'
        return walk(space, import_id, { import_id, only }, reach)
    end
    return walk(space, import_id, { import_id, after, after_first }, reach)
end

return M
