-- Reads all citizens of an import as of one moment, without holding the TX thread for long.

local fiber = require('fiber')
local imports = require('imports')

local M = {}

-- 1,000 tuples are read and visited in about 0.4 ms.
local PIECE = 1000
-- After so many restarts the import is read in one go: a stall is better than an answer that never comes.
local MOST_RESTARTS = 3

local function visit_pieces(import_id, version, may_yield, visit)
    local space = box.space.citizens
    local rows = space:select({ import_id }, { limit = PIECE })
    while #rows > 0 do
        local last
        for i = 1, #rows do
            local row = rows[i]
            if row.import_id ~= import_id then
                return true
            end
            visit(row)
            last = row.citizen_id
        end
        if #rows < PIECE then
            return true
        end
        if may_yield then
            fiber.sleep(0)
            if imports.published(import_id).version ~= version then
                return false
            end
        end
        rows = space:select({ import_id, last }, { iterator = 'GT', limit = PIECE })
    end
    return true
end

-- start: function() -> visit, result. `visit(tuple)` is called once for each citizen, in order of citizen_id;
-- when the import changes midway, all begins again with a new `start()`. Returns the result of the last start, and the
-- version of the import that it is of.
-- Raises IMPORT_NOT_FOUND.
function M.citizens(import_id, start)
    for attempt = 0, MOST_RESTARTS do
        local version = imports.published(import_id).version
        local visit, result = start()
        if visit_pieces(import_id, version, attempt < MOST_RESTARTS, visit) then
            return result, version
        end
    end
end

return M
