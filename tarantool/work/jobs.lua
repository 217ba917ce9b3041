-- The job engine: what it offers to the web side, to the executor and to other rooms (docs/engine.md).

local attach = require('work.jobs.executor.attach')
local cancel = require('work.jobs.cancel')
local changes = require('work.jobs.state.changes')
local create = require('work.jobs.create')
local history = require('work.jobs.history')
local holders = require('work.jobs.state.holders')
local lease = require('work.jobs.lease')
local list = require('work.jobs.list')
local log = require('work.jobs.log')
local measure = require('work.jobs.measure')
local payload = require('work.jobs.executor.payload')
local poll = require('work.jobs.executor.poll')
local read = require('work.jobs.read')
local renew = require('work.jobs.executor.renew')
local report = require('work.jobs.executor.report')
local retry = require('work.jobs.retry')
local settle = require('work.jobs.executor.settle')
local start = require('work.jobs.start')
local step = require('work.jobs.state.step')
local totals = require('work.jobs.totals')

local M = {}

-- Begins the engine's work on a primary. settings: {task_keep_s}.
M.start = start.start

-- For the operator's monitoring.
M.measure = measure.measure

-- For rooms whose own rows change in one transaction with jobs: runs work(step, ...) as one.
M.transact = step.run
M.create_in = create.insert
M.cancel_in = cancel.cancel_in
M.require_lease = lease.require
M.find_lease = lease.find

-- Logs of the tasks of a run, kept under its job: a stream is a task's id (work/jobs/log.lua).
M.begin_log = log.begin_in
M.write_log = log.write
M.read_log = log.read_stream
M.trim_log = log.trim
M.forget_log = log.forget

-- After a commit: lets the executor of a working job look at what changed for it.
function M.nudge(id)
    holders.order(id, holders.NUDGE)
end

M.procedures = {
    ['svodka.jobs.create'] = create.create,
    ['svodka.jobs.get'] = read.require,
    ['svodka.jobs.text'] = read.text,
    ['svodka.jobs.list'] = list.list,
    ['svodka.jobs.find'] = list.find,
    ['svodka.jobs.history'] = history.of_job,
    ['svodka.jobs.statuses'] = history.of_all,
    ['svodka.jobs.log'] = log.read,
    ['svodka.jobs.file'] = attach.piece,
    ['svodka.jobs.cancel'] = cancel.cancel,
    ['svodka.jobs.retry'] = retry.retry,
    ['svodka.jobs.changes'] = changes.wait,
    ['svodka.jobs.totals'] = totals.totals,
    ['svodka.jobs.executors'] = holders.list,
    ['svodka.jobs.poll'] = poll.poll,
    ['svodka.jobs.settle'] = settle.settle,
    ['svodka.jobs.renew'] = renew.renew,
    ['svodka.jobs.report'] = report.report,
    ['svodka.jobs.attach'] = attach.attach,
    ['svodka.jobs.update_payload'] = payload.update,
    ['svodka.jobs.payload'] = payload.get,
}

-- What the web side calls as well as the executor.
M.shared_procedures = { ['svodka.jobs.text'] = true }

-- What the executor's user may call of them.
M.executor_procedures = {
    'svodka.jobs.poll',
    'svodka.jobs.settle',
    'svodka.jobs.renew',
    'svodka.jobs.report',
    'svodka.jobs.attach',
    'svodka.jobs.update_payload',
    'svodka.jobs.payload',
    'svodka.jobs.text',
}

return M
