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

-- Returns the kept counts that differ from the cases, as {kind, key}.
exports.common['svodka.test.recount_cases'] = function()
    local counted = require('traffic.cases.counts').recount()
    local differences = {}
    for _, row in box.space.case_counts:pairs() do
        if counted[row.kind][row.key] ~= row.count then
            table.insert(differences, { row.kind, row.key })
        end
        counted[row.kind][row.key] = nil
    end
    for kind, keys in pairs(counted) do
        for key in pairs(keys) do
            table.insert(differences, { kind, key })
        end
    end
    return differences
end

dofile(tarantool_dir .. '/app.lua')
