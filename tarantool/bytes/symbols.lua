-- Tarantool's C functions, which the quick ways of this folder call.

local ffi = require('ffi')

local M = {}

local function look_up(names, declarations)
    ffi.cdef(declarations)
    for _, name in ipairs(names) do
        -- What is not there raises.
        assert(ffi.C[name])
    end
end

-- Whether all of these functions can be called. Another version may declare them otherwise, or not export them: whoever
-- asks has a plain way then. declarations: in C, of what Tarantool does not declare for its own Lua; nil: of none.
function M.has(names, declarations)
    return (pcall(look_up, names, declarations or ''))
end

-- For symbols.has.
M.MEMCMP = 'int memcmp(const void *left, const void *right, size_t length);'

return M
