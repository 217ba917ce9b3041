-- svodka.cases.create: stores a case with its photo and record.

local fiber = require('fiber')
local numbers = require('traffic.cases.numbers')
local photos = require('traffic.cases.photos')
local staging = require('traffic.cases.staging')
local state = require('traffic.cases.state')
local types = require('traffic.cameras.types')

local M = {}

-- How far the clock of a camera may be ahead.
local GRACE_SECONDS = 60

-- Places in a case as the web side sends it.
local CASE_ID, TRANSPORT, CAMERA_ID, VIOLATION_ID, VIOLATION_VALUE, SKILL_VALUE, TIMESTAMP = 1, 2, 3, 4, 5, 6, 7
local TYPE, VERSION, PHOTO_HASH, PHOTO_BYTES, PHOTO_TYPE, DIGEST, SENT_BY = 8, 9, 10, 11, 12, 13, 14

-- A code, or nil.
local function fault_of_camera(case)
    local camera = box.space.cameras:get({ case[CAMERA_ID] })
    if camera == nil then
        return 'UNKNOWN_CAMERA'
    elseif camera.type ~= case[TYPE] then
        return 'CAMERA_OF_OTHER_TYPE'
    elseif not camera.enabled then
        return 'CAMERA_DISABLED'
    end
end

local function faults_of(case, now)
    local faults = { fault_of_camera(case) }
    if box.space.violations:get({ case[VIOLATION_ID] }) == nil then
        table.insert(faults, 'UNKNOWN_VIOLATION')
    end
    if case[TIMESTAMP] > now + GRACE_SECONDS then
        table.insert(faults, 'FUTURE_TIME')
    end
    return faults
end

local function find_repeat(case, now, repeat_s)
    local last = box.space.cases.index.digest:max({ case[DIGEST] })
    return last ~= nil and last.created_at > now - repeat_s and last or nil
end

-- What prevents a case from being stored, as an outcome; nil if nothing does.
local function look(catalog_version, case, repeat_s, now)
    if types.version() ~= catalog_version then
        return 'changed'
    end
    local faults = faults_of(case, now)
    if #faults > 0 then
        return 'refused', faults
    end
    local stored = find_repeat(case, now, repeat_s)
    if stored ~= nil then
        return 'repeated', stored
    end
end

local function make_row(no, case, now)
    return {
        no,
        case[CASE_ID],
        case[TRANSPORT],
        case[CAMERA_ID],
        case[VIOLATION_ID],
        case[VIOLATION_VALUE],
        case[SKILL_VALUE],
        case[TIMESTAMP],
        state.INITIATED,
        now,
        now,
        case[TYPE],
        case[VERSION],
        case[PHOTO_HASH],
        case[PHOTO_BYTES],
        case[PHOTO_TYPE],
        case[DIGEST],
        case[SENT_BY],
    }
end

-- Looks again, since the types, the camera or the cases may have changed while the photo was written.
local function insert(no, catalog_version, case, repeat_s)
    local now = fiber.time()
    local outcome, what = look(catalog_version, case, repeat_s, now)
    if outcome ~= nil then
        return { outcome, what }
    end
    return { 'stored', state.insert(make_row(no, case, now)) }
end

local function write_files(no, record, photo)
    box.space.case_records:replace({ no, record })
    if photo ~= nil then
        photos.write(no, 0, photo)
    end
end

local function store_staged(no, catalog_version, case, repeat_s)
    local done
    local ok, reason = pcall(staging.spend, no, function()
        done = insert(no, catalog_version, case, repeat_s)
        if done[1] ~= 'stored' then
            error(done, 0)
        end
    end)
    if not ok and (done == nil or reason ~= done) then
        error(reason, 0)
    end
    return done
end

-- case: {case_id, transport, camera_id, violation_id, violation_value, skill_value, timestamp, type, version,
-- photo_hash, photo_bytes, photo_type, digest, sent_by}; record: JSON text; photo: its bytes, or the number under which
-- it was staged; catalog_version: that the type was taken from. Returns an outcome with what it is about:
--   'stored' | 'repeated', the row      'refused', a list of codes      'changed': the catalog has another version
-- A staged photo stays staged unless the case is stored. Yields.
function M.create(catalog_version, case, record, photo, repeat_s)
    local outcome, what = look(catalog_version, case, repeat_s, fiber.time())
    if outcome ~= nil then
        return outcome, what
    end
    local is_staged = type(photo) ~= 'string'
    local no = is_staged and photo or numbers.next()
    if is_staged then
        staging.require_mine(no)
    end
    local done
    local ok, reason = pcall(function()
        box.atomic(write_files, no, record, not is_staged and photo or nil)
        if is_staged then
            done = store_staged(no, catalog_version, case, repeat_s)
        else
            done = box.atomic(insert, no, catalog_version, case, repeat_s)
        end
    end)
    if not is_staged and not (ok and done[1] == 'stored') then
        staging.remove_later(no)
    end
    if not ok then
        box.rollback()
        error(reason, 0)
    end
    return unpack(done)
end

return M
