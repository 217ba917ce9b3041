-- The codes that procedures answer. app/db/errors.ts maps each to what the client of the API sees;
-- a test compares the two lists with docs/errors.md.

local M = {}

M.CODES = {
    IMPORT_NOT_FOUND = 'no published import has this id',
    IMPORT_CHANGED = 'the import was changed between two pages of one read',
    IMPORT_NOT_STAGED = 'no import with this id is being staged by this session',
    IMPORT_INCOMPLETE = 'fewer or more citizens were staged than the import was said to have',
    CITIZEN_NOT_FOUND = 'no citizen has this id in this import',
    RELATIVES_NOT_FOUND = 'details: {count, positions}: places in the list sent that name no citizen of the import',
    OUT_OF_MEMORY = 'memtx has no room; nothing was stored',
    WAL_FAILED = 'the write-ahead log could not be written; nothing was stored',
    INTERNAL = 'a fault of the program; details: {message}, for the log only',
}

-- Raises {code, details}. What was done in the current transaction is rolled back by whoever began it.
function M.raise(code, details)
    if M.CODES[code] == nil then
        error('unknown error code ' .. tostring(code))
    end
    error({ code = code, details = details }, 0)
end

local CODE_BY_BOX_ERROR = {
    [box.error.MEMORY_ISSUE] = 'OUT_OF_MEMORY',
    [box.error.WAL_IO] = 'WAL_FAILED',
}
-- Errors that are no ClientError have no code, only a type: so memtx says that it is full.
local CODE_BY_BOX_TYPE = {
    OutOfMemory = 'OUT_OF_MEMORY',
}

-- Anything caught by pcall -> code, details.
function M.classify(reason)
    if type(reason) == 'table' and M.CODES[reason.code] ~= nil then
        return reason.code, reason.details
    end
    if type(reason) == 'cdata' then
        local code = CODE_BY_BOX_ERROR[reason.code] or CODE_BY_BOX_TYPE[reason.type]
        if code ~= nil then
            return code
        end
    end
    return 'INTERNAL', { message = tostring(reason) }
end

return M
