-- Citizens of published imports: reads pages, reads and changes one citizen.

local digest = require('digest')
local msgpack = require('msgpack')
local counts = require('census.stats.counts')
local bulk_read = require('bytes.bulk_read')
local changes_of = require('census.imports.changes')
local comparison = require('census.comparison')
local erase = require('bytes.erase')
local errors = require('lib.errors')
local history = require('census.citizens.history')
local imports = require('census.imports')
local buckets = require('shards.buckets')

local M = {}

local citizen_key = buckets.citizen_key

local RELATIVES = 'relatives'
-- Positions of unknown relatives that an answer lists; their number is always exact.
local MAX_POSITIONS = 100

-- One page in order of citizen_id, after the given id (nil: from the start): `limit` rows at most, and no more once
-- they are together over max_bytes (nil: no such bound).
-- expected_version: nil, or the version that an earlier page of the same read had: with another one the pages
-- would not be of one state, and IMPORT_CHANGED is raised. Returns version, the id to go on after (nil when this was
-- the last page), an array of tuples as MessagePack in a string. O(log n + limit).
function M.page(import_id, after, limit, expected_version, max_bytes)
    local version = imports.version_of(import_id, expected_version)
    local rows, go_on_after = bulk_read.read(box.space.citizens, import_id, after, limit, max_bytes)
    return version, go_on_after, rows
end

-- Numbers from 10^14 on arrive as cdata, which cannot be table keys. Ids are below 2^53, so Lua numbers are exact.
local function to_numbers(list)
    local numbers = {}
    for i, value in ipairs(list) do
        numbers[i] = tonumber(value)
    end
    return numbers
end

local function set_of(list)
    local set = {}
    for _, value in ipairs(list) do
        set[value] = true
    end
    return set
end

local function require_known(import_id, wanted, current_set)
    local positions = {}
    local count = 0
    for position, id in ipairs(wanted) do
        if not current_set[id] and box.space.citizens:get(citizen_key(import_id, id)) == nil then
            count = count + 1
            if count <= MAX_POSITIONS then
                table.insert(positions, position - 1)
            end
        end
    end
    if count > 0 then
        errors.raise('RELATIVES_NOT_FOUND', { count = count, positions = positions })
    end
end

-- Part of a transaction. Returns the changed tuple.
local function update(import_id, citizen_id, operations)
    comparison.follow(import_id, citizen_id, -1)
    local changed = box.space.citizens:update(citizen_key(import_id, citizen_id), operations)
    comparison.follow(import_id, citizen_id, 1)
    return changed
end

local function write_relatives(import_id, citizen_id, before, list, others)
    update(import_id, citizen_id, { { '=', RELATIVES, list } })
    table.insert(others, { citizen_id, before, list })
end

-- Changes the other side of relatives: appends citizen_id to the lists of new relatives, and removes it from the lists
-- of former ones. Returns the changed lists, {{id, before, after}, ...}. Raises RELATIVES_NOT_FOUND.
local function reconcile_relatives(import_id, citizen_id, current, wanted)
    local current_set = set_of(current)
    local wanted_set = set_of(wanted)
    require_known(import_id, wanted, current_set)
    local space = box.space.citizens
    local others = {}
    for _, id in ipairs(wanted) do
        if not current_set[id] then
            local before = space:get(citizen_key(import_id, id)).relatives
            local list = to_numbers(before)
            table.insert(list, citizen_id)
            write_relatives(import_id, id, before, list, others)
        end
    end
    for _, id in ipairs(current) do
        if not wanted_set[id] then
            local kept = {}
            local before = space:get(citizen_key(import_id, id)).relatives
            for _, relative in ipairs(to_numbers(before)) do
                if relative ~= citizen_id then
                    table.insert(kept, relative)
                end
            end
            write_relatives(import_id, id, before, kept, others)
        end
    end
    return others
end

-- Identifies the content of a citizen, in 32 characters. citizen: without its bucket, so that a tag is the same on a
-- single node and on a storage. Hashing the encoded bytes takes 3 us.
local function tag_of(citizen)
    return digest.sha256_hex(msgpack.encode(citizen)):sub(1, 32)
end

-- expected: nil, or {versions = list, tags = list}: the version of the import, or the tag of the citizen, must be
-- listed.
local function require_expected(import, citizen, expected)
    if expected == nil then
        return
    end
    local present_tag = #expected.tags > 0 and tag_of(buckets.bare(citizen))
    for _, tag in ipairs(expected.tags) do
        if tag == present_tag then
            return
        end
    end
    imports.require_version(import, expected.versions)
end

local function existing(import_id, citizen_id)
    local citizen = box.space.citizens:get(citizen_key(import_id, citizen_id))
    if citizen == nil then
        errors.raise('CITIZEN_NOT_FOUND')
    end
    return citizen
end

-- Returns the citizen's tuple, its tag, which identifies the content, and the import's version.
-- Raises IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND.
function M.get(import_id, citizen_id)
    local import = imports.published(import_id)
    local citizen = buckets.bare(existing(import_id, citizen_id))
    return citizen, tag_of(citizen), import.version
end

-- Returns the import's version, and what history.page does. Raises IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND.
function M.history(import_id, citizen_id, below, limit)
    local import = imports.published(import_id)
    existing(import_id, citizen_id)
    return import.version, history.page(import_id, citizen_id, below, limit)
end

-- changes: {[field] = value}, fields of `citizens` other than the ids; `relatives` holds distinct ids without
-- the citizen's own. expected: nil, or {versions = list, tags = list}: the import must have one of the versions, or the
-- citizen one of the tags that M.get returns. request_id: for the history, or nil.
-- One transaction without a yield before the commit, so two calls never interleave.
-- Returns the changed tuple, its tag, and the import's version.
-- Raises IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, PRECONDITION_FAILED, RELATIVES_NOT_FOUND.
function M.patch(import_id, citizen_id, changes, expected, request_id)
    citizen_id = tonumber(citizen_id)
    local changed, version
    box.atomic(function()
        local import = imports.published(import_id)
        local citizen = existing(import_id, citizen_id)
        require_expected(import, citizen, expected)
        local operations = {}
        local others = {}
        for field, value in pairs(changes) do
            if field == RELATIVES then
                value = to_numbers(value)
                others = reconcile_relatives(import_id, citizen_id, to_numbers(citizen.relatives), value)
            end
            table.insert(operations, { '=', field, value })
        end
        changed = update(import_id, citizen_id, operations)
        counts.follow(citizen, changed, changes[RELATIVES] ~= nil)
        version = imports.touch(import_id)
        local change = { import_id = import_id, version = version, request_id = request_id or '' }
        history.add(change, citizen, changed, changes, others)
    end)
    changes_of.note(import_id, version)
    changed = buckets.bare(changed)
    return changed, tag_of(changed), version
end

imports.on_erase(function(import_id, limit)
    return erase.first(box.space.citizens, import_id, limit)
end)

return M
