-- Photos in pieces, in a vinyl space. Nothing here belongs to a transaction of other spaces: pieces are written under a
-- number that nobody else uses, and a case that is stored later has this number.

local M = {}

-- Writing one takes 0.5 ms of the TX thread; a usual photo is one piece, which is not copied.
M.PIECE_BYTES = 256 * 1024
-- Rows that are removed in one transaction, 2 MB at most.
local REMOVE_ROWS = 8

-- Part of a transaction of vinyl. Writes a whole photo, or a part of one that begins with the piece `place`; all pieces
-- but the last of a photo are full.
function M.write(no, place, bytes)
    local from = 1
    while from <= #bytes do
        local piece = bytes
        if from > 1 or #bytes > M.PIECE_BYTES then
            piece = bytes:sub(from, from + M.PIECE_BYTES - 1)
        end
        box.space.case_photos:replace({ no, place, piece })
        place = place + 1
        from = from + M.PIECE_BYTES
    end
end

-- The piece, or nil. Yields.
function M.read(no, place)
    local row = box.space.case_photos:get({ no, place })
    return row ~= nil and row.bytes or nil
end

-- Removes what is stored under the number. Yields.
function M.remove(no)
    while true do
        local rows = box.space.case_photos:select({ no }, { limit = REMOVE_ROWS })
        box.begin()
        for _, row in ipairs(rows) do
            box.space.case_photos:delete({ no, row.place })
        end
        box.space.case_records:delete({ no })
        box.commit()
        if #rows < REMOVE_ROWS then
            return
        end
    end
end

return M
