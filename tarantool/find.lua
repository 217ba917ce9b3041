-- Citizens by what is known of them: town, gender, days of birth, the beginning of the name, any of them together.
--
-- One index serves the first three, (town, birth_date): who asks for days of birth in all towns goes from town to town.
-- The name has one of its own. Gender alone walks the import. Each call looks at a bounded number of rows.

local msgpack = require('msgpack')
local bulk_read = require('lib.bulk_read')
local errors = require('lib.errors')
local imports = require('imports')

local M = {}

-- 1,000 tuples are looked at in about 0.5 ms.
M.MOST_VISITED = 1000
-- Finding another place in the index takes as long as going on by so many rows.
local VISITS_A_SEEK = 4

local function starts_with(text, prefix)
    return text:sub(1, #prefix) == prefix
end

-- A way through an index. `parts`: the fields behind import_id that tell a place in it. begin(): key and iterator to
-- begin with. judge(citizen) returns whether it is of those looked for, as far as the index goes; nil when there are no
-- more; or nil, key and iterator, to go on elsewhere.
local function by_name(import_id, filter)
    return {
        index = 'name',
        parts = { 'name', 'citizen_id' },
        begin = function()
            return { import_id, filter.name_prefix }, 'GE'
        end,
        judge = function(citizen)
            return starts_with(citizen.name, filter.name_prefix) or nil
        end,
    }
end

local function by_town(import_id, filter)
    local first, last = filter.born_from or 0, filter.born_to or math.huge
    return {
        index = 'town_born',
        parts = { 'town', 'birth_date', 'citizen_id' },
        begin = function()
            return { import_id, filter.town, filter.town ~= nil and first or nil }, 'GE'
        end,
        judge = function(citizen)
            local town, birth_date = citizen.town, citizen.birth_date
            if filter.town ~= nil and town ~= filter.town then
                return nil
            end
            if birth_date < first then
                return nil, { import_id, town, first }, 'GE'
            end
            if birth_date > last then
                return nil, { import_id, town }, 'GT'
            end
            return true
        end,
    }
end

local function by_id(import_id)
    return {
        index = 'pk',
        parts = { 'citizen_id' },
        begin = function()
            return { import_id }, 'GE'
        end,
        judge = function()
            return true
        end,
    }
end

local function choose(import_id, filter)
    if filter.name_prefix ~= nil then
        return by_name(import_id, filter)
    elseif filter.town ~= nil or filter.born_from ~= nil or filter.born_to ~= nil then
        return by_town(import_id, filter)
    end
    return by_id(import_id)
end

local function matches(citizen, filter)
    return (filter.town == nil or citizen.town == filter.town)
        and (filter.gender == nil or citizen.gender == filter.gender)
        and (filter.born_from == nil or citizen.birth_date >= filter.born_from)
        and (filter.born_to == nil or citizen.birth_date <= filter.born_to)
        and (filter.name_prefix == nil or starts_with(citizen.name, filter.name_prefix))
end

local IS_TEXT = { town = true, name = true }

local function place_of(way, citizen)
    local place = {}
    for i, field in ipairs(way.parts) do
        place[i] = citizen[field]
    end
    return place
end

local function key_behind(way, import_id, place)
    local key = { import_id }
    for i, field in ipairs(way.parts) do
        local part = place[i]
        if part == nil or (type(part) == 'string') ~= (IS_TEXT[field] == true) then
            errors.raise('CURSOR_MISPLACED')
        end
        key[i + 1] = part
    end
    local seen = { import_id = import_id }
    for i, field in ipairs(way.parts) do
        seen[field] = place[i]
    end
    local fits, seek_key = way.judge(seen)
    if #place ~= #way.parts or (not fits and seek_key == nil) then
        errors.raise('CURSOR_MISPLACED')
    end
    return key, 'GT'
end

-- Gathers rows along the way. Returns them, each as MessagePack, and the last citizen behind whom to go on; nil at the
-- end.
local function gather(way, import_id, filter, key, iterator, limit, most_bytes)
    local index = box.space.citizens.index[way.index]
    local rows, bytes, visited = {}, 0, 0
    local last_taken, last_seen
    repeat
        local seeks = false
        for _, citizen in index:pairs(key, { iterator = iterator }) do
            if citizen.import_id ~= import_id then
                return rows
            end
            if visited >= M.MOST_VISITED and last_seen ~= nil then
                return rows, last_seen
            end
            visited = visited + 1
            local fits, seek_key, seek_iterator = way.judge(citizen)
            if seek_key ~= nil then
                visited = visited + VISITS_A_SEEK
                seeks, key, iterator, last_seen = true, seek_key, seek_iterator, citizen
                break
            elseif not fits then
                return rows
            end
            if matches(citizen, filter) then
                if #rows == limit or bytes > most_bytes then
                    return rows, last_taken
                end
                local row = msgpack.encode(citizen)
                table.insert(rows, row)
                bytes = bytes + #row
                last_taken = citizen
            end
            last_seen = citizen
        end
    until not seeks
    return rows
end

-- filter: {town, gender, born_from, born_to, name_prefix}, those that are asked for; days as 20001231, inclusive.
-- after: nil, or the place that an earlier page answered. limit, most_bytes, expected_version: as citizens.page takes
-- them. Returns the import's version, the place to go on behind (nil when there is no more), and rows as citizens.page
-- does: in the order of the index, and perhaps none where many had to be passed over.
-- Raises IMPORT_NOT_FOUND, IMPORT_CHANGED, CURSOR_MISPLACED. O(log n + MOST_VISITED).
function M.page(import_id, filter, after, limit, expected_version, most_bytes)
    local version = imports.published(import_id).version
    if expected_version ~= nil and version ~= expected_version then
        errors.raise('IMPORT_CHANGED')
    end
    local way = choose(import_id, filter)
    local key, iterator
    if after == nil then
        key, iterator = way.begin()
    else
        key, iterator = key_behind(way, import_id, after)
    end
    local rows, last = gather(way, import_id, filter, key, iterator, limit, most_bytes)
    return version, last ~= nil and place_of(way, last) or nil, bulk_read.join(rows)
end

return M
