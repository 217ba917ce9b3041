-- Photos that are too long for one call arrive in pieces before their case. A number belongs to the session that began
-- it; what is left when the session ends, or after a crash, is removed by a fiber.

local fiber = require('fiber')
local background = require('lib.background')
local errors = require('lib.errors')
local holds = require('lib.holds')
local numbers = require('traffic.cases.numbers')
local photos = require('traffic.cases.photos')

local M = {}

local RETRY_SECONDS = 5
-- Numbers below the highest one whose case may not have been stored when the process ended: more than Tarantool
-- takes requests at once.
local MAX_IN_FLIGHT = 2000

local cond = fiber.cond()
local held = holds.create(function()
    cond:broadcast()
end)
-- Numbers to be removed of which no row tells.
local orphans = {}

local function begin()
    local no = numbers.next()
    held.take(no)
    -- Found by a start after a crash.
    box.space.case_leftovers:insert({ no })
    return no
end

-- Raises PHOTO_NOT_STAGED unless this session holds the number.
function M.require_mine(no)
    if not held.is_mine(no) then
        errors.raise('PHOTO_NOT_STAGED')
    end
end

-- Writes pieces of a photo. no: nil for the first ones. place: of the first piece. Returns the number. Yields.
function M.stage(no, place, bytes)
    if no ~= nil then
        M.require_mine(no)
    else
        no = begin()
    end
    box.atomic(photos.write, no, place, bytes)
    return no
end

-- Has no effect on a number of another session.
function M.discard(no)
    held.give_up(no)
end

-- Runs commit(), which stores the case of a staged photo, in a transaction; the hold ends if it succeeds.
function M.spend(no, commit)
    held.spend(no, box.atomic, function()
        box.space.case_leftovers:delete({ no })
        commit()
    end)
end

-- A number under which something was written whose case will not be stored.
function M.remove_later(no)
    table.insert(orphans, no)
    cond:broadcast()
end

local function next_leftover()
    for _, row in box.space.case_leftovers:pairs() do
        if not held.is_held(row.case_no) then
            return row.case_no
        end
    end
end

local function remove_or_wait()
    local orphan = table.remove(orphans)
    if orphan ~= nil then
        photos.remove(orphan)
        return
    end
    local no = next_leftover()
    if no == nil then
        cond:wait()
        return
    end
    photos.remove(no)
    box.space.case_leftovers:delete({ no })
end

-- Finds records whose case a crash prevented. They are among the last numbers.
local function find_orphans()
    local last = box.space.cases.index.pk:max()
    local from = last ~= nil and math.max(0, last.no - MAX_IN_FLIGHT) or 0
    for _, row in box.space.case_records:pairs({ from }, { iterator = 'GE' }) do
        if box.space.cases:get({ row.case_no }) == nil then
            table.insert(orphans, row.case_no)
        end
    end
end

local begin_removing = background.restartable(
    { name = 'case_sweeper', what = 'removing photos without a case', retry_seconds = RETRY_SECONDS },
    remove_or_wait
)

local is_listening = false
-- Ends the fiber of an earlier start.
function M.start()
    if not is_listening then
        is_listening = true
        held.end_with_sessions()
    end
    orphans = {}
    find_orphans()
    cond:broadcast()
    begin_removing()
end

return M
