-- Presents by month, and the citizens who buy the most, from the counts in `presents`. Citizens are read only for their
-- names and towns.

local counts = require('census.stats.counts')
local block_walk = require('bytes.block_walk')
local imports = require('census.imports')
local row_look = require('bytes.row_look')
local scan = require('lib.scan')
local buckets = require('shards.buckets')

local M = {}

local MONTHS = 12
-- The number of the field `town` in `citizens`.
local TOWN = 3
-- Reading a citizen's town costs as much as counting the presents of so many givers.
M.LOOK_COST = 4
local ALL_BLOCKS = 2 ^ 31
local BEFORE_ALL_MONTHS = 0

local function add_month(answer, walk, month)
    local presents, givers = 0, 0
    for at = month.from, month.to do
        local _, bytes = walk.entries(at)
        presents = presents + walk.totals[at]
        givers = givers + bytes / counts.presents.entry_bytes
    end
    table.insert(answer, month.name)
    table.insert(answer, presents)
    table.insert(answer, givers)
end

-- Returns the import's version, and a flat list: month, presents, givers, for each month with presents.
-- Raises IMPORT_NOT_FOUND. O(blocks): 0.1 ms for 200,000 presents.
function M.by_month(import_id)
    local version = imports.version_of(import_id)
    local answer = {}
    local walk = block_walk.groups(box.space.presents, import_id, BEFORE_ALL_MONTHS, ALL_BLOCKS)
    for _, month in ipairs(walk.groups) do
        add_month(answer, walk, month)
    end
    return version, answer
end

-- One page of the blocks of `presents`, in order of month and citizen_id, after the block of the given month and first
-- id (nil: from the start). expected_version: as imports.version_of takes it.
-- Returns version, month and first id of the last block (nil when no page follows), blocks. O(log n + limit).
function M.page(import_id, after_month, after_first, limit, expected_version)
    local version = imports.version_of(import_id, expected_version)
    local after = after_month ~= nil and { after_month, after_first } or nil
    local blocks = scan.select(box.space.presents, import_id, after, limit)
    local count = #blocks
    if count < limit then
        return version, nil, nil, blocks
    end
    return version, blocks[count].month, blocks[count].first, blocks
end

-- Moves a month's head to its next entry; after the last one its giver is math.huge.
local function step(head)
    head.at = head.at + 1
    if head.at >= head.length then
        local block = head.next_block()
        if block == nil then
            head.giver = math.huge
            return
        end
        head.entries, head.length, head.bytes = counts.presents.entries(block)
        head.at = 0
    end
    local entry = head.entries[head.at]
    head.giver = entry.key
    head.count = entry.count
end

-- A head on the month's first giver after `after` (nil: the very first).
local function open(import_id, month, after)
    local space = box.space.presents
    local first = 0
    if after ~= nil then
        local block = space:select({ import_id, month, after }, { iterator = 'LE', limit = 1 })[1]
        local is_of = block ~= nil and block.import_id == import_id and block.month == month
        first = is_of and block.first or 0
    end
    local next_tuple, param, state = space:pairs({ import_id, month, first }, { iterator = 'GE' })
    local head = { at = 0, length = 0 }
    function head.next_block()
        local block
        state, block = next_tuple(param, state)
        if state == nil or block.import_id ~= import_id or block.month ~= month then
            return nil
        end
        return block
    end
    repeat
        step(head)
    until after == nil or head.giver > after
    return head
end

-- Calls visit(giver, presents of the year) for each giver after `after`, in order, until it returns false.
-- of_month: gets the giver's presents by month before each call.
local function walk_givers(import_id, after, of_month, visit)
    -- A high number arrives as cdata.
    after = after and tonumber(after)
    local heads = {}
    for month = 1, MONTHS do
        heads[month] = open(import_id, month, after)
    end
    while true do
        local giver = math.huge
        for month = 1, MONTHS do
            giver = math.min(giver, heads[month].giver)
        end
        if giver == math.huge then
            return
        end
        local presents = 0
        for month = 1, MONTHS do
            local head = heads[month]
            of_month[month] = 0
            if head.giver == giver then
                of_month[month] = head.count
                presents = presents + head.count
                step(head)
            end
        end
        if not visit(giver, presents) then
            return
        end
    end
end

-- A function that tells whether a citizen lives in the town; nil without a town.
local function living_in(import_id, town)
    if town == nil then
        return nil
    end
    return row_look.of_text(box.space.citizens, import_id, TOWN, town)
end

-- A piece of the presents by month of one town's givers, behind the giver `after` (nil: from the start). max_cost: the
-- piece ends behind so many givers, each of which costs LOOK_COST. expected_version: as imports.version_of takes it.
-- Returns version, the giver to go on behind (nil: that was all), and for each of the twelve months presents and
-- givers, in a flat list. O(givers * log n).
function M.by_month_of_town(import_id, town, after, max_cost, expected_version)
    local version = imports.version_of(import_id, expected_version)
    local lives_there = living_in(import_id, town)
    local answer, of_month = {}, {}
    for i = 1, 2 * MONTHS do
        answer[i] = 0
    end
    local go_on
    local left = max_cost
    walk_givers(import_id, after, of_month, function(giver)
        if lives_there(giver) then
            for month = 1, MONTHS do
                if of_month[month] > 0 then
                    answer[2 * month - 1] = answer[2 * month - 1] + of_month[month]
                    answer[2 * month] = answer[2 * month] + 1
                end
            end
        end
        left = left - M.LOOK_COST
        go_on = giver
        return left > 0
    end)
    return version, left <= 0 and go_on or nil, answer
end

-- Of {[presents] = givers}, the `limit` with the most, as a flat list of giver, presents.
local function busiest_of(givers_by, limit)
    local amounts = {}
    for presents in pairs(givers_by) do
        table.insert(amounts, presents)
    end
    table.sort(amounts, function(a, b)
        return a > b
    end)
    local answer = {}
    for _, presents in ipairs(amounts) do
        for _, giver in ipairs(givers_by[presents]) do
            if #answer == 2 * limit then
                return answer
            end
            table.insert(answer, giver)
            table.insert(answer, presents)
        end
    end
    return answer
end

-- A piece of the search for who buys the most presents in a year, of one town or (nil) of all, behind the giver `after`
-- (nil: from the start). more_than: whoever buys so many or fewer is not told. max_cost: the piece ends behind so many
-- givers, one of whom is LOOK_COST more when its town is looked at. expected_version: as imports.version_of takes it.
-- Returns version, the giver to go on behind (nil: that was all), and a flat list of giver, presents: the `limit`
-- busiest of the piece, those with the most first, among the same in order of their ids. O(givers, or givers * log n).
function M.busiest(import_id, town, after, limit, more_than, max_cost, expected_version)
    local version = imports.version_of(import_id, expected_version)
    local lives_there = living_in(import_id, town)
    local givers_by = {}
    local go_on
    local left = max_cost
    walk_givers(import_id, after, {}, function(giver, presents)
        local givers = givers_by[presents] or {}
        -- In order of their ids: among the same, who comes later is not among the busiest.
        if presents > more_than and #givers < limit then
            if lives_there ~= nil then
                left = left - M.LOOK_COST
            end
            if lives_there == nil or lives_there(giver) then
                table.insert(givers, giver)
                givers_by[presents] = givers
            end
        end
        left = left - 1
        go_on = giver
        return left > 0
    end)
    return version, left <= 0 and go_on or nil, busiest_of(givers_by, limit)
end

-- Of each of the citizens: name, town, in a flat list. expected_version: as imports.version_of takes it. Raises
-- IMPORT_NOT_FOUND, IMPORT_CHANGED. O(citizens asked for * log n).
function M.names(import_id, citizen_ids, expected_version)
    imports.version_of(import_id, expected_version)
    local answer = {}
    for _, citizen_id in ipairs(citizen_ids) do
        local citizen = box.space.citizens:get(buckets.citizen_key(import_id, citizen_id))
        table.insert(answer, citizen.name)
        table.insert(answer, citizen.town)
    end
    return answer
end

return M
