-- tarantool/app.lua plus procedures with which tests inspect the data and make calls that are slow, counted or large.
-- They are exported before app.lua reports readiness, so no test can call them too early.

local fiber = require('fiber')

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
-- As in app.lua: rooms that are loaded choose their functions by whether this is a storage of several.
require('shards').prepare(require('process.settings').read(os.getenv), require('process.report'))
local exports = require('exports')

local calls_by_tag = {}

-- Returns `size` bytes that repeat the tag.
exports.common['svodka.test.blob'] = function(tag, size)
    return tag:rep(math.ceil(size / #tag)):sub(1, size)
end

-- Records a run for this tag, then sleeps.
exports.common['svodka.test.note'] = function(tag, seconds)
    calls_by_tag[tag] = (calls_by_tag[tag] or 0) + 1
    fiber.sleep(seconds)
    return tag
end

-- Returns the number of runs of `note` by tag.
exports.common['svodka.test.notes'] = function()
    return setmetatable(calls_by_tag, { __serialize = 'map' })
end

-- Delays the continuation after the next commit.
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

-- Delays the reply to the next publication.
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

-- Delays the reply to the next claim of a key.
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

-- Returns the number of staged or deleted imports, and of citizens and changes that belong to no published import.
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

-- Changes a kept count of an import, which the application never does alone. kind: births or presents.
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

-- Returns the number of an import's citizens in its filter index, and whether the index is complete.
exports.common['svodka.test.indexed'] = function(import_id)
    local count, is_whole = require('census.citizens.filter_index').state(import_id)
    return count, is_whole
end

-- Changes a kept count of cases.
exports.common['svodka.test.add_to_case_count'] = function(kind, key, count)
    box.space.case_counts:update({ kind, key }, { { '+', 'count', count } })
end

-- Corrupts the wallet of a specialist.
exports.common['svodka.test.add_to_wallet'] = function(user_id, amount)
    box.space.specialists:update({ user_id }, { { '+', 'wallet', amount } })
end

dofile(tarantool_dir .. '/app.lua')
