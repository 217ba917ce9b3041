-- Citizens of published imports: reading them in pages, changing one.

local aggregates = require('aggregates')
local errors = require('lib.errors')
local imports = require('imports')

local M = {}

local RELATIVES = 'relatives'
-- Places of unknown relatives that an answer names; the count is always whole.
local MOST_POSITIONS = 100

-- One page in order of citizen_id, after the given id (nil: from the start).
-- expected_version: nil, or the version that an earlier page of the same read had: with another one the pages
-- would not be of one state, and IMPORT_CHANGED is raised. Returns version, the id to go on after (nil when this was
-- the last page), tuples. O(log n + limit).
function M.page(import_id, after, limit, expected_version)
    local import = imports.published(import_id)
    if expected_version ~= nil and import.version ~= expected_version then
        errors.raise('IMPORT_CHANGED')
    end
    local space = box.space.citizens
    local rows
    if after == nil then
        rows = space:select({ import_id }, { limit = limit })
    else
        rows = space:select({ import_id, after }, { iterator = 'GT', limit = limit })
    end
    -- GT on a whole key runs on into the next import.
    local count = #rows
    while count > 0 and rows[count].import_id ~= import_id do
        rows[count] = nil
        count = count - 1
    end
    return import.version, count == limit and rows[count].citizen_id or nil, rows
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

-- changes: {[field] = value}, fields of `citizens` other than the ids; `relatives` holds distinct ids without
-- the citizen's own. One transaction, no yield before its commit, so two calls never mix.
-- Returns the citizen's tuple as it is now. Raises IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, RELATIVES_NOT_FOUND.
function M.patch(import_id, citizen_id, changes)
    citizen_id = tonumber(citizen_id)
    return box.atomic(function()
        imports.published(import_id)
        local citizen = box.space.citizens:get({ import_id, citizen_id })
        if citizen == nil then
            errors.raise('CITIZEN_NOT_FOUND')
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
        imports.touch(import_id)
        return changed
    end)
end

return M
