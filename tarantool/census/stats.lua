-- Statistics of one import, from its stored counts (census/stats/counts.lua).

local counts = require('census.stats.counts')
local block_walk = require('bytes.block_walk')
local imports = require('census.imports')

local M = {}

-- The birth key of the citizen at a place in the order of age, the oldest of the group at 0.
local function date_at(walk, group, place)
    for at = group.from, group.to do
        local total = walk.totals[at]
        if place < total then
            return counts.births.key_at(place, walk.entries(at))
        end
        place = place - total
    end
end

-- Adds town, citizens, and for each share the birth dates at its place and the next, counted from the youngest.
local function add_ranks(answer, walk, group, shares)
    local citizens = 0
    for at = group.from, group.to do
        citizens = citizens + walk.totals[at]
    end
    table.insert(answer, group.name)
    table.insert(answer, citizens)
    for _, share in ipairs(shares) do
        local place = math.floor(share * (citizens - 1))
        local next_place = math.min(place + 1, citizens - 1)
        table.insert(answer, counts.date_of(date_at(walk, group, citizens - 1 - place)))
        table.insert(answer, counts.date_of(date_at(walk, group, citizens - 1 - next_place)))
    end
end

-- The birth dates at percentiles of age, town by town in the byte order of names, after the town `after` (nil: from the
-- first). A page ends with the town of its block number `limit`, or after limit / 8 towns.
-- shares: {0.5, ...}, from the youngest (0) to the oldest (1). expected_version: as in imports.version_of.
-- Returns version, the town to continue after (nil on the last page), and a flat list: town, citizens, and for each
-- share the birth dates of the two citizens that it lies between, the younger first.
-- O(blocks of the towns), about one for 128 different birth dates of a town.
function M.birth_ranks(import_id, after, limit, expected_version, shares)
    local version = imports.version_of(import_id, expected_version)
    local walk = block_walk.groups(box.space.births, import_id, after or counts.WHOLE_IMPORT, limit)
    local answer = {}
    for _, group in ipairs(walk.groups) do
        add_ranks(answer, walk, group, shares)
    end
    return version, not walk.is_end and walk.groups[#walk.groups].name or nil, answer
end

return M
