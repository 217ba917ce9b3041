-- Reads what an import has in a space as of one moment, without holding the TX thread for long.

local fiber = require('fiber')
local imports = require('imports')

local M = {}

-- 1,000 tuples are read and visited in about 0.4 ms.
local PIECE = 1000
-- After so many restarts the import is read in one go: a stall is better than an answer that never comes.
local MOST_RESTARTS = 3

local OVERTAKEN = {}

-- read: function(pause) -> result. It calls pause() now and then; when the import changed meanwhile, it is begun anew.
-- Returns the result of the last start, and the version of the import that it is of. Raises IMPORT_NOT_FOUND.
function M.of_one_state(import_id, read)
    for attempt = 0, MOST_RESTARTS do
        local version = imports.published(import_id).version
        local ok, result = pcall(read, function()
            if attempt < MOST_RESTARTS then
                fiber.sleep(0)
                if imports.published(import_id).version ~= version then
                    error(OVERTAKEN, 0)
                end
            end
        end)
        if ok then
            return result, version
        elseif result ~= OVERTAKEN then
            error(result, 0)
        end
    end
end

-- Calls visit(tuple) for each of the import's tuples in order of the primary index, whose first part is the import's
-- id. pause: as of_one_state gives it.
function M.rows(space, import_id, pause, visit)
    local rows = space:select({ import_id }, { limit = PIECE })
    while #rows > 0 do
        for i = 1, #rows do
            -- GT on a whole key runs on into the next import.
            if rows[i].import_id ~= import_id then
                return
            end
            visit(rows[i])
        end
        if #rows < PIECE then
            return
        end
        pause()
        local last = {}
        for i, part in ipairs(space.index[0].parts) do
            last[i] = rows[#rows][part.fieldno]
        end
        rows = space:select(last, { iterator = 'GT', limit = PIECE })
    end
end

return M
