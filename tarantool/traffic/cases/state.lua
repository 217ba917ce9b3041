-- The row of a case with what follows from it: history and counts. Nothing else writes cases.

local counts = require('traffic.cases.counts')

local M = {}

M.INITIATED = 'initiated'
M.EXTENDED = 'extended'
M.JUSTIFIED = 'justified'
M.CONVICTED = 'convicted'

local insert_hooks = {}

-- hook: function(row), called in the transaction that stores a case. It must not yield.
function M.on_insert(hook)
    table.insert(insert_hooks, hook)
end

-- The row of a case, or nil.
function M.get(case_id)
    return box.space.cases.index.case_id:get({ case_id })
end

-- Part of a transaction.
function M.insert(tuple)
    local row = box.space.cases:insert(tuple)
    for kind, key in pairs(counts.keys_of(row)) do
        counts.add(row.no, kind, key, 1)
    end
    for _, hook in ipairs(insert_hooks) do
        hook(row)
    end
    return row
end

-- Part of a transaction. changes: {at, by, skill_value | nil}. Returns the row.
function M.set_status(row, status, changes)
    local operations = { { '=', 'status', status }, { '=', 'status_at', changes.at } }
    if changes.skill_value ~= nil then
        table.insert(operations, { '=', 'skill_value', changes.skill_value })
    end
    local last = box.space.case_history.index.pk:max({ row.no })
    local place = last ~= nil and last.place + 1 or 1
    box.space.case_history:insert({ row.no, place, status, changes.at, changes.by })
    if status ~= row.status then
        counts.add(row.no, 'status', row.status, -1)
        counts.add(row.no, 'status', status, 1)
    end
    return box.space.cases:update({ row.no }, operations)
end

return M
