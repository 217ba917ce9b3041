-- tarantool/app.lua with procedures by which tests look inside and make calls that last, count or answer much.
-- They are exported before app.lua reports that it is ready, so no test can come too early.

local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')

local calls_by_tag = {}

-- Returns `size` bytes made of the tag.
exports.common['svodka.test.blob'] = function(tag, size)
    return tag:rep(math.ceil(size / #tag)):sub(1, size)
end

-- Notes that it ran for this tag, then takes its time.
exports.common['svodka.test.note'] = function(tag, seconds)
    calls_by_tag[tag] = (calls_by_tag[tag] or 0) + 1
    fiber.sleep(seconds)
    return tag
end

-- Returns how often `note` ran, by tag.
exports.common['svodka.test.notes'] = function()
    return setmetatable(calls_by_tag, { __serialize = 'map' })
end

-- The procedure whose commit comes next goes on only some time after it.
exports.common['svodka.test.delay_after_commit'] = function(seconds)
    local commit = box.commit
    box.commit = function()
        box.commit = commit
        commit()
        fiber.sleep(seconds)
    end
end

local publish = exports.census['svodka.imports.publish']
local publication_delay = 0

-- The next publication is answered only some time after it was made.
exports.common['svodka.test.delay_publication'] = function(seconds)
    publication_delay = seconds
end

exports.census['svodka.imports.publish'] = function(...)
    local delay = publication_delay
    publication_delay = 0
    publish(...)
    fiber.sleep(delay)
end

local claim = exports.census['svodka.keys.claim']
local claim_delay = 0

-- The next claim of a key is answered only some time after it was made.
exports.common['svodka.test.delay_claim'] = function(seconds)
    claim_delay = seconds
end

exports.census['svodka.keys.claim'] = function(key, token)
    local delay = claim_delay
    claim_delay = 0
    local import_id, fingerprint = claim(key, token)
    fiber.sleep(delay)
    if import_id ~= nil then
        return import_id, fingerprint
    end
end

-- Returns the number of imports that are staged or deleted, and of citizens, with their changes, that belong to no
-- published import.
exports.common['svodka.test.leftovers'] = function()
    local staged = 0
    local is_published = {}
    for _, import in box.space.imports:pairs() do
        is_published[tonumber(import.import_id)] = import.state == 'published'
        staged = staged + (import.state == 'published' and 0 or 1)
    end
    local function stray(space)
        local count = 0
        for _, tuple in box.space[space]:pairs() do
            if not is_published[tonumber(tuple.import_id)] then
                count = count + 1
            end
        end
        return count
    end
    return staged, stray('citizens') + stray('citizen_history'), stray('births') + stray('presents')
end

-- Adds to a kept count of an import, which nothing real does alone. kind: births or presents.
exports.common['svodka.test.add_to_count'] = function(import_id, kind, group, key, count)
    box.atomic(require('census.stats.counts')[kind].apply, import_id, group, { [key] = count })
end

-- Returns the ids of all published imports.
exports.common['svodka.test.import_ids'] = function()
    local ids = {}
    for _, import in box.space.imports.index.state:pairs({ 'published' }) do
        table.insert(ids, import.import_id)
    end
    return ids
end

-- Returns how many citizens of an import its filter index knows, and whether those are all.
exports.common['svodka.test.indexed'] = function(import_id)
    local count, is_whole = require('census.citizens.filter_index').state(import_id)
    return count, is_whole
end

dofile(tarantool_dir .. '/app.lua')
