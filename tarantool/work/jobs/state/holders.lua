-- Who works on what, in memory: executors, their places, the jobs they hold under leases, and the polls that wait.
-- The rows of the jobs are the truth; this is what can be made from them, and when leases end.

local fiber = require('fiber')
local clock = require('work.jobs.state.clock')
local wakeups = require('work.jobs.state.wakeups')

local M = {}

local MAP = { __serialize = 'map' }

M.LEASE_SECONDS = 10

-- Longer than any poll: who is idle for so long has gone.
local FORGET_AFTER_SECONDS = 600

M.CANCEL = 'cancel'
M.NUDGE = 'nudge'

-- name -> {name, capacity = {[type] = n}, held = {[type] = n}, hold_count, waiter, orders = {...}, seen_at}
local executors = {}
-- job id -> {executor = name, lease, type, deadline, is_cancelled}
local holds = {}
-- Polls that wait, the one that has waited longest first: {executor, cond, session_id, promised, is_over}.
-- promised: {[type] = jobs that it was woken for and has not looked at yet}.
local waiters = {}

function M.clear()
    executors = {}
    holds = {}
    waiters = {}
end

-- Drops executors that neither hold nor wait and have said nothing for long.
local function forget_idle()
    local since = clock.steady() - FORGET_AFTER_SECONDS
    for name, executor in pairs(executors) do
        if executor.hold_count == 0 and executor.waiter == nil and executor.seen_at < since then
            executors[name] = nil
        end
    end
end

-- The executor of this name, known from now on.
function M.executor(name)
    local executor = executors[name]
    if executor == nil then
        forget_idle()
        executor = {
            name = name,
            capacity = setmetatable({}, MAP),
            held = setmetatable({}, MAP),
            hold_count = 0,
            orders = {},
        }
        executors[name] = executor
    end
    executor.seen_at = clock.steady()
    return executor
end

local function put(id, hold)
    local executor = executors[hold.executor] or M.executor(hold.executor)
    holds[id] = hold
    executor.held[hold.type] = (executor.held[hold.type] or 0) + 1
    executor.hold_count = executor.hold_count + 1
end

local function take_away(id)
    local hold = holds[id]
    holds[id] = nil
    local executor = executors[hold.executor]
    executor.held[hold.type] = executor.held[hold.type] - 1
    executor.hold_count = executor.hold_count - 1
    return executor
end

-- Notes that the executor holds the job from now on. Part of a step.
function M.hold(step, row, executor_name)
    local id = row.id
    local hold = {
        executor = executor_name,
        lease = row.lease,
        type = row.type,
        deadline = clock.steady() + M.LEASE_SECONDS,
        is_cancelled = row.cancelled_by ~= nil,
    }
    put(id, hold)
    wakeups.expect(hold.deadline)
    if step ~= nil then
        table.insert(step.undo, function()
            take_away(id)
        end)
    end
end

-- Notes that nobody holds the job any more. Part of a step. The executor has a place more: its poll that waits is
-- woken when there is something for it.
function M.release(step, id)
    local hold = holds[id]
    if hold == nil then
        return
    end
    local executor = take_away(id)
    table.insert(step.undo, function()
        put(id, hold)
    end)
    if executor.waiter ~= nil and box.space.job_ready.index.pk:min({ hold.type }) ~= nil then
        M.wake_waiter(executor.waiter)
    end
end

-- The hold of this job under this lease by this executor, or nil.
function M.find(id, lease, executor_name)
    local hold = holds[id]
    if hold ~= nil and hold.lease == lease and hold.executor == executor_name then
        return hold
    end
end

-- Ids of jobs whose lease has ended, `limit` at most, and when the next one ends (nil: none). O(held jobs).
function M.lapsed(limit)
    local now = clock.steady()
    local ids = {}
    local next_deadline
    for id, hold in pairs(holds) do
        if hold.deadline <= now and #ids < limit then
            table.insert(ids, id)
        elseif next_deadline == nil or hold.deadline < next_deadline then
            next_deadline = hold.deadline
        end
    end
    return ids, next_deadline
end

-- The lease ends another time later.
function M.renew(hold)
    hold.deadline = clock.steady() + M.LEASE_SECONDS
end

-- Free places of the executor for jobs of this type.
function M.free_places(executor, kind)
    return math.max(0, (executor.capacity[kind] or 0) - (executor.held[kind] or 0))
end

-- Sends an order about a held job to its executor. Without effect when nobody holds it.
function M.order(id, what)
    local hold = holds[id]
    if hold == nil then
        return
    end
    if what == M.CANCEL then
        hold.is_cancelled = true
    end
    local executor = executors[hold.executor]
    table.insert(executor.orders, { id, hold.lease, what })
    if executor.waiter ~= nil then
        M.wake_waiter(executor.waiter)
    end
end

function M.take_orders(executor)
    local orders = executor.orders
    executor.orders = {}
    return orders
end

function M.wake_waiter(waiter)
    waiter.cond:signal()
end

-- Wakes polls that have waited longest, enough of them to take `count` jobs of this type. O(waiting executors).
function M.wake(kind, count)
    for _, waiter in ipairs(waiters) do
        if count <= 0 then
            return
        end
        local promised = waiter.promised[kind] or 0
        local places = waiter.is_over and 0 or M.free_places(waiter.executor, kind) - promised
        if places > 0 then
            waiter.promised[kind] = promised + math.min(places, count)
            M.wake_waiter(waiter)
            count = count - places
        end
    end
end

-- Begins to wait: this poll replaces an earlier one of the same executor, which ends. Returns the waiter.
function M.enqueue(executor)
    local earlier = executor.waiter
    local waiter = { executor = executor, cond = fiber.cond(), session_id = box.session.id(), promised = {} }
    if earlier ~= nil then
        M.end_waiter(earlier)
    end
    executor.waiter = waiter
    table.insert(waiters, waiter)
    return waiter
end

-- Lets a waiting poll end without an answer.
function M.end_waiter(waiter)
    waiter.is_over = true
    waiter.cond:signal()
end

-- The executor of this job has let its lease lapse: it may be frozen, and what its poll took would lapse as well. One
-- that is alive polls again.
function M.end_poll_of_holder(id)
    local executor = executors[holds[id].executor]
    if executor.waiter ~= nil then
        M.end_waiter(executor.waiter)
    end
end

-- The poll looks for jobs itself now: it needs no promise.
function M.looks(waiter)
    waiter.promised = {}
end

-- The poll waits no more. What it was woken for and will not look at, others are woken for.
function M.dequeue(waiter)
    for i, other in ipairs(waiters) do
        if other == waiter then
            table.remove(waiters, i)
            break
        end
    end
    local executor = waiter.executor
    if executor.waiter == waiter then
        executor.waiter = nil
    end
    if waiter.is_over then
        for kind, count in pairs(waiter.promised) do
            M.wake(kind, count)
        end
    end
end

-- The polls of a session that has ended wait no more.
function M.end_session(session_id)
    for _, waiter in ipairs(waiters) do
        if waiter.session_id == session_id then
            M.end_waiter(waiter)
        end
    end
end

-- Jobs that are held, executors that are known, and those whose polls wait. O(executors).
function M.counts()
    local held, known = 0, 0
    for _, executor in pairs(executors) do
        held = held + executor.hold_count
        known = known + 1
    end
    return held, known, #waiters
end

-- What is known of every executor: {name, is_waiting, capacity, held, seen_s_ago}.
function M.list()
    local rows = {}
    for name, executor in pairs(executors) do
        local seen_s_ago = clock.steady() - executor.seen_at
        table.insert(rows, { name, executor.waiter ~= nil, executor.capacity, executor.held, seen_s_ago })
    end
    return rows
end

return M
