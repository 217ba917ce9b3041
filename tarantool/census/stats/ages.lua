-- The number of citizens of each age, from the stored counts (census/stats/counts.lua).

local bit = require('bit')
local ffi = require('ffi')
local counts = require('census.stats.counts')
local block_walk = require('bytes.block_walk')
local imports = require('census.imports')

local M = {}

-- The difference of a year between dates, which are numbers like 20001231.
local YEAR = 10000
-- Ages are at most 9998 years; each is counted for men and women.
local MAX_AGES = 2 * 9999

local Ages = ffi.typeof('struct { uint32_t key; uint32_t count; }[?]')
local AGE_BYTES = 8
local ages = Ages(MAX_AGES)

-- The current group: how many entries it has, and the current age with its latest birth key.
local made, age, latest_of_age, men, women

local function put(key, citizens)
    if citizens > 0 then
        ages[made].key = key
        ages[made].count = citizens
        made = made + 1
    end
end

local function put_age()
    put(2 * age, men)
    put(2 * age + 1, women)
    men, women = 0, 0
end

-- Counts a block's entries up to latest_key, the oldest first. Entries are in order of birth dates, so each costs two
-- comparisons. The other arguments are only kept alive meanwhile.
local function count_block(as_of, latest_key, bytes, size, ...)
    local entries, length = counts.births.at(bytes, size)
    for i = 0, length - 1 do
        local key = entries[i].key
        if key > latest_key then
            break
        end
        if key > latest_of_age then
            put_age()
            age = math.floor((as_of - counts.date_of(key)) / YEAR)
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

-- Writes the ages of the citizens of a group who were born by as_of to `ages`.
local function count_group(walk, group, as_of)
    made, age, latest_of_age, men, women = 0, 0, -1, 0, 0
    for at = group.from, group.to do
        count_block(as_of, 2 * as_of + 1, walk.entries(at))
    end
    put_age()
end

-- Ages by town as of a day (20001231), in pages: of the town `only` ('' is the whole import), or of all towns in the
-- byte order of their names (nil). after, after_first: what an earlier page returned, nil for the first. limit: blocks,
-- and at most limit / 8 towns. expected_version: as in imports.version_of. Citizens born after the day are not counted;
-- a town of only such citizens has no entries. Returns version, town and block to continue after (nil on the last
-- page), and a flat list: town, and the bytes of {uint32 2 * age + (1 for women), uint32 citizens}. A town may continue
-- on the next page, which may repeat an age. O(entries of the blocks), at most one for each birth date and gender of a
-- town.
function M.page(import_id, as_of, only, after, after_first, limit, expected_version)
    local version = imports.version_of(import_id, expected_version)
    if only == nil and after == nil then
        after = counts.WHOLE_IMPORT
    end
    local walk = block_walk.blocks(box.space.births, import_id, only, after, after_first, limit)
    local answer = {}
    for _, group in ipairs(walk.groups) do
        count_group(walk, group, as_of)
        table.insert(answer, group.name)
        table.insert(answer, ffi.string(ages, made * AGE_BYTES))
    end
    if walk.is_end then
        return version, nil, nil, answer
    end
    return version, walk.groups[#walk.groups].name, walk.last_first, answer
end

return M
