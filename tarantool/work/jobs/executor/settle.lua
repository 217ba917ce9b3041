-- svodka.jobs.settle: an executor says how its jobs ended, and gets the next ones.

local cleaner = require('work.jobs.cleaner')
local clock = require('work.jobs.state.clock')
local holders = require('work.jobs.state.holders')
local lease = require('work.jobs.lease')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local pieces = require('work.jobs.state.pieces')
local step = require('work.jobs.state.step')
local take = require('work.jobs.executor.take')

local M = {}

local OK = 'ok'
local LOST = 'lost'

-- Places in an outcome (docs/engine.md).
local ID, LEASE, KIND, BODY = 1, 2, 3, 4

local function with_lease(file, lease_number)
    if file ~= nil then
        return { lease_number, file[1], file[2], file[3] }
    end
end

local function body_of(outcome)
    return outcome[BODY] ~= nil and outcome[BODY] or {}
end

local ENDINGS = {
    finish = function(current, row, body)
        local result = body.result ~= nil and body.result or 'null'
        moves.finish(current, row, {
            result = #result <= limits.MAX_INLINE_BYTES and result or '',
            result_bytes = #result,
            progress = body.progress,
            file = with_lease(body.file, row.lease),
        })
    end,
    fail = function(current, row, body)
        moves.fail(current, row, {
            errortext = body.errortext or box.NULL,
            cause = body.cause or box.NULL,
            progress = body.progress,
        })
    end,
    stop = moves.stop,
}

local function settle_one(current, outcome)
    local row = lease.find(outcome[ID], outcome[LEASE])
    if row == nil then
        return LOST
    end
    ENDINGS[outcome[KIND]](current, row, body_of(outcome))
    return OK
end

local function settle_all(current, outcomes, executor)
    local verdicts = {}
    for i, outcome in ipairs(outcomes) do
        verdicts[i] = settle_one(current, outcome)
    end
    return verdicts, executor ~= nil and take.fill(current, executor) or {}
end

local function is_long(outcome)
    local result = outcome[KIND] == 'finish' and body_of(outcome).result or nil
    return result ~= nil and #result > limits.MAX_INLINE_BYTES
end

-- Stores long results in pieces, before the rows that name them. Yields.
local function store_results(outcomes)
    for _, outcome in ipairs(outcomes) do
        if is_long(outcome) and lease.find(outcome[ID], outcome[LEASE]) ~= nil then
            pieces.write_text(outcome[ID], 'result', outcome[LEASE], outcome[BODY].result)
        end
    end
end

local function remove_refused(outcomes, verdicts)
    for i, outcome in ipairs(outcomes) do
        if is_long(outcome) and verdicts[i] == LOST then
            local row = box.space.jobs:get({ outcome[ID] })
            -- Sent again after it was stored: the pieces are in use.
            if row == nil or row.lease ~= outcome[LEASE] or row.status ~= moves.FINISHED then
                cleaner.remove_later({ outcome[ID], 'result', outcome[LEASE] })
            end
        end
    end
end

-- outcomes: as docs/engine.md describes them. capacity: nil, or as poll takes it.
-- Returns the steady clock, a verdict for each outcome ('ok', 'lost'), and a list of rows taken.
-- O((outcomes + taken) * log n). Raises READ_ONLY, OUT_OF_MEMORY, WAL_FAILED; then nothing is stored.
function M.settle(executor_name, outcomes, capacity)
    take.require_primary()
    limits.require_at_most('outcomes', #outcomes, limits.MAX_OUTCOMES)
    local executor
    if capacity ~= nil then
        executor = holders.executor(executor_name)
        executor.capacity = capacity
    end
    store_results(outcomes)
    local now = clock.steady()
    local verdicts, taken = step.run(settle_all, outcomes, executor)
    remove_refused(outcomes, verdicts)
    taken = take.keep_if_heard(taken)
    return now, verdicts, taken
end

return M
