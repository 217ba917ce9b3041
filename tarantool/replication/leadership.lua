-- The one row that says which instance is the primary, and of which term. Whoever has a later term is right.

local clock = require('clock')

local M = {}

local ROW = 1

-- The row, or nil before the migration that makes it.
function M.row()
    local space = box.space.reign
    return space ~= nil and space:get({ ROW }) or nil
end

function M.term()
    local row = M.row()
    return row ~= nil and tonumber(row.term) or 0
end

-- Whether the data say that this instance is the primary: those without the row have known no other.
function M.is_ours()
    local row = M.row()
    return row == nil or row.instance == box.info.uuid
end

-- Writes that `instance` is the primary from the next term on. Part of a transaction.
function M.pass_to(instance)
    box.space.reign:replace({ ROW, M.term() + 1, instance, clock.time(), false })
end

-- Takes the mark of an ordered stop away.
function M.open()
    if M.row().is_closed then
        box.space.reign:update({ ROW }, { { '=', 'is_closed', false } })
    end
end

-- Runs write() as the last write of this instance: those that came before are in the log's order before it, and none
-- can begin behind it, since nothing yields between it and read_only.
local function write_last(write)
    box.begin()
    write()
    box.cfg({ read_only = true })
    local ok, reason = pcall(box.commit)
    if not ok then
        box.cfg({ read_only = false })
        error(reason, 0)
    end
end

-- Ends this instance's reign for that of another.
function M.hand_over(instance)
    write_last(function()
        M.pass_to(instance)
    end)
end

-- Marks that this instance is stopped in order.
function M.close()
    write_last(function()
        box.space.reign:update({ ROW }, { { '=', 'is_closed', true } })
    end)
end

return M
