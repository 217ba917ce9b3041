-- Counts an import anew from its citizens and compares: what `aggregates` keeps must be the same.

local aggregates = require('aggregates')
local scan = require('lib.scan')

local M = {}

-- Differences that an answer names; their number is always whole.
local MOST_NAMED = 100

-- Of what is left when the kept counts are taken away from the counted ones.
local function name_differences(report, kind, groups)
    for group, counts in pairs(groups) do
        for key, difference in pairs(counts) do
            if difference ~= 0 then
                report.count = report.count + 1
                if #report.named < MOST_NAMED then
                    table.insert(report.named, { kind, tostring(group), key, difference })
                end
            end
        end
    end
end

-- Returns the version of the import, how many kept counts are wrong and, of the first 100,
-- {{'births' or 'presents', town or month, key, counted minus kept}, ...}; the key is the citizen's id or twice the
-- birth date, plus one for women. A block out of order is {kind, group, its first key, 0}.
-- In pieces; when the import changes midway, all begins again. O(citizens + relatives).
function M.recount(import_id)
    local report, version = scan.of_one_state(import_id, function(pause)
        local found = { count = 0, named = {} }
        local changes = aggregates.no_changes()
        scan.rows(box.space.citizens, import_id, pause, function(citizen)
            aggregates.count(changes, citizen)
        end)
        for _, kind in ipairs({ 'births', 'presents' }) do
            scan.rows(box.space[kind], import_id, pause, function(block)
                if not aggregates.take_away(changes, kind, block) then
                    found.count = found.count + 1
                    table.insert(found.named, { kind, tostring(block[2]), block.first, 0 })
                end
            end)
            name_differences(found, kind, changes[kind])
        end
        return found
    end)
    return version, report.count, report.named
end

return M
