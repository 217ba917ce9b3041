-- Cameras and their tokens.

local fiber = require('fiber')
local errors = require('lib.errors')
local tokens = require('users.tokens')

local M = {}

-- Of tokens of kind `camera`: no user has this id.
local NO_USER = 0

-- Returns the row of a camera, or nil.
function M.get(id)
    return box.space.cameras:get({ id })
end

-- Raises CAMERA_NOT_FOUND.
function M.require(id)
    local row = M.get(id)
    if row == nil then
        errors.raise('CAMERA_NOT_FOUND')
    end
    return row
end

local function require_type(name)
    if box.space.camera_types:get({ name }) == nil then
        errors.raise('CAMERA_TYPE_NOT_FOUND')
    end
end

local function has_cases(id)
    return box.space.case_counts:get({ 'camera', id }) ~= nil
end

-- camera: {id, latitude, longitude, type, description}. The same id again returns the row that is there. Raises
-- CAMERA_TYPE_NOT_FOUND.
function M.register(camera)
    return box.atomic(function()
        local id, latitude, longitude, type_name, description = unpack(camera)
        local stored = M.get(id)
        if stored ~= nil then
            return stored
        end
        require_type(type_name)
        return box.space.cameras:insert({ id, latitude, longitude, type_name, description, true, fiber.time() })
    end)
end

-- Rows in the order of registration. filter: {type?}; after: {created_at, id} of the last row of the page before.
function M.list(filter, after, limit)
    local index = box.space.cameras.index.created
    local key = after or {}
    if filter.type ~= nil then
        index = box.space.cameras.index.type
        key = after ~= nil and { filter.type, unpack(after) } or { filter.type }
    end
    local rows = {}
    local iterator = after ~= nil and 'GT' or filter.type ~= nil and 'EQ' or 'ALL'
    for _, row in index:pairs(key, { iterator = iterator }) do
        if #rows >= limit or filter.type ~= nil and row.type ~= filter.type then
            break
        end
        table.insert(rows, row)
    end
    return rows
end

local FIELDS = { 'latitude', 'longitude', 'type', 'description', 'enabled' }

-- changes: {[field] = value}. Returns the row. Raises CAMERA_NOT_FOUND, CAMERA_TYPE_NOT_FOUND, CAMERA_HAS_CASES for a
-- camera that would change its type.
function M.update(id, changes)
    return box.atomic(function()
        local row = M.require(id)
        if changes.type ~= nil and changes.type ~= row.type then
            require_type(changes.type)
            if has_cases(id) then
                errors.raise('CAMERA_HAS_CASES')
            end
        end
        local operations = {}
        for _, field in ipairs(FIELDS) do
            if changes[field] ~= nil then
                table.insert(operations, { '=', field, changes[field] })
            end
        end
        return #operations > 0 and box.space.cameras:update({ id }, operations) or row
    end)
end

local function end_token(row)
    if row.token_id ~= nil then
        box.space.tokens:delete({ row.token_id })
    end
end

-- Raises CAMERA_NOT_FOUND, CAMERA_HAS_CASES.
function M.delete(id)
    box.atomic(function()
        local row = M.require(id)
        if has_cases(id) then
            errors.raise('CAMERA_HAS_CASES')
        end
        end_token(row)
        box.space.cameras:delete({ id })
    end)
end

-- Gives the camera a token of this hash; the one before ends. Raises CAMERA_NOT_FOUND.
function M.set_token(id, hash)
    box.atomic(function()
        local row = M.require(id)
        end_token(row)
        local token = tokens.insert(NO_USER, hash, tokens.CAMERA, id)
        box.space.cameras:update({ id }, { { '=', 'token_id', token.id } })
    end)
end

return M
