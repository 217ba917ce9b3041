-- Counts by key, sorted by key and packed into rows: {import_id, group, first, total, entries}, and the bucket if there
-- is one.
--
-- A row for each count would cost an import half as much as its citizens; in blocks of some hundred entries a million
-- counts are some thousand rows. `entries` are the bytes of pairs (key, count), little-endian like all machines that
-- Tarantool runs on; `total` is the sum of the block's counts; `first` is the beginning of the block: no key of it is
-- lower, and all keys of earlier blocks of the group are. A group's first block begins at 0; when it becomes empty, it
-- is deleted, and the next key below all others creates it again.

local ffi = require('ffi')
local buckets = require('shards.buckets')
local errors = require('lib.errors')

local M = {}

-- An import comes in blocks of FILLED entries; a block that grows beyond MOST is split into such blocks. A change
-- rewrites one or two blocks, so longer blocks mean more bytes in the log; a read visits all blocks, so shorter blocks
-- mean longer reads (ADR 0014).
M.FILLED = 128
M.MOST = 256

-- Returns the keys whose counts change, sorted.
local function sorted_keys(changes)
    local keys = {}
    for key, count in pairs(changes) do
        if count ~= 0 then
            table.insert(keys, key)
        end
    end
    table.sort(keys)
    return keys
end

-- space_name: a space of the format above. entry: the C type of an entry, with the fields key and count.
function M.create(space_name, entry)
    local entry_bytes = ffi.sizeof(entry)
    local counts = { entry_bytes = entry_bytes }
    local Pointer = ffi.typeof('const $ *', entry)
    local Array = ffi.typeof('$[?]', entry)
    local merged_length = 2 * M.MOST
    local merged = Array(merged_length)

    local function reserve(length)
        if length > merged_length then
            merged_length = 2 * length
            merged = Array(merged_length)
        end
    end

    -- Bytes of entries and their length -> a pointer, valid as long as the bytes, and the number of entries.
    function counts.at(bytes, length)
        return ffi.cast(Pointer, bytes), length / entry_bytes
    end

    -- The entries of a block. Returns a pointer, valid as long as `bytes`, the number of entries, and `bytes`.
    function counts.entries(block)
        local bytes = block.entries
        local entries, length = counts.at(bytes, #bytes)
        return entries, length, bytes
    end

    -- The key of the item at a place, from 0, among all items that the entries count. bytes, length: of the entries;
    -- the other arguments are only kept alive meanwhile.
    function counts.key_at(place, bytes, length, ...)
        local entries, count = counts.at(bytes, length)
        for i = 0, count - 1 do
            place = place - entries[i].count
            if place < 0 then
                return entries[i].key, ...
            end
        end
    end

    local function is_of(block, import_id, group)
        return block ~= nil and block.import_id == import_id and block[2] == group
    end

    -- The block that contains the key or would contain it, and the beginning of the next block.
    local function find(space, import_id, group, key)
        local place = { import_id, group, key }
        local block = space:select(place, { iterator = 'LE', limit = 1 })[1]
        local following = space:select(place, { iterator = 'GT', limit = 1 })[1]
        return is_of(block, import_id, group) and block or nil,
            is_of(following, import_id, group) and tonumber(following.first) or math.huge
    end

    -- Merges a block's entries and the changes of keys[at] and later keys below `limit` into `merged`. Returns the
    -- number of merged entries, and the place of the first remaining key.
    local function merge(block, keys, changes, at, limit)
        local entries, length, bytes = nil, 0, nil
        if block ~= nil then
            entries, length, bytes = counts.entries(block)
        end
        reserve(length + #keys - at + 1)
        local taken, made = 0, 0
        while true do
            local kept_key = taken < length and entries[taken].key or math.huge
            local changed_key = keys[at] ~= nil and keys[at] < limit and keys[at] or math.huge
            local key = math.min(kept_key, changed_key)
            if key == math.huge then
                break
            end
            local count = 0
            if kept_key == key then
                count = entries[taken].count
                taken = taken + 1
            end
            if changed_key == key then
                count = count + changes[key]
                at = at + 1
            end
            if count < 0 then
                errors.raise('INTERNAL', { message = space_name .. ': a count would fall below zero' })
            end
            if count > 0 then
                merged[made].key = key
                merged[made].count = count
                made = made + 1
            end
        end
        -- `bytes` must outlive the pointer into them.
        return made, at, bytes
    end

    local function write_block(space, import_id, group, first, from, to)
        local total = 0
        for i = from, to - 1 do
            total = total + merged[i].count
        end
        local entries = ffi.string(merged + from, (to - from) * entry_bytes)
        space:replace({ import_id, group, first, total, entries, buckets.of(import_id) })
    end

    -- Replaces a block (nil: there was none) with the merged entries.
    local function write(space, import_id, group, block, length)
        local first = block ~= nil and tonumber(block.first) or 0
        if length == 0 then
            if block ~= nil then
                space:delete({ import_id, group, first })
            end
            return
        end
        local pieces = length <= M.MOST and 1 or math.ceil(length / M.FILLED)
        local from = 0
        for piece = 1, pieces do
            local to = math.floor(length * piece / pieces)
            write_block(space, import_id, group, from == 0 and first or merged[from].key, from, to)
            from = to
        end
    end

    -- changes: {[key] = difference}, of one group. Part of a transaction. Raises INTERNAL when a count would fall
    -- below zero. O(changed blocks * log n + entries in them).
    function counts.apply(import_id, group, changes)
        local space = box.space[space_name]
        local keys = sorted_keys(changes)
        local at = 1
        while at <= #keys do
            local block, limit = find(space, import_id, group, keys[at])
            local length
            length, at = merge(block, keys, changes, at, limit)
            write(space, import_id, group, block, length)
        end
    end

    -- rows: blocks without the import's id. Part of a transaction.
    function counts.insert(import_id, rows)
        local space = box.space[space_name]
        for i = 1, #rows do
            local row = rows[i]
            row[1], row[6] = import_id, buckets.of(import_id)
            if #row[5] == 0 or #row[5] % entry_bytes ~= 0 then
                errors.raise('INTERNAL', { message = 'malformed rows of ' .. space_name })
            end
            space:insert(row)
        end
    end

    -- Deletes the import's first blocks, `limit` at most. Returns their number. Part of a transaction.
    function counts.erase(import_id, limit)
        local space = box.space[space_name]
        local blocks = space:select({ import_id }, { limit = limit })
        for i = 1, #blocks do
            local block = blocks[i]
            space:delete({ import_id, block[2], block.first })
        end
        return #blocks
    end

    return counts
end

return M
