-- tarantool/app.lua without kept counts: a yardstick for their cost.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local imports = require('census.imports')

-- The counts register what goes in with the citizens of an import.
local on_insert = imports.on_insert
imports.on_insert = function() end
local counts = require('census.stats.counts')
imports.on_insert = on_insert
imports.on_insert(function() end)
counts.follow = function() end

dofile(tarantool_dir .. '/app.lua')
