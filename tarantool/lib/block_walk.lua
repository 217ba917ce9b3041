-- Looks over the blocks of counts (lib/packed_counts.lua) of many groups, without making a Lua object of each.

local ffi = require('ffi')
local raw_rows = require('lib.raw_rows')
local symbols = require('lib.symbols')

local M = {}

local IMPORT_ID, GROUP, FIRST, TOTAL, ENTRIES = 0, 1, 2, 3, 4

-- Where it is missing blocks are read the plain way.
M.is_quick = raw_rows.is_possible
    and symbols.has({ 'memcmp' }, 'int memcmp(const void *left, const void *right, size_t length);')

local Tuples = ffi.typeof('struct tuple *[?]')
local field, to_number, to_span = raw_rows.field, raw_rows.to_number, raw_rows.to_span

local function is_same_group(one, other)
    local start, other_start = field(one, GROUP), field(other, GROUP)
    local bytes = field(one, FIRST) - start
    return bytes == field(other, FIRST) - other_start and ffi.C.memcmp(start, other_start, bytes) == 0
end

-- What is made of a group costs its reader about as much as eight blocks cost here.
local BLOCKS_A_GROUP = 8

local function is_full(walk, count, limit)
    return count >= limit or #walk.groups * BLOCKS_A_GROUP >= limit
end

local function walk_quick(space, import_id, after, limit)
    local iterator = raw_rows.open(space.id, box.index.GT, { import_id, after })
    local walk = { groups = {}, totals = {}, is_end = true }
    local length = limit + 1
    local tuples = Tuples(length)
    local count = 0
    local tuple = raw_rows.next(iterator)
    while tuple ~= nil and to_number(field(tuple, IMPORT_ID)) == import_id do
        if count == 0 or not is_same_group(tuples[count - 1], tuple) then
            if is_full(walk, count, limit) then
                walk.is_end = false
                break
            end
            local bytes, size = to_span(field(tuple, GROUP))
            table.insert(walk.groups, { name = ffi.string(bytes, size), from = count + 1 })
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
-- `limit` is of, or after limit / 8 groups. The groups are named by strings.
-- Returns {groups = {{name, from, to}, ...}, totals, is_end, entries}: places of each group's first and last block, the
-- total of each place, whether there is no group behind; entries(place) -> the bytes of the entries, how many, and
-- what must be held meanwhile. O(blocks).
function M.groups(space, import_id, after, limit)
    local walk = M.is_quick and walk_quick or walk_plain
    return walk(space, import_id, after, limit)
end

return M
