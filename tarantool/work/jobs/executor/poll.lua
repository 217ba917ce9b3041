-- svodka.jobs.poll: the long poll by which an executor gets jobs and orders.

local clock = require('work.jobs.state.clock')
local holders = require('work.jobs.state.holders')
local step = require('work.jobs.state.step')
local take = require('work.jobs.executor.take')

local M = {}

-- Waits until there is something for the executor or the time is over. Returns false when another poll has replaced
-- this one or its session has ended.
local function wait(executor, deadline)
    local waiter = holders.enqueue(executor)
    repeat
        waiter.cond:wait(math.max(0, deadline - clock.steady()))
        -- Woken for a job that another poll has taken meanwhile, it waits on, in its old place.
        local has_more = #executor.orders > 0 or take.has_work(executor)
        if not waiter.is_over then
            holders.looks(waiter)
        end
    until waiter.is_over or has_more or clock.steady() >= deadline
    holders.dequeue(waiter)
    return not waiter.is_over
end

-- executor_name: seen by people in locked_by. capacity: {[type] = places}, free or not.
-- Returns the steady clock, a list of orders {id, lease, what}, and a list of rows taken.
-- O(taken * log n). Raises READ_ONLY, OUT_OF_MEMORY, WAL_FAILED.
function M.poll(executor_name, capacity, timeout_s)
    take.require_primary()
    local executor = holders.executor(executor_name)
    executor.capacity = capacity
    local deadline = clock.steady() + timeout_s
    if #executor.orders == 0 and not take.has_work(executor) and not wait(executor, deadline) then
        return clock.steady(), {}, {}
    end
    take.require_primary()
    -- Before the commit, since the leases count from here.
    local now = clock.steady()
    local taken = {}
    if take.has_work(executor) then
        taken = take.keep_if_heard(step.run(take.fill, executor))
    end
    return now, holders.take_orders(executor), taken
end

return M
