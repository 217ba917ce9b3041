-- The changes of all imports, from the change lists of all sets.

local fiber = require('fiber')
local log = require('log')
local calls = require('shards.router.calls')
local change_list = require('lib.change_list')
local routes = require('shards.router.sets.routes')

local M = {}

-- Twice as many as one set keeps, so that a reader who is up to date with a set is up to date here.
local MAX_KEPT = 2 * require('census.imports.changes').MAX_KEPT
local POLL_SECONDS = 2
local RETRY_SECONDS = 0.2

local list = change_list.create(MAX_KEPT)

-- As svodka.imports.changes of a storage.
M.wait = list.wait

local function pass_on(flat)
    for i = 1, #flat, 2 do
        list.note(tonumber(flat[i]), flat[i + 1])
    end
end

-- is_new: nobody has read the list of this router yet, so none of its readers can have missed a change of the set.
local function follow(set, is_new)
    fiber.name('follow_' .. set.name, { truncate = true })
    local epoch, place = box.NULL, box.NULL
    while not set.is_over do
        local answer = calls.ask_set(set, 'svodka.imports.changes', { epoch, place, POLL_SECONDS }, 2 * POLL_SECONDS)
        if not answer[1] then
            fiber.sleep(RETRY_SECONDS)
        else
            epoch, place = answer[2], answer[3]
            if answer[4] ~= nil then
                pass_on(answer[4])
            elseif not is_new then
                log.info('changes of set %s may have been missed', set.name)
                list.forget()
            end
            is_new = false
        end
    end
end

local followed = {}

-- Follows the sets of the topology; to be called again when they have changed.
function M.follow_sets()
    local is_start = next(followed) == nil
    for _, set in ipairs(routes.sets()) do
        if not followed[set] then
            followed[set] = true
            fiber.create(follow, set, is_start)
        end
    end
    for set in pairs(followed) do
        if set.is_over then
            followed[set] = nil
        end
    end
end

return M
