-- Removes, in a fiber of its own, what deleted workflows leave and what is older than tasks are kept.

local fiber = require('fiber')
local background = require('lib.background')
local clock = require('work.jobs.state.clock')
local limits = require('work.jobs.state.limits')

local M = {}

local RETRY_SECONDS = 5
-- Rows of one transaction: about 2 ms of the TX thread.
local PIECE = 300
-- The oldest rows go first beyond that, since they are kept in memory: about 70 MB.
M.MAX_HISTORY = 500000
-- How many more there may be before the sweeper is woken for them.
local SURPLUS = 1000
-- Old rows are looked for that often.
local MAX_SLEEP_SECONDS = 600

-- Tasks are staged so quickly that those of a client that has gone need not wait longer.
local SPARED_SECONDS = 60

local cond = fiber.cond()
-- id of a workflow whose tasks are being staged -> until when its rows stay, on the steady clock.
local spared = {}

function M.wake()
    cond:broadcast()
end

-- Call after changes that wrote history. O(1).
function M.note_history()
    if box.space.workflow_history:len() > M.MAX_HISTORY + SURPLUS then
        cond:broadcast()
    end
end

-- The rows of this workflow stay for another minute, although it is not there.
function M.spare(workflow_id)
    spared[workflow_id] = clock.steady() + SPARED_SECONDS
end

function M.is_spared(workflow_id)
    return spared[workflow_id] ~= nil and spared[workflow_id] > clock.steady()
end

function M.spare_no_more(workflow_id)
    spared[workflow_id] = nil
    cond:broadcast()
end

local function next_leftover()
    for _, row in box.space.workflow_leftovers:pairs() do
        if not M.is_spared(row.workflow_id) then
            spared[row.workflow_id] = nil
            return row.workflow_id
        end
    end
end

-- How long nothing is to be done, unless it is woken.
local function pause_seconds()
    return next(spared) ~= nil and SPARED_SECONDS or MAX_SLEEP_SECONDS
end

-- Deletes rows of the workflow from a space, a piece at most. index: whose key begins with the workflow's id.
local function remove_rows(space, index, workflow_id)
    local rows = index:select({ workflow_id }, { limit = PIECE })
    local parts = space.index.pk.parts
    for _, row in ipairs(rows) do
        local key = {}
        for i, part in ipairs(parts) do
            key[i] = row[part.fieldno]
        end
        space:delete(key)
    end
    return #rows
end

local function remove_some_of(workflow_id)
    local spaces = box.space
    local removed = remove_rows(spaces.workflow_tasks, spaces.workflow_tasks.index.pk, workflow_id)
        + remove_rows(spaces.workflow_states, spaces.workflow_states.index.pk, workflow_id)
        + remove_rows(spaces.workflow_history, spaces.workflow_history.index.workflow, workflow_id)
        + remove_rows(spaces.workflow_runs, spaces.workflow_runs.index.workflow, workflow_id)
    if removed == 0 then
        spaces.workflow_leftovers:delete({ workflow_id })
    end
end

-- Removes the oldest rows of history that are kept no longer. Returns how many.
local function remove_old_history(before)
    local history = box.space.workflow_history
    local surplus = history:len() - M.MAX_HISTORY
    local removed = 0
    for _, row in ipairs(history:select({}, { limit = PIECE })) do
        if row.at >= before and removed >= surplus then
            break
        end
        history:delete({ row.id })
        removed = removed + 1
    end
    return removed
end

-- The same of runs that have ended; one that goes on may be older than any other.
local function remove_old_runs(before)
    local runs = box.space.workflow_runs
    local old = {}
    for _, row in runs:pairs() do
        if row.started >= before or #old >= PIECE then
            break
        elseif row.ended ~= nil and row.ended < before then
            table.insert(old, row.run_id)
        end
    end
    for _, run_id in ipairs(old) do
        runs:delete({ run_id })
    end
    return #old
end

local function remove_old()
    local before = clock.wall() - limits.keep_s
    return remove_old_history(before) + remove_old_runs(before)
end

-- Removes a piece of what is to be removed. Returns whether there was any.
local function sweep_some()
    local leftover = next_leftover()
    if leftover ~= nil then
        box.atomic(remove_some_of, leftover)
        return true
    end
    return box.atomic(remove_old) > 0
end

local function sweep_or_wait()
    if sweep_some() then
        fiber.yield()
    else
        cond:wait(pause_seconds())
    end
end

local begin = background.restartable(
    { name = 'workflow_sweeper', what = 'removing rows of workflows', retry_seconds = RETRY_SECONDS },
    sweep_or_wait
)

-- Ends the fiber of an earlier start.
function M.start()
    spared = {}
    cond:broadcast()
    begin()
end

return M
