-- Analytic questions about one import.

local fiber = require('fiber')
local scan = require('lib.scan')

local M = {}

-- The list of presents is put together in pieces too, by as many citizens at a time.
local PIECE = 1000

local function month_of(birth_date)
    return math.floor(birth_date / 100) % 100
end

-- How many presents each citizen buys, by month of the relative's birthday.
-- Returns the version of the import, and twelve flat lists {citizen_id, presents, citizen_id, presents, ...} in order
-- of citizen_id. O(citizens + relatives).
function M.presents(import_id)
    local found, version = scan.citizens(import_id, function()
        local result = { months = {}, givers = {}, receivers = {} }
        return function(citizen)
            local citizen_id = tonumber(citizen.citizen_id)
            result.months[citizen_id] = month_of(citizen.birth_date)
            local relatives = citizen.relatives
            if #relatives > 0 then
                table.insert(result.givers, citizen_id)
                table.insert(result.receivers, relatives)
            end
        end,
            result
    end)
    local answer = {}
    for month = 1, 12 do
        answer[month] = {}
    end
    for i, giver in ipairs(found.givers) do
        local presents = {}
        for _, relative in ipairs(found.receivers[i]) do
            local month = found.months[tonumber(relative)]
            presents[month] = (presents[month] or 0) + 1
        end
        for month, count in pairs(presents) do
            table.insert(answer[month], giver)
            table.insert(answer[month], count)
        end
        if i % PIECE == 0 then
            fiber.sleep(0)
        end
    end
    return version, answer
end

-- today: 20261122. Returns the version of the import, and
-- {{town, {age, citizens, age, citizens, ...}}, ...}, in no order. O(citizens).
function M.town_ages(import_id, today)
    local by_town, version = scan.citizens(import_id, function()
        local towns = {}
        return function(citizen)
            local ages = towns[citizen.town]
            if ages == nil then
                ages = {}
                towns[citizen.town] = ages
            end
            -- Dates as numbers like 20001231 make full years one subtraction; 29 February turns on 1 March.
            local age = math.floor((today - citizen.birth_date) / 10000)
            ages[age] = (ages[age] or 0) + 1
        end,
            towns
    end)
    local answer = {}
    for town, ages in pairs(by_town) do
        local flat = {}
        for age, count in pairs(ages) do
            table.insert(flat, age)
            table.insert(flat, count)
        end
        table.insert(answer, { town, flat })
    end
    return version, answer
end

return M
