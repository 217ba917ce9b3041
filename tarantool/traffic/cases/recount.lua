-- svodka.cases.recount: whether the counts of cases (traffic/cases/counts.lua) follow from the cases.
--
-- The tally is counted minus kept: cases are added in order of their numbers, then kept counts are subtracted in order
-- of their keys. A change meanwhile is added to the tally if its case has been read but its count has not, and
-- subtracted in the opposite case. So other requests are served between two pieces, and only wrong counts remain.

local fiber = require('fiber')
local counts = require('traffic.cases.counts')
local errors = require('lib.errors')

local M = {}

-- Rows of one piece: about 1 ms of the TX thread.
M.PIECE = 500
-- Called between two pieces: lets other fibers run.
function M.pause()
    fiber.sleep(0)
end
local MAX_NAMED = 100

-- The recount under way: {no, kind, key, tally}: the last case read, the last count read (nil: none yet), and
-- {[kind] = {[key] = difference}} without zeros. nil: there is no recount.
local current

local function add(kind, key, step)
    local of_kind = current.tally[kind]
    local sum = (of_kind[key] or 0) + step
    of_kind[key] = sum ~= 0 and sum or nil
end

local function is_read(kind, key)
    return current.kind ~= nil and (kind < current.kind or (kind == current.kind and key <= current.key))
end

local function note(no, kind, key, step)
    if current == nil then
        return
    end
    local counted = no <= current.no and step or 0
    local kept = is_read(kind, key) and step or 0
    if counted ~= kept then
        add(kind, key, counted - kept)
    end
end

-- Readers see a change before it is in the log, so a rollback is a change too.
local function follow(no, kind, key, step)
    note(no, kind, key, step)
    box.on_rollback(function()
        note(no, kind, key, -step)
    end)
end

-- Returns how many cases there are.
local function count_cases()
    local cases = 0
    while true do
        local rows = box.space.cases:select({ current.no }, { iterator = 'GT', limit = M.PIECE })
        for _, row in ipairs(rows) do
            for kind, key in pairs(counts.keys_of(row)) do
                add(kind, key, 1)
            end
            current.no = tonumber(row.no)
        end
        cases = cases + #rows
        if #rows < M.PIECE then
            current.no = math.huge
            return cases
        end
        M.pause()
    end
end

-- Returns how many counts are kept.
local function take_kept_away()
    local compared = 0
    while true do
        local place = current.kind ~= nil and { current.kind, current.key } or {}
        local rows = box.space.case_counts:select(place, { iterator = 'GT', limit = M.PIECE })
        for _, row in ipairs(rows) do
            add(row.kind, row.key, -tonumber(row.count))
            current.kind, current.key = row.kind, row.key
        end
        compared = compared + #rows
        if #rows < M.PIECE then
            return compared
        end
        M.pause()
    end
end

local function recount()
    local cases = count_cases()
    local compared = take_kept_away()
    local differing, named = 0, {}
    for kind, of_kind in pairs(current.tally) do
        for key, difference in pairs(of_kind) do
            differing = differing + 1
            if #named < MAX_NAMED then
                local row = box.space.case_counts:get({ kind, key })
                local kept = row ~= nil and tonumber(row.count) or 0
                table.insert(named, { kind, key, kept, kept + difference })
            end
        end
    end
    return cases, compared, differing, named
end

local function finish(ok, ...)
    counts.on_change(nil)
    current = nil
    if not ok then
        error((...), 0)
    end
    return ...
end

-- Returns the number of cases, of kept counts, of wrong ones, and a list of the first hundred: {kind, key, kept,
-- counted}. O(cases), one recount at a time. Raises RECOUNT_RUNNING.
function M.recount()
    if current ~= nil then
        errors.raise('RECOUNT_RUNNING')
    end
    current = { no = 0, tally = {} }
    for _, kind in ipairs(counts.KINDS) do
        current.tally[kind] = {}
    end
    counts.on_change(follow)
    return finish(pcall(recount))
end

return M
