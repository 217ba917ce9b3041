-- What the web side needs of one import to compare it with an import of another storage.

local bulk_read = require('bytes.bulk_read')
local buckets = require('shards.buckets')
local ffi = require('ffi')
local imports = require('census.imports')
local msgpack = require('msgpack')
local row_walk = require('bytes.row_walk')

local M = {}

local TWO_32 = 4294967296
local ENTRY_NUMBERS = 4
local ENTRY_BYTES = 16

-- The citizens after the citizen_id `place` (nil: from the first), as many as fit into 2 ms of the TX thread. Returns
-- the version of the import, the citizen_id to continue after (nil: no more follow), and entries of 16 bytes, in order
-- of citizen_id: the id in 8 bytes, then the digest of bytes/row_digest.lua in 8, both little-endian. Raises
-- IMPORT_NOT_FOUND, IMPORT_CHANGED.
function M.page(import_id, place, expected_version)
    local version = imports.version_of(import_id, expected_version)
    local way = row_walk.way()
    local entries = ffi.new('uint32_t[?]', ENTRY_NUMBERS * way.steps_at_once)
    local walk = way.open(box.space.citizens, import_id, place)
    local count = 0
    while walk.citizen_id ~= math.huge and count < way.steps_at_once do
        local at = ENTRY_NUMBERS * count
        place = walk.citizen_id
        entries[at], entries[at + 1] = place % TWO_32, math.floor(place / TWO_32)
        entries[at + 2], entries[at + 3] = way.digest(walk)
        count = count + 1
        way.step(walk)
    end
    local is_end = walk.citizen_id == math.huge
    way.close(walk)
    return version, not is_end and place or nil, ffi.string(entries, ENTRY_BYTES * count)
end

-- Citizens by their ids, which all exist. Returns tuples as bulk_read.join makes them. Raises as above. O(ids), 8 us
-- each.
function M.rows(import_id, citizen_ids, expected_version)
    imports.version_of(import_id, expected_version)
    local rows = {}
    for place, citizen_id in ipairs(citizen_ids) do
        local citizen = box.space.citizens:get(buckets.citizen_key(import_id, citizen_id))
        rows[place] = msgpack.encode(buckets.bare(citizen))
    end
    return bulk_read.join(rows)
end

return M
