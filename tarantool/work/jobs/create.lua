-- svodka.jobs.create: stores jobs that are to be run.

local cleaner = require('work.jobs.cleaner')
local clock = require('work.jobs.state.clock')
local counts = require('work.jobs.state.counts')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local pieces = require('work.jobs.state.pieces')
local step = require('work.jobs.state.step')

local M = {}

-- Places in a spec (docs/engine.md).
local TASK_ID, NAME, TYPE, USER, SCRIPT, ARGS, META, PRIORITY = 1, 2, 3, 4, 5, 6, 7, 8
local MAX_ATTEMPTS, BACKOFF_S, TIMEOUT_S, MEMORY_MB, RUN_AT, KEY = 9, 10, 11, 12, 13, 14

-- The job that the spec stands for already: it was sent before, or an open job has its key.
local function find_stored(spec)
    local jobs = box.space.jobs
    local same = jobs.index.task_id:get({ spec[TASK_ID] })
    if same ~= nil then
        return same.user == spec[USER] and same or nil
    end
    if spec[KEY] ~= nil then
        local open = box.space.job_keys:get({ spec[USER], spec[KEY] })
        return open ~= nil and jobs:get({ open.id }) or nil
    end
end

-- id: nil, or the one under which the arguments are stored in pieces.
local function make_row(spec, id, now)
    local args = spec[ARGS]
    -- Also of specs made in Lua, where nil would end the row.
    local run_at = spec[RUN_AT] ~= nil and spec[RUN_AT] or box.NULL
    local key = spec[KEY] ~= nil and spec[KEY] or box.NULL
    return {
        id or box.NULL,
        spec[TASK_ID],
        spec[NAME],
        spec[TYPE],
        spec[USER],
        moves.ENQUEUED,
        spec[SCRIPT],
        id == nil and args or '',
        #args,
        setmetatable(spec[META], { __serialize = 'map' }),
        spec[PRIORITY],
        0, -- attempt
        spec[MAX_ATTEMPTS],
        spec[MAX_ATTEMPTS],
        0, -- faults
        spec[BACKOFF_S],
        spec[TIMEOUT_S],
        spec[MEMORY_MB],
        run_at,
        spec[RUN_AT] ~= nil and spec[RUN_AT] or 0,
        key,
        box.NULL, -- progress
        box.NULL, -- result
        0,
        box.NULL, -- errortext
        box.NULL, -- cause
        0, -- lease
        box.NULL, -- locked_by
        box.NULL, -- cancelled_by
        now,
        now,
        box.NULL, -- started
        0, -- ended
        0, -- log_end
        box.NULL, -- file
        false, -- has_files
    }
end

local function insert(current, spec, max_open, id)
    local stored = find_stored(spec)
    if stored ~= nil then
        return stored
    elseif box.space.jobs.index.name:get({ spec[NAME] }) ~= nil then
        return nil, 'JOB_NAME_TAKEN'
    elseif max_open ~= nil and counts.open(current.counts, spec[USER]) >= max_open then
        return nil, 'TOO_MANY_JOBS'
    end
    if id ~= nil then
        box.space.job_leftovers:delete({ id })
    end
    return moves.insert(current, make_row(spec, id, clock.wall()))
end

-- Part of a step (work.jobs.transact): inserts a job whose arguments are no longer than 2,048 bytes.
-- Returns its row, or nil and a code.
function M.insert(current, spec, max_open)
    limits.require_at_most('bytes of arguments', #spec[ARGS], limits.MAX_INLINE_BYTES)
    return insert(current, spec, max_open)
end

-- Stores long arguments in pieces, under an id that the job will have. Yields.
local function store_args(id, text)
    cleaner.spare(id)
    -- Found by a start after a crash.
    box.space.job_leftovers:insert({ id })
    pieces.write_text(id, 'args', 0, text)
end

local function insert_all(current, specs, max_open, ids)
    local outcomes = {}
    for i, spec in ipairs(specs) do
        local row, code = insert(current, spec, max_open, ids[i])
        outcomes[i] = row ~= nil and { true, row } or { false, code }
    end
    return outcomes
end

local function store_all(specs, max_open, ids)
    for i, spec in ipairs(specs) do
        if #spec[ARGS] > limits.MAX_INLINE_BYTES then
            ids[i] = box.sequence.job_id:next()
            store_args(ids[i], spec[ARGS])
        end
    end
    return step.run(insert_all, specs, max_open, ids)
end

-- specs: as docs/engine.md describes them. max_open: of one user's open jobs, or nil. Returns for each spec {true, row}
-- or {false, code}.
function M.create(specs, max_open)
    limits.require_at_most('specs', #specs, limits.MAX_SPECS)
    local ids = {}
    local ok, outcomes = pcall(store_all, specs, max_open, ids)
    for _, id in pairs(ids) do
        cleaner.spare_no_more(id)
    end
    if not ok then
        box.rollback()
        error(outcomes, 0)
    end
    return outcomes
end

return M
