-- Car owners. A case finds its owner by the car's number, so that neither has to come first.

local errors = require('lib.errors')
local outcomes = require('traffic.registers.outcomes')

local M = {}

local CONTACTS = 4

-- row: {car_number, phone_number, email, tg, vk}; null: what is stored stays.
local function merge(row, stored)
    local merged = { row[1] }
    for place = 2, CONTACTS + 1 do
        local value = row[place]
        if value == nil and stored ~= nil then
            value = stored[place]
        end
        merged[place] = value ~= nil and value or box.NULL
    end
    return merged
end

local function put(row)
    local owners = box.space.car_owners
    local stored = owners:get({ row[1] })
    owners:replace(merge(row, stored))
    return stored ~= nil and outcomes.UPDATED or outcomes.ADDED
end

local function look(row)
    return box.space.car_owners:get({ row[1] }) ~= nil and outcomes.UPDATED or outcomes.ADDED
end

-- Adds or updates owners in one transaction, or only looks what would be done. Takes and returns what outcomes.of_rows
-- does.
function M.put(packed, is_dry_run)
    return outcomes.of_rows(packed, is_dry_run and look or put)
end

function M.find(car_number)
    return box.space.car_owners:get({ car_number })
end

-- The same as a map, for a case.
function M.find_contacts(car_number)
    local owner = M.find(car_number)
    return owner ~= nil and owner:tomap({ names_only = true }) or nil
end

-- Raises OWNER_NOT_FOUND.
function M.get(car_number)
    return M.find(car_number) or errors.raise('OWNER_NOT_FOUND')
end

return M
