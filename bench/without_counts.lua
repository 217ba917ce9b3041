-- tarantool/app.lua that keeps no counts: a yardstick for what they cost.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local aggregates = require('census.stats.counts')

aggregates.insert = function() end
aggregates.follow = function() end

dofile(tarantool_dir .. '/app.lua')
