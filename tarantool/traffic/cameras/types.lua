-- Camera types: definitions as JSON text, each change a version.

local fiber = require('fiber')
local errors = require('lib.errors')

local M = {}

-- Of the only row of camera_catalog.
local CATALOG = 1

-- How often any type was changed.
function M.version()
    return box.space.camera_catalog:get({ CATALOG }).version
end

-- Returns the version of the catalog and the rows of all types.
function M.list()
    return M.version(), box.space.camera_types:select()
end

local function note_change()
    return box.space.camera_catalog:update({ CATALOG }, { { '+', 'version', 1 } }).version
end

-- Stores a definition (JSON text) as the next version of the type, unless it is the current one. Returns the row, and
-- whether the type is new.
function M.put(name, definition, by)
    return box.atomic(function()
        local now = fiber.time()
        local old = box.space.camera_types:get({ name })
        if old ~= nil and old.definition == definition then
            return old, false
        end
        local version = old ~= nil and old.version + 1 or 1
        local created_at = old ~= nil and old.created_at or now
        local row = box.space.camera_types:replace({ name, version, definition, created_at, now })
        box.space.camera_type_versions:replace({ name, version, definition, now, by })
        note_change()
        return row, old == nil
    end)
end

-- The versions of the type below one (nil: all), newest first: a list of {version, definition, created_at, by}.
-- Raises CAMERA_TYPE_NOT_FOUND.
function M.versions(name, below, limit)
    if box.space.camera_types:get({ name }) == nil then
        errors.raise('CAMERA_TYPE_NOT_FOUND')
    end
    local key = below ~= nil and { name, below } or { name }
    local iterator = below ~= nil and 'LT' or 'REQ'
    local versions = {}
    for _, row in ipairs(box.space.camera_type_versions:select(key, { iterator = iterator, limit = limit })) do
        if row.name ~= name then
            break
        end
        table.insert(versions, { row.version, row.definition, row.created_at, row.by })
    end
    return versions
end

-- Raises CAMERA_TYPE_NOT_FOUND, CAMERA_TYPE_IN_USE.
function M.delete(name)
    box.atomic(function()
        if box.space.camera_types:get({ name }) == nil then
            errors.raise('CAMERA_TYPE_NOT_FOUND')
        elseif #box.space.cameras.index.type:select({ name }, { limit = 1 }) > 0 then
            errors.raise('CAMERA_TYPE_IN_USE')
        end
        box.space.camera_types:delete({ name })
        for _, row in ipairs(box.space.camera_type_versions:select({ name })) do
            box.space.camera_type_versions:delete({ name, row.version })
        end
        note_change()
    end)
end

-- The newest cases of a type below the number `before` (nil: all): a list of {no, case_id, record}. Yields.
function M.recent_records(name, before, limit)
    local found = {}
    local index = box.space.cases.index.type
    local key = before ~= nil and { name, before } or { name }
    for _, case in index:pairs(key, { iterator = before ~= nil and 'LT' or 'REQ' }) do
        if case.type ~= name or #found >= limit then
            break
        end
        table.insert(found, { case.no, case.case_id })
    end
    for _, each in ipairs(found) do
        local row = box.space.case_records:get({ each[1] })
        each[3] = row ~= nil and row.record or '{}'
    end
    return found
end

return M
