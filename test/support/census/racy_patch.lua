-- tarantool/app.lua with a deliberately wrong svodka.citizens.patch: it reads, yields, then writes what it read plus
-- its own changes, without a surrounding transaction. It only proves that the race test detects this.

local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')
local imports = require('census.imports')

local function with(list, id)
    local longer = {}
    for _, other in ipairs(list) do
        table.insert(longer, other)
    end
    table.insert(longer, id)
    return longer
end

local function without(list, id)
    local shorter = {}
    for _, other in ipairs(list) do
        if other ~= id then
            table.insert(shorter, other)
        end
    end
    return shorter
end

local function has(list, id)
    for _, other in ipairs(list) do
        if other == id then
            return true
        end
    end
    return false
end

exports.census['svodka.citizens.patch'] = function(import_id, citizen_id, changes)
    local space = box.space.citizens
    local citizen = space:get({ import_id, citizen_id }):tomap({ names_only = true })
    fiber.sleep(0.001)
    if changes.relatives ~= nil then
        for _, id in ipairs(changes.relatives) do
            if not has(citizen.relatives, id) then
                local other = space:get({ import_id, id }).relatives
                fiber.sleep(0.001)
                space:update({ import_id, id }, { { '=', 'relatives', with(other, citizen_id) } })
            end
        end
        for _, id in ipairs(citizen.relatives) do
            if not has(changes.relatives, id) then
                local other = space:get({ import_id, id }).relatives
                fiber.sleep(0.001)
                space:update({ import_id, id }, { { '=', 'relatives', without(other, citizen_id) } })
            end
        end
    end
    for field, value in pairs(changes) do
        citizen[field] = value
    end
    local changed = space:replace(space:frommap(citizen))
    return changed, imports.touch(import_id), imports.published(import_id).created_at
end

dofile(tarantool_dir .. '/app.lua')
