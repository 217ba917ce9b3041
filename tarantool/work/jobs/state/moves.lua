-- How a job goes from one state to another (docs/engine.md). Each function is a part of a step and returns the new row.

local changes = require('work.jobs.state.changes')
local clock = require('work.jobs.state.clock')
local counts = require('work.jobs.state.counts')
local ends = require('work.jobs.state.ends')
local holders = require('work.jobs.state.holders')
local limits = require('work.jobs.state.limits')
local queue = require('work.jobs.state.queue')
local step = require('work.jobs.state.step')
local wakeups = require('work.jobs.state.wakeups')

local M = {}

M.ENQUEUED = 'enqueued'
M.WORKING = 'working'
M.FINISHED = 'finished'
M.FAILED = 'failed'
M.CANCELLED = 'cancelled'

-- Who did it, when nobody did.
M.ENGINE = 'engine'

local LOST = '{"kind":"lost"}'
-- Caps the wait of a back-off (the specification).
local MAX_BACKOFF_SECONDS = 3600

function M.is_open(row)
    return row.status == M.ENQUEUED or row.status == M.WORKING
end

-- Times of a job never decrease, even when the clock of the wall is set back.
local function now_for(row)
    return math.max(clock.wall(), row.updated)
end

local function note(current, row, cause, by)
    box.space.job_history:insert({ box.NULL, row.id, row.status, row.updated, row.attempt, cause or box.NULL, by })
    step.changed(current, row.id, changes.STATUS)
end

-- row: the old one. operations: of its update, beside status and updated. cause: JSON text or nil.
local function move(current, row, change)
    local operations = change.operations
    table.insert(operations, { '=', 'status', change.status })
    table.insert(operations, { '=', 'updated', change.now })
    local new = box.space.jobs:update({ row.id }, operations)
    counts.add(current.counts, row.user, row.type, row.status, -1)
    counts.add(current.counts, row.user, row.type, change.status, 1)
    note(current, new, change.cause, change.by)
    return new
end

local function free_key(row)
    if row.key ~= nil then
        box.space.job_keys:delete({ row.user, row.key })
    end
end

-- tuple: a whole row. Its name, task_id and key must be free.
function M.insert(current, tuple)
    local row = box.space.jobs:insert(tuple)
    counts.add(current.counts, row.user, row.type, M.ENQUEUED, 1)
    if row.key ~= nil then
        box.space.job_keys:insert({ row.user, row.key, row.id })
    end
    note(current, row, nil, row.user)
    queue.put(current, row, row.updated)
    return row
end

function M.take(current, row, executor_name)
    queue.remove(row)
    local now = now_for(row)
    local new = move(current, row, {
        status = M.WORKING,
        now = now,
        by = executor_name,
        operations = {
            { '+', 'attempt', 1 },
            { '+', 'lease', 1 },
            { '=', 'locked_by', executor_name },
            { '=', 'started', now },
            { '=', 'progress', box.NULL },
        },
    })
    holders.hold(current, new, executor_name)
    return new
end

-- outcome: {status, by, cause, operations}, the last two may be nil.
local function finish(current, row, outcome)
    local now = now_for(row)
    local operations = outcome.operations or {}
    table.insert(operations, { '=', 'ended', now })
    table.insert(operations, { '=', 'locked_by', box.NULL })
    local new = move(current, row, {
        status = outcome.status,
        now = now,
        by = outcome.by,
        cause = outcome.cause,
        operations = operations,
    })
    free_key(new)
    ends.note(current, outcome.status)
    wakeups.expect_wall(now + limits.keep_s)
    return new
end

local function enqueue(current, row, again)
    local now = now_for(row)
    local operations = again.operations or {}
    local ready_at = again.wait_s ~= nil and now + again.wait_s or 0
    table.insert(operations, { '=', 'ready_at', ready_at })
    table.insert(operations, { '=', 'locked_by', box.NULL })
    local new = move(current, row, {
        status = M.ENQUEUED,
        now = now,
        by = again.by,
        cause = again.cause,
        operations = operations,
    })
    queue.put(current, new, now)
    return new
end

-- The outcome that a working job has when its end was asked for, whatever its executor says.
local function end_cancelled(current, row)
    return finish(current, row, { status = M.CANCELLED, by = row.cancelled_by })
end

-- body: {result, result_bytes, progress, file}, each but the first two may be nil.
function M.finish(current, row, body)
    holders.release(current, row.id)
    if row.cancelled_by ~= nil then
        return end_cancelled(current, row)
    end
    local operations = { { '=', 'result', body.result }, { '=', 'result_bytes', body.result_bytes } }
    if body.progress ~= nil then
        table.insert(operations, { '=', 'progress', body.progress })
    end
    if body.file ~= nil then
        table.insert(operations, { '=', 'file', body.file })
    end
    return finish(current, row, { status = M.FINISHED, by = row.locked_by, operations = operations })
end

-- body: {errortext, cause, progress}; the last one may be nil.
function M.fail(current, row, body)
    holders.release(current, row.id)
    if row.cancelled_by ~= nil then
        return end_cancelled(current, row)
    end
    local operations = { { '+', 'faults', 1 } }
    if body.progress ~= nil then
        table.insert(operations, { '=', 'progress', body.progress })
    end
    if row.attempt < row.last_attempt then
        -- 2 ^ 1024 is infinite, and the cap holds for that too.
        local wait_s = math.min(MAX_BACKOFF_SECONDS, row.backoff_s * 2 ^ row.faults)
        return enqueue(
            current,
            row,
            { by = row.locked_by, cause = body.cause, wait_s = wait_s, operations = operations }
        )
    end
    table.insert(operations, { '=', 'errortext', body.errortext })
    table.insert(operations, { '=', 'cause', body.cause })
    return finish(current, row, { status = M.FAILED, by = row.locked_by, cause = body.cause, operations = operations })
end

-- The executor did not renew the lease in time.
function M.lapse(current, row)
    holders.release(current, row.id)
    if row.cancelled_by ~= nil then
        return end_cancelled(current, row)
    end
    if row.attempt < row.last_attempt then
        return enqueue(current, row, { by = M.ENGINE, cause = LOST })
    end
    local operations = {
        { '=', 'errortext', 'The executor ' .. row.locked_by .. ' stopped renewing its lease.' },
        { '=', 'cause', LOST },
    }
    return finish(current, row, { status = M.FAILED, by = M.ENGINE, cause = LOST, operations = operations })
end

-- The executor gives it back: this attempt does not count.
function M.stop(current, row)
    holders.release(current, row.id)
    if row.cancelled_by ~= nil then
        return end_cancelled(current, row)
    end
    return enqueue(current, row, { by = row.locked_by, operations = { { '-', 'attempt', 1 } } })
end

-- Of an open job: ends it, or marks it when it is working. The order to the executor is sent with the commit's success.
function M.cancel(current, row, by)
    if row.status == M.ENQUEUED then
        queue.remove(row)
        return finish(current, row, { status = M.CANCELLED, by = by, operations = { { '=', 'cancelled_by', by } } })
    end
    if row.cancelled_by ~= nil then
        return row
    end
    local new = box.space.jobs:update({ row.id }, { { '=', 'cancelled_by', by }, { '=', 'updated', now_for(row) } })
    table.insert(current.done, function()
        holders.order(row.id, holders.CANCEL)
    end)
    return new
end

-- Of a job that has ended, whose key must be free.
function M.retry(current, row, by)
    local new = enqueue(current, row, {
        by = by,
        operations = {
            { '=', 'last_attempt', row.attempt + row.max_attempts },
            { '=', 'faults', 0 },
            { '=', 'progress', box.NULL },
            { '=', 'result', box.NULL },
            { '=', 'result_bytes', 0 },
            { '=', 'errortext', box.NULL },
            { '=', 'cause', box.NULL },
            { '=', 'cancelled_by', box.NULL },
            { '=', 'started', box.NULL },
            { '=', 'ended', 0 },
            { '=', 'file', box.NULL },
        },
    })
    if new.key ~= nil then
        box.space.job_keys:insert({ new.user, new.key, new.id })
    end
    return new
end

return M
