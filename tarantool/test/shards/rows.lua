-- Imports as the web side sends them to storages: rows and counts.

local ffi = require('ffi')
local msgpack = require('msgpack')
local support = require('support')

local M = {}

-- Packed rows of so many citizens who are alike (support.row); the first two are relatives of each other.
function M.pair(count)
    local rows = support.tuples(1, count)
    rows[1][10], rows[2][10] = { 2 }, { 1 }
    return support.pack(rows)
end

-- The packed counts of M.pair(count).
function M.counts(count)
    local births = ffi.string(ffi.new('uint32_t[2]', 2 * 20000101, count), 8)
    local Entry = ffi.typeof('struct __attribute__((packed)) { double key; uint32_t count; }[2]')
    local presents = ffi.string(Entry({ { 1, 1 }, { 2, 1 } }), 24)
    return msgpack.encode({
        { { 0, '', 0, count, births }, { 0, 'Псков', 0, count, births } },
        { { 0, 1, 0, 2, presents } },
    })
end

return M
