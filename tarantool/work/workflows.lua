-- Workflows: trees of tasks and their runs (docs/workflows.md).

local changes = require('work.workflows.changes')
local executor = require('work.workflows.executor')
local past = require('work.workflows.past')
local read = require('work.workflows.read')
local run = require('work.workflows.run')
local stage = require('work.workflows.stage')
local sweeper = require('work.workflows.sweeper')
local tree = require('work.workflows.tree')

local M = {}

-- Begins the room's work on a primary.
M.start = sweeper.start

M.procedures = {
    ['svodka.workflows.stage'] = stage.stage,
    ['svodka.workflows.create'] = tree.create,
    ['svodka.workflows.delete'] = tree.delete,
    ['svodka.workflows.update'] = tree.update,
    ['svodka.workflows.run'] = run.run,
    ['svodka.workflows.stop'] = run.stop,
    ['svodka.workflows.set_status'] = run.set_status,
    ['svodka.workflows.list'] = read.list,
    ['svodka.workflows.status'] = read.status,
    ['svodka.workflows.changed'] = read.changed,
    ['svodka.workflows.dump'] = read.dump,
    ['svodka.workflows.history'] = past.history,
    ['svodka.workflows.runs'] = past.runs,
    ['svodka.workflows.log'] = past.log,
    ['svodka.workflows.changes'] = changes.wait,
    ['svodka.workflows.plan'] = executor.plan,
    ['svodka.workflows.advance'] = executor.advance,
    ['svodka.workflows.asked'] = executor.asked,
    ['svodka.workflows.add_log'] = executor.add_log,
}

-- What the executor's user may call of them.
M.executor_procedures = {
    'svodka.workflows.plan',
    'svodka.workflows.advance',
    'svodka.workflows.asked',
    'svodka.workflows.add_log',
}

return M
