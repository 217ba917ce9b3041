-- The job engine (docs/engine.md).

-- How often a job of this user, type and status is stored. Kept up by the writes.
local function create_counts()
    local counts = box.schema.space.create('job_counts', {
        format = {
            { 'user', 'string' },
            { 'type', 'string' },
            { 'status', 'string' },
            { 'count', 'integer' },
        },
    })
    counts:create_index('pk', { parts = { 'user', 'type', 'status' } })
end

-- What follows from the rows of open jobs. Temporary: not logged, made anew by each start.
local function create_queues()
    local ready = box.schema.space.create('job_ready', {
        temporary = true,
        format = {
            { 'type', 'string' },
            { 'rank', 'unsigned' }, -- 100 - priority
            { 'id', 'unsigned' },
        },
    })
    ready:create_index('pk', { parts = { 'type', 'rank', 'id' } })
    local waiting = box.schema.space.create('job_waiting', {
        temporary = true,
        format = {
            { 'ready_at', 'number' },
            { 'id', 'unsigned' },
        },
    })
    waiting:create_index('pk', { parts = { 'ready_at', 'id' } })
    local keys = box.schema.space.create('job_keys', {
        temporary = true,
        format = {
            { 'user', 'string' },
            { 'key', 'string' },
            { 'id', 'unsigned' },
        },
    })
    keys:create_index('pk', { parts = { 'user', 'key' } })
end

-- Long values: logs, files, arguments and results over the limit of a row. On disk, since they would fill the memory;
-- vinyl refuses to make a space where nothing is logged.
local function create_pieces()
    local pieces = box.schema.space.create('job_pieces', {
        engine = box.cfg.wal_mode == 'none' and 'memtx' or 'vinyl',
        format = {
            { 'job_id', 'unsigned' },
            { 'kind', 'string' }, -- args, result, file, log
            { 'lease', 'unsigned' }, -- under which it was written; 0: of no lease
            { 'place', 'unsigned' }, -- number of the piece from 0; of a log the byte at which it begins
            { 'bytes', 'string' },
        },
    })
    pieces:create_index('pk', { parts = { 'job_id', 'kind', 'lease', 'place' } })
    -- Ids of jobs whose pieces are to be removed, because the job is gone or was never stored.
    local leftovers = box.schema.space.create('job_leftovers', { format = { { 'job_id', 'unsigned' } } })
    leftovers:create_index('pk', { parts = { 'job_id' } })
end

local function up()
    box.schema.sequence.create('job_id')
    local jobs = box.schema.space.create('jobs', {
        format = {
            { 'id', 'unsigned' },
            { 'task_id', 'string' }, -- uuid
            { 'name', 'string' },
            { 'type', 'string' }, -- script, run
            { 'user', 'string' },
            { 'status', 'string' },
            { 'script', 'string' },
            { 'args', 'string' }, -- JSON text; empty when it is in job_pieces
            { 'args_bytes', 'unsigned' },
            { 'meta', 'map' }, -- {[member] = canonical JSON text}
            { 'priority', 'integer' },
            { 'attempt', 'unsigned' },
            { 'max_attempts', 'unsigned' },
            { 'last_attempt', 'unsigned' }, -- no other follows this one
            { 'faults', 'unsigned' }, -- since create or retry
            { 'backoff_s', 'number' },
            { 'timeout_s', 'number' },
            { 'memory_mb', 'number' },
            { 'run_at', 'number', is_nullable = true },
            { 'ready_at', 'number' }, -- 0: at once
            { 'key', 'string', is_nullable = true },
            { 'progress', 'string', is_nullable = true }, -- JSON text
            { 'result', 'string', is_nullable = true }, -- JSON text; empty when it is in job_pieces
            { 'result_bytes', 'unsigned' },
            { 'errortext', 'string', is_nullable = true },
            { 'cause', 'string', is_nullable = true }, -- JSON text
            { 'lease', 'unsigned' }, -- number of the last one
            { 'locked_by', 'string', is_nullable = true }, -- the executor
            { 'cancelled_by', 'string', is_nullable = true }, -- who asked for its end
            { 'created', 'number' }, -- seconds of the epoch, as all times
            { 'updated', 'number' },
            { 'started', 'number', is_nullable = true },
            { 'ended', 'number' }, -- 0 while open
            { 'log_end', 'unsigned' }, -- bytes
            { 'file', 'array', is_nullable = true }, -- {lease, pieces, bytes, content type}
            { 'has_files', 'boolean' }, -- pieces of files were stored, perhaps of another lease
        },
    })
    jobs:create_index('pk', { parts = { 'id' }, sequence = 'job_id' })
    -- Each update of a row writes to every index, and a hash is the cheapest.
    jobs:create_index('task_id', { type = 'HASH', parts = { 'task_id' } })
    jobs:create_index('name', { type = 'HASH', parts = { 'name' } })
    jobs:create_index('user', { parts = { 'user', 'id' } })
    jobs:create_index('status', { parts = { 'status', 'id' } })
    jobs:create_index('user_status', { parts = { 'user', 'status', 'id' } })
    jobs:create_index('ended', { parts = { 'ended', 'id' } })
    box.schema.sequence.create('job_history_id')
    local history = box.schema.space.create('job_history', {
        format = {
            { 'id', 'unsigned' },
            { 'job_id', 'unsigned' },
            { 'status', 'string' },
            { 'at', 'number' },
            { 'attempt', 'unsigned' },
            { 'cause', 'string', is_nullable = true }, -- JSON text
            { 'by', 'string' }, -- a user, an executor, 'engine'
        },
    })
    history:create_index('pk', { parts = { 'id' }, sequence = 'job_history_id' })
    history:create_index('job', { parts = { 'job_id', 'id' } })
    -- What outlives an attempt, for instance the state of a run.
    local payloads = box.schema.space.create('job_payloads', {
        format = {
            { 'job_id', 'unsigned' },
            { 'lease', 'unsigned' }, -- under which it was written
            { 'payload', 'string' },
        },
    })
    payloads:create_index('pk', { parts = { 'job_id' } })
    create_counts()
    create_queues()
    create_pieces()
end

return { up = up }
