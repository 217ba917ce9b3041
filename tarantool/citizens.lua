-- Citizens of published imports: reading them in pages, changing one.

local aggregates = require('aggregates')
local bulk_read = require('lib.bulk_read')
local errors = require('lib.errors')
local imports = require('imports')

local M = {}

local RELATIVES = 'relatives'
-- Places of unknown relatives that an answer names; the count is always whole.
local MOST_POSITIONS = 100

-- One page in order of citizen_id, after the given id (nil: from the start): `limit` rows at most, and no more once
-- they are together over most_bytes (nil: no such bound).
-- expected_version: nil, or the version that an earlier page of the same read had: with another one the pages
-- would not be of one state, and IMPORT_CHANGED is raised. Returns version, the id to go on after (nil when this was
-- the last page), an array of tuples as MessagePack in a string. O(log n + limit).
function M.page(import_id, after, limit, expected_version, most_bytes)
    local import = imports.published(import_id)
    if expected_version ~= nil and import.version ~= expected_version then
        errors.raise('IMPORT_CHANGED')
    end
    local rows, go_on_after = bulk_read.read(box.space.citizens, import_id, after, limit, most_bytes)
    return import.version, go_on_after, rows
end

-- Numbers from 10^14 on arrive as cdata, which are no good as table keys; ids end at 2^53 - 1, so numbers hold them.
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
        if not current_set[id] and box.space.citizens:get({ import_id, id }) == nil then
            count = count + 1
            if count <= MOST_POSITIONS then
                table.insert(positions, position - 1)
            end
        end
    end
    if count > 0 then
        errors.raise('RELATIVES_NOT_FOUND', { count = count, positions = positions })
    end
end

local function write_relatives(import_id, citizen_id, list)
    box.space.citizens:update({ import_id, citizen_id }, { { '=', RELATIVES, list } })
end

-- Keeps the other side right: who is new in `wanted` gains citizen_id at the end of its list, who is not in it
-- any more loses it. Raises RELATIVES_NOT_FOUND.
local function reconcile_relatives(import_id, citizen_id, current, wanted)
    local current_set = set_of(current)
    local wanted_set = set_of(wanted)
    require_known(import_id, wanted, current_set)
    local space = box.space.citizens
    for _, id in ipairs(wanted) do
        if not current_set[id] then
            local list = to_numbers(space:get({ import_id, id }).relatives)
            table.insert(list, citizen_id)
            write_relatives(import_id, id, list)
        end
    end
    for _, id in ipairs(current) do
        if not wanted_set[id] then
            local kept = {}
            for _, relative in ipairs(to_numbers(space:get({ import_id, id }).relatives)) do
                if relative ~= citizen_id then
                    table.insert(kept, relative)
                end
            end
            write_relatives(import_id, id, kept)
        end
    end
end

local function require_version(version, expected_versions)
    for _, expected in ipairs(expected_versions) do
        if version == expected then
            return
        end
    end
    errors.raise('PRECONDITION_FAILED')
end

-- changes: {[field] = value}, fields of `citizens` other than the ids; `relatives` holds distinct ids without
-- the citizen's own. expected_versions: nil, or a list of versions, of which the import must have one.
-- One transaction, no yield before its commit, so two calls never mix.
-- Returns the citizen's tuple as it is now, and the import's version and when it was made.
-- Raises IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, PRECONDITION_FAILED, RELATIVES_NOT_FOUND.
function M.patch(import_id, citizen_id, changes, expected_versions)
    citizen_id = tonumber(citizen_id)
    return box.atomic(function()
        local import = imports.published(import_id)
        local citizen = box.space.citizens:get({ import_id, citizen_id })
        if citizen == nil then
            errors.raise('CITIZEN_NOT_FOUND')
        end
        if expected_versions ~= nil then
            require_version(import.version, expected_versions)
        end
        local operations = {}
        for field, value in pairs(changes) do
            if field == RELATIVES then
                value = to_numbers(value)
                reconcile_relatives(import_id, citizen_id, to_numbers(citizen.relatives), value)
            end
            table.insert(operations, { '=', field, value })
        end
        local changed = box.space.citizens:update({ import_id, citizen_id }, operations)
        aggregates.follow(citizen, changed, changes[RELATIVES] ~= nil)
        return changed, imports.touch(import_id), import.created_at
    end)
end

return M
