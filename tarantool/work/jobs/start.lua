-- Begins the engine's work: what is kept in memory is made anew from the rows, and the fibers start. On a primary only.

local log = require('log')
local cleaner = require('work.jobs.cleaner')
local clock = require('work.jobs.state.clock')
local holders = require('work.jobs.state.holders')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')
local queue = require('work.jobs.state.queue')
local step = require('work.jobs.state.step')
local timer = require('work.jobs.timer')

local M = {}

local TEMPORARY = { 'job_ready', 'job_waiting', 'job_keys' }
local is_listening = false

-- An instance that was the primary before has old rows in them.
local function clear_temporary()
    for _, name in ipairs(TEMPORARY) do
        local space = box.space[name]
        local parts = space.index.pk.parts
        for _, row in ipairs(space:select()) do
            local key = {}
            for i, part in ipairs(parts) do
                key[i] = row[part.fieldno]
            end
            space:delete(key)
        end
    end
end

local function read_open(current)
    local jobs = box.space.jobs
    local now = clock.wall()
    for _, status in ipairs({ moves.ENQUEUED, moves.WORKING }) do
        for _, row in jobs.index.status:pairs({ status }) do
            if row.key ~= nil then
                box.space.job_keys:replace({ row.user, row.key, row.id })
            end
            if status == moves.ENQUEUED then
                queue.put(current, row, now)
            else
                -- Its executor could not renew while the database was away.
                holders.hold(nil, row, row.locked_by)
            end
        end
    end
end

-- Vinyl takes no writes without a log.
local function warn_of_mode()
    if box.cfg.wal_mode == 'none' and box.space.job_pieces.engine == 'vinyl' then
        log.warn('SVODKA_WAL_MODE is none: logs, files and long values of jobs cannot be stored in these data')
    end
end

-- settings: {task_keep_s}.
function M.start(settings)
    limits.keep_s = settings.task_keep_s or limits.keep_s
    holders.clear()
    clear_temporary()
    step.run(read_open)
    if not is_listening then
        is_listening = true
        box.session.on_disconnect(function()
            holders.end_session(box.session.id())
        end)
    end
    warn_of_mode()
    timer.start()
    cleaner.start()
end

return M
