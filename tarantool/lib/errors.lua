-- The codes that procedures answer. app/db/errors.ts maps each to what the client of the API sees;
-- a test compares the two lists with docs/errors.md.

local ffi = require('ffi')
local disk = require('lib.disk')

local M = {}

M.CODES = {
    IMPORT_NOT_FOUND = 'no published import has this id',
    IMPORT_CHANGED = 'the import was changed between two pages of one read',
    IMPORT_NOT_STAGED = 'no import with this id is being staged by this session',
    IMPORT_INCOMPLETE = 'fewer or more citizens were staged than the import was said to have',
    KEY_IN_USE = 'a request that is not over has claimed this key',
    KEY_NOT_CLAIMED = 'this session has not claimed the key that it stores an import with',
    CITIZEN_NOT_FOUND = 'no citizen has this id in this import',
    PRECONDITION_FAILED = 'neither import nor citizen is as the change was made for; nothing was changed',
    RELATIVES_NOT_FOUND = 'details: {count, positions}: places in the list sent that name no citizen of the import',
    RECOUNT_RUNNING = 'an import is being counted anew already',
    JOB_NOT_FOUND = 'no job has this id',
    JOB_NAME_TAKEN = 'another job has this name',
    JOB_ENDED = 'the job has ended',
    JOB_OPEN = 'the job has not ended',
    JOB_KEY_IN_USE = 'another open job of the user has the key of this one',
    TOO_MANY_JOBS = 'the user has as many open jobs as are allowed',
    USERNAME_TAKEN = 'a user has or had this name',
    USER_NOT_FOUND = 'no user has this name or id',
    LAST_ADMIN = 'nobody else could administer; nothing was changed',
    TOKEN_NOT_FOUND = 'the user has no token of this id',
    TOO_MANY_TOKENS = 'the user has as many named tokens as are allowed',
    PASSWORD_CHANGED = 'the password is not the one that was compared with; nothing was changed',
    TOO_MANY_TRIES = 'details: {retry_after_s}: tried as often as is allowed in five minutes',
    LEASE_LOST = 'the job is not working under this lease, or not any more; nothing was stored',
    TUPLE_TOO_LARGE = 'one record is over memtx_max_tuple_size; nothing was stored',
    OUT_OF_MEMORY = 'memtx has no room; nothing was stored',
    WAL_FAILED = 'the write-ahead log could not be written; nothing was stored',
    DISK_FULL = 'the disk has no room for the write-ahead log; nothing was stored',
    READ_ONLY = 'this instance is not the primary, or not any more; nothing was stored',
    INTERNAL = 'a fault of the program; details: {message}, for the log only',
}

-- Set while a primary has started on a full disk and may not write before its log has taken what a start writes.
M.awaits_room = false

-- Raises {code, details}. What was done in the current transaction is rolled back by whoever began it.
function M.raise(code, details)
    if M.CODES[code] == nil then
        error('unknown error code ' .. tostring(code))
    end
    error({ code = code, details = details }, 0)
end

-- By type where there is one: an OutOfMemory has no code in Tarantool 2.6.
local CODE_BY_BOX_TYPE = { OutOfMemory = 'OUT_OF_MEMORY' }
local CODE_BY_BOX_CODE = {
    [box.error.WAL_IO] = 'WAL_FAILED',
    [box.error.READONLY] = 'READ_ONLY',
    -- Vinyl's memory is full and the disk does not keep up.
    [box.error.VY_QUOTA_TIMEOUT] = 'OUT_OF_MEMORY',
    [box.error.MEMTX_MAX_TUPLE_SIZE] = 'TUPLE_TOO_LARGE',
}

-- Anything caught by pcall -> code, details.
function M.classify(reason)
    if type(reason) == 'table' and M.CODES[reason.code] ~= nil then
        return reason.code, reason.details
    end
    if ffi.istype('struct error', reason) then
        local code = CODE_BY_BOX_TYPE[reason.type] or CODE_BY_BOX_CODE[reason.code]
        if code == 'WAL_FAILED' and disk.is_full(box.cfg.wal_dir) then
            return 'DISK_FULL'
        elseif code == 'READ_ONLY' and M.awaits_room then
            return 'DISK_FULL'
        elseif code ~= nil then
            return code
        end
    end
    return 'INTERNAL', { message = tostring(reason) }
end

return M
