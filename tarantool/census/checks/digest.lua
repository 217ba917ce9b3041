-- svodka.checks.digest: a digest of the citizens of an import and their histories, which is the same on a single node
-- and on a storage, whose rows have a bucket beside.

local crypto = require('crypto')
local fiber = require('fiber')
local imports = require('census.imports')
local msgpack = require('msgpack')
local scan = require('lib.scan')

local M = {}

local SPACES = { 'citizens', 'citizen_history' }

-- The place of the bucket in the rows of a space; nil on a single node.
local function place_of_bucket(space)
    for place, field in ipairs(space:format()) do
        if field.name == 'bucket_id' then
            return place
        end
    end
end

-- Returns the version of the import, its number of citizens, and the SHA-256 in hexadecimal. Works in pieces of about a
-- millisecond. Raises IMPORT_NOT_FOUND, and IMPORT_CHANGED if a change is met. O(citizens + changes).
function M.digest(import_id)
    local import = imports.published(import_id)
    local sha256 = crypto.digest.sha256.new()
    local pieces = {}
    local function pause()
        sha256:update(table.concat(pieces))
        pieces = {}
        fiber.sleep(0)
        imports.version_of(import_id, import.version)
    end
    for _, name in ipairs(SPACES) do
        local space = box.space[name]
        local place = place_of_bucket(space)
        scan.rows(space, import_id, pause, function(row)
            local bare = place ~= nil and row:transform(place, 1) or row
            table.insert(pieces, msgpack.encode(bare))
        end)
        pause()
    end
    return import.version, import.citizens, sha256:result():hex()
end

return M
