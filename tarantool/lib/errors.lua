-- The error codes of procedures. The error table of app/errors maps each to what clients of the API get; a test
-- compares the lists with docs/errors.md.

local ffi = require('ffi')
local disk = require('lib.disk')

local M = {}

M.CODES = {
    IMPORT_NOT_FOUND = 'no published import has this id',
    IMPORT_CHANGED = 'the import was changed between two pages of a read',
    IMPORT_NOT_STAGED = 'no import with this id is being staged by this session',
    IMPORT_INCOMPLETE = 'the number of staged citizens differs from the announced one',
    KEY_IN_USE = 'a running request has claimed this key',
    KEY_NOT_CLAIMED = 'this session has not claimed the key that it stores an import with',
    CITIZEN_NOT_FOUND = 'no citizen has this id in this import',
    PRECONDITION_FAILED = 'neither the import nor the citizen has an expected version; nothing was changed',
    RELATIVES_NOT_FOUND = 'details: {count, positions}: places in the list of ids that are not citizens of the import',
    RECOUNT_RUNNING = 'another recount is running',
    JOB_NOT_FOUND = 'no job has this id',
    JOB_NAME_TAKEN = 'another job has this name',
    JOB_ENDED = 'the job has ended',
    JOB_OPEN = 'the job has not ended',
    JOB_KEY_IN_USE = 'another open job of the user has the same key',
    TOO_MANY_JOBS = 'the user has the maximum number of open jobs',
    WORKFLOW_NOT_FOUND = 'details: {what}: `project`, `workflow` or `task`: nothing has this name',
    WORKFLOW_AMBIGUOUS = 'details: {projects}: several projects have a workflow of this name',
    WORKFLOW_RUNNING = 'the workflow is running; nothing was changed',
    WORKFLOW_NOT_RUNNING = 'the workflow is not running',
    WORKFLOW_CHANGED = 'the tree of the workflow was changed between two pages of a read',
    WORKFLOW_FAULTS = 'details: {faults}: what a document of workflows asks for and cannot have; nothing was changed',
    TASK_NOT_RUNNING = 'the task of the workflow does not run; nothing was changed',
    USERNAME_TAKEN = 'a user has or had this name',
    USER_NOT_FOUND = 'no user has this name or id',
    LAST_ADMIN = 'there would be no administrator left; nothing was changed',
    TOKEN_NOT_FOUND = 'the user has no token with this id',
    TOO_MANY_TOKENS = 'the user has the maximum number of named tokens',
    PASSWORD_CHANGED = 'the password was changed after it was compared; nothing was changed',
    TOO_MANY_TRIES = 'details: {retry_after_s}: the maximum number of attempts in five minutes was reached',
    ALARM_NOT_FOUND = 'no alarm has this id',
    LEASE_LOST = 'the job is not, or no longer, running under this lease; nothing was stored',
    CAMERA_TYPE_NOT_FOUND = 'no camera type has this name',
    CAMERA_TYPE_IN_USE = 'cameras have this type; nothing was changed',
    CAMERA_NOT_FOUND = 'no camera has this id',
    CAMERA_HAS_CASES = 'the camera has cases; nothing was changed',
    CASE_NOT_FOUND = 'no case has this id',
    PHOTO_NOT_STAGED = 'this session has begun no photo under this number; nothing was stored',
    NO_CASE_LEFT = 'there is no open case for this specialist',
    NO_CASE_HELD = 'the specialist has no case, or had it for too long',
    OWNER_NOT_FOUND = 'no car owner has this number',
    TUPLE_TOO_LARGE = 'one record is over memtx_max_tuple_size; nothing was stored',
    OUT_OF_MEMORY = 'memtx is out of memory; nothing was stored',
    WAL_FAILED = 'the write-ahead log could not be written; nothing was stored',
    DISK_FULL = 'the disk is full; nothing was stored',
    READ_ONLY = 'this instance is not, or no longer, the primary; nothing was stored',
    SHARD_AWAY = 'the storage with this import cannot be reached, or the import is being moved; nothing was stored',
    OUTCOME_UNKNOWN = 'a router passed a write on, and the storage did not answer',
    INTERNAL = 'an internal error; details: {message}, for the log only',
}

-- Set while a primary that has started on a full disk may not write, until its log has taken the first writes of a
-- start.
M.awaits_room = false

-- Raises {code, details}. Whoever began the current transaction rolls it back.
function M.raise(code, details)
    if M.CODES[code] == nil then
        error('unknown error code ' .. tostring(code))
    end
    error({ code = code, details = details }, 0)
end

-- By type where possible: an OutOfMemory has no code in Tarantool 2.6.
local CODE_BY_BOX_TYPE = { OutOfMemory = 'OUT_OF_MEMORY' }
local CODE_BY_BOX_CODE = {
    [box.error.WAL_IO] = 'WAL_FAILED',
    [box.error.READONLY] = 'READ_ONLY',
    -- Vinyl's memory is exhausted and the disk cannot keep up.
    [box.error.VY_QUOTA_TIMEOUT] = 'OUT_OF_MEMORY',
    [box.error.MEMTX_MAX_TUPLE_SIZE] = 'TUPLE_TOO_LARGE',
}

-- Converts an error caught by pcall -> code, details.
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
