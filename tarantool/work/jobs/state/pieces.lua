-- Long values in pieces, in a vinyl space. Nothing here belongs to a transaction of other spaces: pieces are written
-- under keys that nobody else uses, and a row that is committed later refers to them.

local limits = require('work.jobs.state.limits')

local M = {}

-- Rows that are removed in one transaction, 2 MB at most.
local REMOVE_PIECE = 16

-- Writes a text as the pieces 0, 1, ... in one transaction. Yields.
function M.write_text(job_id, kind, lease, text)
    box.atomic(function()
        for place = 0, math.ceil(#text / limits.MAX_PIECE_BYTES) - 1 do
            local from = place * limits.MAX_PIECE_BYTES
            local piece = text:sub(from + 1, from + limits.MAX_PIECE_BYTES)
            box.space.job_pieces:replace({ job_id, kind, lease, place, piece })
        end
    end)
end

-- The whole text. Yields.
function M.read_text(job_id, kind, lease)
    local texts = {}
    for _, piece in box.space.job_pieces:pairs({ job_id, kind, lease }) do
        table.insert(texts, piece.bytes)
    end
    return table.concat(texts)
end

-- Removes rows whose keys begin with `key`, of whose places are below `before` when that is given. Yields.
function M.remove(key, before)
    local space = box.space.job_pieces
    while true do
        local rows = space:select(key, { limit = REMOVE_PIECE })
        local removed = 0
        box.begin()
        for _, row in ipairs(rows) do
            if before == nil or row.place < before then
                space:delete({ row.job_id, row.kind, row.lease, row.place })
                removed = removed + 1
            end
        end
        box.commit()
        if removed < REMOVE_PIECE then
            return
        end
    end
end

return M
