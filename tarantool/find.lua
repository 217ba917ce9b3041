-- Citizens by what is known of them: town, gender, days of birth, the beginning of the name, any of them together.
--
-- Every one of the import is looked at, in pieces: an index for each of these would cost every import more than the
-- looking costs who asks (ADR 0015).

local msgpack = require('msgpack')
local bulk_read = require('lib.bulk_read')
local imports = require('imports')

local M = {}

-- 1,000 tuples are looked at in about 0.5 ms.
M.MOST_VISITED = 1000

local function starts_with(text, prefix)
    return text:sub(1, #prefix) == prefix
end

local function matches(citizen, filter)
    return (filter.town == nil or citizen.town == filter.town)
        and (filter.gender == nil or citizen.gender == filter.gender)
        and (filter.born_from == nil or citizen.birth_date >= filter.born_from)
        and (filter.born_to == nil or citizen.birth_date <= filter.born_to)
        and (filter.name_prefix == nil or starts_with(citizen.name, filter.name_prefix))
end

-- filter: {town, gender, born_from, born_to, name_prefix}, those that are asked for; days as 20001231, inclusive.
-- after: nil, or the citizen_id that an earlier page answered. limit, most_bytes, expected_version: as citizens.page
-- takes them. Returns the import's version, the citizen_id to go on behind (nil when there is no more), and rows as
-- citizens.page does: perhaps none where many had to be passed over.
-- Raises IMPORT_NOT_FOUND, IMPORT_CHANGED. O(log n + MOST_VISITED).
function M.page(import_id, filter, after, limit, expected_version, most_bytes)
    local version = imports.version_of(import_id, expected_version)
    local key = after == nil and { import_id } or { import_id, after }
    local rows, bytes = {}, 0
    local visited, last_taken, last_seen = 0, nil, nil
    for _, citizen in box.space.citizens:pairs(key, { iterator = after == nil and 'GE' or 'GT' }) do
        if citizen.import_id ~= import_id then
            break
        end
        if visited >= M.MOST_VISITED then
            return version, last_seen, bulk_read.join(rows)
        end
        visited = visited + 1
        if matches(citizen, filter) then
            if #rows == limit or bytes > most_bytes then
                return version, last_taken, bulk_read.join(rows)
            end
            local row = msgpack.encode(citizen)
            table.insert(rows, row)
            bytes = bytes + #row
            last_taken = citizen.citizen_id
        end
        last_seen = citizen.citizen_id
    end
    return version, nil, bulk_read.join(rows)
end

return M
