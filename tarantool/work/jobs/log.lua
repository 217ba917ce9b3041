-- The log of a job: pieces of text, each under the byte at which it begins. The row says how far it goes.

local changes = require('work.jobs.state.changes')
local errors = require('lib.errors')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')

local M = {}

local KIND = 'log'
local MAX_PAGE_BYTES = 1024 * 1024

-- job id -> {[piece] = true} of pieces whose place is reserved in the row and which are not written yet.
local writing = {}

function M.begin_writing(pieces)
    for _, piece in ipairs(pieces) do
        writing[piece.id] = writing[piece.id] or {}
        writing[piece.id][piece] = true
    end
end

function M.end_writing(pieces)
    for _, piece in ipairs(pieces) do
        local of_job = writing[piece.id]
        of_job[piece] = nil
        if next(of_job) == nil then
            writing[piece.id] = nil
        end
    end
end

local function replace_all(pieces)
    for _, piece in ipairs(pieces) do
        box.space.job_pieces:replace({ piece.id, KIND, 0, piece.at, piece.text })
    end
end

-- Writes pieces {id, at, text} for which begin_writing was called, in one transaction, and ends that. Yields.
function M.write(pieces)
    local ok, reason = pcall(box.atomic, replace_all, pieces)
    M.end_writing(pieces)
    if not ok then
        error(reason, 0)
    end
    for _, piece in ipairs(pieces) do
        changes.note(piece.id, changes.PROGRESS)
    end
end

-- Up to where the log can be read now.
local function readable_end(row)
    local readable = tonumber(row.log_end)
    for piece in pairs(writing[row.id] or {}) do
        readable = math.min(readable, piece.at)
    end
    return readable
end

local function is_continuation(text, i)
    local byte = text:byte(i)
    return byte ~= nil and byte >= 0x80 and byte < 0xC0
end

-- The piece that holds the byte at `from`, or begins after it; then those that follow.
local function each_piece(id, from)
    local space = box.space.job_pieces
    local before = space:select({ id, KIND, 0, from }, { iterator = 'LE', limit = 1 })[1]
    local is_ours = before ~= nil and before.job_id == id and before.kind == KIND
    return space:pairs({ id, KIND, 0, is_ours and before.place or from }, { iterator = 'GE' })
end

-- Collects whole characters from `from` on, about `limit` bytes, up to `stop`. Returns where they begin, where they
-- end, and the text.
local function collect(id, from, stop, limit)
    local texts, start, place = {}, nil, from
    for _, piece in each_piece(id, from) do
        local is_other = piece.job_id ~= id or piece.kind ~= KIND or piece.place >= stop
        -- A gap is where the executor left bytes out: the page ends there.
        if is_other or (start ~= nil and (piece.place > place or place - start >= limit)) then
            break
        end
        local first = math.max(place, piece.place) - piece.place + 1
        while is_continuation(piece.bytes, first) do
            first = first + 1
        end
        if first <= #piece.bytes then
            start = start or piece.place + first - 1
            local last = math.min(#piece.bytes, first + limit - (piece.place + first - 1 - start) - 1)
            while last < #piece.bytes and is_continuation(piece.bytes, last + 1) do
                last = last + 1
            end
            table.insert(texts, piece.bytes:sub(first, last))
            place = piece.place + last
        end
    end
    if start == nil then
        return stop, stop, ''
    end
    return start, place, table.concat(texts)
end

-- A page of the log: whole characters from byte `from` on, about `limit` bytes. Returns from, next, ended, text.
-- ended: the job has ended, and nothing follows. Yields. O(limit). Raises JOB_NOT_FOUND.
function M.read(id, from, limit)
    local row = box.space.jobs:get({ id })
    if row == nil then
        errors.raise('JOB_NOT_FOUND')
    end
    local stop = readable_end(row)
    local has_ended = not moves.is_open(row) and stop == row.log_end
    from = math.max(from, row.log_end - limits.LOG_TAIL_BYTES)
    if from >= stop then
        return from, from, has_ended, ''
    end
    local start, place, text = collect(row.id, from, stop, math.min(math.max(limit, 1), MAX_PAGE_BYTES))
    return start, place, has_ended and place >= stop, text
end

return M
