-- What a router does under the names of exports.lua. As a storage's, each procedure returns the envelope of
-- lib/export.lua.

local bucket_report = require('shards.router.spanning.bucket_report')
local buckets = require('shards.buckets')
local calls = require('shards.router.calls')
local export = require('lib.export')
local feed = require('shards.router.spanning.feed')
local first_set = require('shards.router.first_set')
local import_list = require('shards.router.spanning.import_list')
local keys = require('shards.router.held.keys')
local names = require('shards.router.names')
local overview = require('shards.router.spanning.overview')
local routes = require('shards.router.sets.routes')
local staging = require('shards.router.held.staging')

local M = {}

local function results_of(answer)
    return unpack(answer, 1, #answer)
end

-- With functions that return an answer, an array.
local function answering(procedure)
    return function(...)
        return results_of(procedure(...))
    end
end

local function by_import(name, mode)
    return function(import_id, ...)
        import_id = tonumber(import_id)
        return results_of((calls.ask({
            bucket = buckets.of(import_id),
            mode = mode,
            name = name,
            arguments = { import_id, ... },
        })))
    end
end

-- Of two imports. The web side compares imports of two sets itself.
local function by_two_imports(name)
    return function(before_id, after_id, ...)
        before_id, after_id = tonumber(before_id), tonumber(after_id)
        local bucket, other_bucket = buckets.of(before_id), buckets.of(after_id)
        local set, other_set = routes.set_of(bucket), routes.set_of(other_bucket)
        if set ~= nil and other_set ~= nil and set ~= other_set then
            -- An answer without values.
            return true, box.NULL
        end
        return results_of((calls.ask({
            bucket = bucket,
            other_bucket = other_bucket ~= bucket and other_bucket or nil,
            mode = 'read',
            name = name,
            arguments = { before_id, after_id, ... },
        })))
    end
end

local own = {
    ['svodka.imports.create'] = answering(staging.create),
    ['svodka.imports.stage'] = answering(staging.stage),
    ['svodka.imports.append'] = answering(staging.append),
    ['svodka.imports.publish'] = answering(staging.publish),
    ['svodka.imports.discard'] = answering(staging.discard),
    ['svodka.imports.discard_token'] = answering(staging.discard_token),
    ['svodka.imports.list'] = export.wrap('svodka.imports.list', import_list.list),
    ['svodka.imports.changes'] = export.wrap('svodka.imports.changes', feed.wait),
    ['svodka.keys.claim'] = answering(keys.claim),
    ['svodka.keys.release'] = answering(keys.release),
    ['svodka.comparison.count'] = by_two_imports('svodka.comparison.count'),
    ['svodka.comparison.page'] = by_two_imports('svodka.comparison.page'),
    ['svodka.shards.check'] = export.wrap('svodka.shards.check', bucket_report.check),
    ['svodka.service.info'] = export.wrap('svodka.service.info', overview.info),
    ['svodka.metrics'] = export.wrap('svodka.metrics', overview.metrics),
}

-- storage_procedures: those of a storage, by name. Returns this router's, by the same names.
function M.procedures(storage_procedures)
    local procedures = {}
    for name in pairs(storage_procedures) do
        local mode = names[name]
        procedures[name] = own[name] or (mode ~= nil and by_import(name, mode)) or first_set.procedure(name)
    end
    return procedures
end

return M
