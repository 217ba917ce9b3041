-- Imports of citizens and what is asked of them.

local counts = require('census.stats.counts')
local filter_index = require('census.citizens.filter_index')
local imports = require('census.imports')
local keys = require('census.imports.keys')
local metrics = require('metrics')

local M = {}

function M.become_primary()
    counts.count_older_imports()
    imports.start_sweeping()
    keys.start_expiring()
end

function M.start()
    filter_index.start()
    metrics.add('imports', imports.count_by_state)
end

return M
