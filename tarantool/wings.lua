-- The wings, and what is done with those that SVODKA_WINGS names. A wing that is off has no procedures and no fibers;
-- its spaces stay as they are.

local M = {}

M.NAMES = { 'census', 'work', 'traffic' }

-- exports: as exports.lua returns them. Returns the procedures of these wings with the common ones, by name.
function M.procedures(exports, names)
    local procedures = {}
    for name, procedure in pairs(exports.common) do
        procedures[name] = procedure
    end
    for _, wing in ipairs(names) do
        for name, procedure in pairs(exports[wing]) do
            procedures[name] = procedure
        end
    end
    return procedures
end

-- What only a primary does. settings: those of process/settings.lua.
function M.become_primary(names, settings)
    for _, wing in ipairs(names) do
        require(wing .. '.wing').become_primary(settings)
    end
end

-- What each instance does, a replica too.
function M.start(names)
    for _, wing in ipairs(names) do
        require(wing .. '.wing').start()
    end
end

return M
