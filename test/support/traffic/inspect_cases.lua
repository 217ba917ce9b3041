-- tarantool/app.lua plus procedures with which tests look for what should not be there.

local fio = require('fio')

local tarantool_dir = fio.pathjoin(os.getenv('SVODKA_PROJECT_DIR'), 'tarantool')
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')

-- Returns the number of photos and records that belong to no case.
exports.common['svodka.test.stray_photos'] = function()
    local strays = 0
    for _, name in ipairs({ 'case_photos', 'case_records' }) do
        for _, row in box.space[name]:pairs() do
            if box.space.cases:get({ row.case_no }) == nil then
                strays = strays + 1
            end
        end
    end
    return strays
end

-- Returns the kept counts that differ from the cases, as {kind, key, kept, counted}.
exports.common['svodka.test.recount_cases'] = function()
    local _, _, _, differences = require('traffic.cases.recount').recount()
    return differences
end

dofile(tarantool_dir .. '/app.lua')
