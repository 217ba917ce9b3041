-- A naive implementation of filters, and helpers that read all matches.

local msgpack = require('msgpack')
local find = require('census.citizens.find')
local support = require('support')

local M = {}

M.MUCH = 1024 * 1024

local function fits(citizen, filter)
    return (filter.town or citizen.town) == citizen.town
        and (filter.gender or citizen.gender) == citizen.gender
        and (filter.born_from or 0) <= citizen.birth_date
        and (filter.born_to or 99991231) >= citizen.birth_date
        and citizen.name:startswith(filter.name_prefix or '')
end

-- The ids of matching citizens, in order, as one text.
function M.expected_ids(import_id, filter)
    local ids = {}
    for _, citizen in box.space.citizens:pairs(support.key(import_id)) do
        if fits(citizen, filter) then
            table.insert(ids, tostring(tonumber(citizen.citizen_id)))
        end
    end
    return table.concat(ids, ' ')
end

-- Appends the ids of one page to a list. Returns the position of the next page.
function M.add_page(ids, import_id, filter, place, limit, most_bytes)
    local _, go_on, rows = find.page(import_id, filter, place, limit, nil, most_bytes or M.MUCH)
    local decoded = msgpack.decode(rows)
    if #decoded > limit then
        error('more than the limit')
    end
    for _, row in ipairs(decoded) do
        table.insert(ids, tostring(tonumber(row[2])))
    end
    return go_on
end

-- The ids of all pages and the cursors a client sends back, as one text; and the number of calls.
function M.found_ids(import_id, filter, limit, most_bytes)
    local ids, calls = {}, 0
    local place
    repeat
        place = M.add_page(ids, import_id, filter, place, limit or 1000, most_bytes)
        calls = calls + 1
    until place == nil
    return table.concat(ids, ' '), calls
end

return M
