-- The row that names the primary and its term. The instance with the later term is the primary.

local clock = require('clock')

local M = {}

local ROW = 1

-- The row; nil before the migration that creates it.
function M.row()
    local space = box.space.reign
    return space ~= nil and space:get({ ROW }) or nil
end

function M.term()
    local row = M.row()
    return row ~= nil and tonumber(row.term) or 0
end

-- Whether this instance is the primary according to the data. Without the row there has never been another one.
function M.is_ours()
    local row = M.row()
    return row == nil or row.instance == box.info.uuid
end

-- Makes `instance` the primary of the next term. Part of a transaction.
function M.pass_to(instance)
    box.space.reign:replace({ ROW, M.term() + 1, instance, clock.time(), false })
end

-- Removes the mark of an ordered stop.
function M.open()
    if M.row().is_closed then
        box.space.reign:update({ ROW }, { { '=', 'is_closed', false } })
    end
end

-- Runs write() as the last write of this instance. Earlier writes precede it in the log; later ones are impossible,
-- because nothing yields between write() and read_only.
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

-- Ends the leadership of this instance in favour of another one.
function M.hand_over(instance)
    write_last(function()
        M.pass_to(instance)
    end)
end

-- Marks an ordered stop of this instance.
function M.close()
    write_last(function()
        box.space.reign:update({ ROW }, { { '=', 'is_closed', true } })
    end)
end

return M
