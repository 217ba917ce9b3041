-- Analytic questions about one import, answered from what `aggregates` keeps.

local aggregates = require('census.stats.counts')
local block_walk = require('bytes.block_walk')
local imports = require('census.imports')

local M = {}

-- The birth date of the citizen at a place from the oldest of the group on, from 0.
local function date_at(walk, group, place)
    for at = group.from, group.to do
        local total = walk.totals[at]
        if place < total then
            return aggregates.births.key_at(place, walk.entries(at))
        end
        place = place - total
    end
end

-- Adds town, citizens, and for each share the birth dates at its place and the next, from the youngest on.
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
        table.insert(answer, aggregates.date_of(date_at(walk, group, citizens - 1 - place)))
        table.insert(answer, aggregates.date_of(date_at(walk, group, citizens - 1 - next_place)))
    end
end

-- Whom the percentiles of age fall upon, town by town in order of their names' bytes behind `after`. A page ends with
-- the town that its block number `limit` is of, or after limit / 8 towns.
-- shares: {0.5, ...} of the way from the youngest (0) to the oldest (1). expected_version: as citizens.page takes it.
-- Returns version, the town to go on after (nil when this was the last page), and a flat list: town, citizens, and for
-- each share the birth dates of the two between whom it lies, the younger first.
-- O(blocks of the towns), about one for 128 different birth dates of a town.
function M.birth_ranks(import_id, after, limit, expected_version, shares)
    local version = imports.version_of(import_id, expected_version)
    local walk = block_walk.groups(box.space.births, import_id, after or aggregates.WHOLE_IMPORT, limit)
    local answer = {}
    for _, group in ipairs(walk.groups) do
        add_ranks(answer, walk, group, shares)
    end
    return version, not walk.is_end and walk.groups[#walk.groups].name or nil, answer
end

return M
