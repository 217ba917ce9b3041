-- How many citizens are how old, from what `aggregates` keeps.

local bit = require('bit')
local ffi = require('ffi')
local aggregates = require('census.stats.counts')
local block_walk = require('bytes.block_walk')
local imports = require('census.imports')

local M = {}

-- Dates are numbers like 20001231, so a year is this far.
local YEAR = 10000
-- Nobody is older than 9998 years, and of each age are men and women.
local MAX_COUNTS = 2 * 9999

local Counts = ffi.typeof('struct { uint32_t key; uint32_t count; }[?]')
local COUNT_BYTES = 8
local counts = Counts(MAX_COUNTS)

-- Of the group that is being counted: how many counts there are, and the age at hand with its latest birth key.
local made, age, latest_of_age, men, women

local function put(key, citizens)
    if citizens > 0 then
        counts[made].key = key
        counts[made].count = citizens
        made = made + 1
    end
end

local function put_age()
    put(2 * age, men)
    put(2 * age + 1, women)
    men, women = 0, 0
end

-- Counts a block's entries up to latest_key, the oldest first. Birth dates come in order, so citizens of one age stand
-- together: what costs is two comparisons for each entry. What else is given is held meanwhile.
local function count_block(as_of, latest_key, bytes, size, ...)
    local entries, length = aggregates.births.at(bytes, size)
    for i = 0, length - 1 do
        local key = entries[i].key
        if key > latest_key then
            break
        end
        if key > latest_of_age then
            put_age()
            age = math.floor((as_of - aggregates.date_of(key)) / YEAR)
            latest_of_age = 2 * (as_of - age * YEAR) + 1
        end
        if bit.band(key, 1) == 0 then
            men = men + entries[i].count
        else
            women = women + entries[i].count
        end
    end
    return ...
end

-- Writes the ages of those of one group who are born by as_of to `counts`.
local function count_group(walk, group, as_of)
    made, age, latest_of_age, men, women = 0, 0, -1, 0, 0
    for at = group.from, group.to do
        count_block(as_of, 2 * as_of + 1, walk.entries(at))
    end
    put_age()
end

-- Ages by town as of a day (20001231), in pieces: of the town `only` ('' is the whole import), or of all towns in order
-- of their names' bytes (nil). after, after_first: what an earlier page said, nil on the first. limit: blocks, and no
-- more than limit / 8 towns. expected_version: as imports.version_of takes it.
-- Who is not born yet on the day is not counted; a town of such alone is there, with nothing.
-- Returns version, town and block to go on behind (nil when this was the last page), and a flat list: town, and the
-- bytes of {uint32 2 * age + (1 for women), uint32 citizens}. A town may go on on the next page; there the same age may
-- come again. O(entries of the blocks), at most one for each birth date and gender of a town.
function M.page(import_id, as_of, only, after, after_first, limit, expected_version)
    local version = imports.version_of(import_id, expected_version)
    if only == nil and after == nil then
        after = aggregates.WHOLE_IMPORT
    end
    local walk = block_walk.blocks(box.space.births, import_id, only, after, after_first, limit)
    local answer = {}
    for _, group in ipairs(walk.groups) do
        count_group(walk, group, as_of)
        table.insert(answer, group.name)
        table.insert(answer, ffi.string(counts, made * COUNT_BYTES))
    end
    if walk.is_end then
        return version, nil, nil, answer
    end
    return version, walk.groups[#walk.groups].name, walk.last_first, answer
end

return M
