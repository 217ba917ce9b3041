-- Logs: pieces of text, each under the byte at which it begins. A job has one log, whose end is in its row; a run has
-- one more for each of its tasks (a stream), whose ends are in rows of work.workflows.

local changes = require('work.jobs.state.changes')
local cleaner = require('work.jobs.cleaner')
local errors = require('lib.errors')
local limits = require('work.jobs.state.limits')
local moves = require('work.jobs.state.moves')

local M = {}

local KIND = 'log'
local MAX_PAGE_BYTES = 1024 * 1024
-- How much log may be there beyond what is kept, so that trimming comes once for many pieces.
local TRIM_EVERY_BYTES = 256 * 1024

-- The stream of the job's own log.
M.OWN = 0

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

-- Part of the step that reserves the places of pieces {id, stream, at, text}. Before its commit yields: until they are
-- written, readers must not take their places for empty.
function M.begin_in(step, pieces)
    M.begin_writing(pieces)
    table.insert(step.undo, function()
        M.end_writing(pieces)
    end)
end

-- Removes soon what is not kept of a log that grows from old_end to new_end.
function M.trim(id, stream, old_end, new_end)
    local before = new_end - limits.LOG_TAIL_BYTES - limits.MAX_PIECE_BYTES
    if before > 0 and math.floor(old_end / TRIM_EVERY_BYTES) < math.floor(new_end / TRIM_EVERY_BYTES) then
        cleaner.remove_later({ id, KIND, stream }, before)
    end
end

-- Removes a log soon.
function M.forget(id, stream)
    cleaner.remove_later({ id, KIND, stream })
end

local function replace_all(pieces)
    for _, piece in ipairs(pieces) do
        box.space.job_pieces:replace({ piece.id, KIND, piece.stream, piece.at, piece.text })
    end
end

-- Writes pieces for which begin_in was called, in one transaction, and ends that. Yields.
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
local function readable_end(log)
    local readable = log.stop
    for piece in pairs(writing[log.id] or {}) do
        if piece.stream == log.stream then
            readable = math.min(readable, piece.at)
        end
    end
    return readable
end

local function is_continuation(text, i)
    local byte = text:byte(i)
    return byte ~= nil and byte >= 0x80 and byte < 0xC0
end

local function is_of(piece, log)
    return piece.job_id == log.id and piece.kind == KIND and piece.lease == log.stream
end

-- The piece that holds the byte at `from`, or begins after it; then those that follow.
local function each_piece(log, from)
    local space = box.space.job_pieces
    local before = space:select({ log.id, KIND, log.stream, from }, { iterator = 'LE', limit = 1 })[1]
    local place = before ~= nil and is_of(before, log) and before.place or from
    return space:pairs({ log.id, KIND, log.stream, place }, { iterator = 'GE' })
end

-- Collects whole characters from `from` on, about `limit` bytes, up to `stop`. Returns where they begin, where they
-- end, and the text.
local function collect(log, from, stop, limit)
    local texts, start, place = {}, nil, from
    for _, piece in each_piece(log, from) do
        local is_other = not is_of(piece, log) or piece.place >= stop
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

-- A page of a log {id, stream, stop (bytes)}: whole characters from byte `from` on, about `limit` bytes. Returns from,
-- next, whether nothing follows that is stored now, text. Yields. O(limit).
function M.read_stream(log, from, limit)
    local stop = readable_end(log)
    from = math.max(from, log.stop - limits.LOG_TAIL_BYTES)
    if from >= stop then
        return from, from, stop == log.stop, ''
    end
    local start, place, text = collect(log, from, stop, math.min(math.max(limit, 1), MAX_PAGE_BYTES))
    return start, place, stop == log.stop and place >= stop, text
end

-- A page of the log of a job, as read_stream. Returns from, next, ended, text. ended: the job has ended, and nothing
-- follows. Yields. O(limit). Raises JOB_NOT_FOUND.
function M.read(id, from, limit)
    local row = box.space.jobs:get({ id })
    if row == nil then
        errors.raise('JOB_NOT_FOUND')
    end
    local log = { id = row.id, stream = M.OWN, stop = tonumber(row.log_end) }
    local start, place, is_all, text = M.read_stream(log, from, limit)
    return start, place, is_all and not moves.is_open(row), text
end

return M
