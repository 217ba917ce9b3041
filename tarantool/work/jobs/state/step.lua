-- One step of the engine: one transaction without a yield, and what goes with it in memory.

local changes = require('work.jobs.state.changes')
local counts = require('work.jobs.state.counts')
local holders = require('work.jobs.state.holders')

local M = {}

-- undo, done: functions to call when it fails or is committed.
local function create()
    return { counts = counts.create_delta(), ready = {}, changed = {}, undo = {}, done = {} }
end

local function undo(step)
    for i = #step.undo, 1, -1 do
        step.undo[i]()
    end
end

local function commit(step)
    counts.apply(step.counts)
    box.commit()
end

local function finish(step, ok, ...)
    if ok then
        -- Before the commit, which waits for the log: the take of the woken fiber goes into the log right behind it,
        -- and fails with it.
        for kind, count in pairs(step.ready) do
            holders.wake(kind, count)
        end
        local committed, reason = pcall(commit, step)
        if committed then
            for _, act in ipairs(step.done) do
                act()
            end
            for id, what in pairs(step.changed) do
                changes.note(id, what)
            end
            return ...
        end
        undo(step)
        box.rollback()
        error(reason, 0)
    end
    undo(step)
    box.rollback()
    error((...), 0)
end

-- Runs work(step, ...) as one transaction; it may neither yield nor commit. Returns what it returns, after the commit.
-- step is for the functions of work/jobs/state, which note in it what belongs to the transaction.
-- Raises what work or the commit raises: then nothing is stored.
function M.run(work, ...)
    local step = create()
    box.begin()
    return finish(step, pcall(work, step, ...))
end

-- Marks a job as changed: told once the step is committed.
function M.changed(step, id, what)
    local earlier = step.changed[id]
    if earlier == nil or what == changes.REMOVED or what > earlier then
        step.changed[id] = what
    end
end

return M
