-- tarantool/app.lua without kept counts: a yardstick for their cost.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local aggregates = require('census.stats.counts')

aggregates.insert = function() end
aggregates.follow = function() end

dofile(tarantool_dir .. '/app.lua')
