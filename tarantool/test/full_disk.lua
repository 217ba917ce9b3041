-- Simulates a full disk: files can no longer grow.

local ffi = require('ffi')

ffi.cdef([[
    struct svodka_rlimit { unsigned long current, most; };
    int getrlimit(int resource, struct svodka_rlimit *limit);
    int setrlimit(int resource, const struct svodka_rlimit *limit);
    void *signal(int number, void *handler);
]])
local LONGEST_FILE = 1
local FILE_TOO_LONG = 25
local IGNORE = ffi.cast('void *', 1)

local M = {}

-- Calls run() while the log cannot be written. Returns the results of pcall(run).
function M.with_full_disk(run)
    local limit = ffi.new('struct svodka_rlimit')
    ffi.C.signal(FILE_TOO_LONG, IGNORE)
    ffi.C.getrlimit(LONGEST_FILE, limit)
    local before = limit.current
    limit.current = 0
    ffi.C.setrlimit(LONGEST_FILE, limit)
    local results = { pcall(run) }
    limit.current = before
    ffi.C.setrlimit(LONGEST_FILE, limit)
    return unpack(results, 1, table.maxn(results))
end

return M
