-- Two instances with the same data: a primary, which writes, and a replica, which follows it and answers reads.
-- Which is which stands in the data (replication/leadership.lua), so that it survives restarts; people alone change it.

local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local disk = require('lib.disk')
local errors = require('lib.errors')
local peer = require('replication.peer')
local position = require('replication.position')
local reign = require('replication.leadership')
local report = require('process.report')
local supervision = require('process.supervision')

local M = {}

M.PRIMARY = 'primary'
M.REPLICA = 'replica'
-- It was the primary and has handed over: it becomes a replica as soon as the other one reigns.
M.RETIRED = 'retired'

-- How long a start may wait for the other one. A container's restart policy tries again.
local PEER_PATIENCE_SECONDS = 30
local LOOK_EVERY_SECONDS = 0.01
local ASK_EVERY_SECONDS = 0.5
local CHECK_EVERY_SECONDS = 5
local CHECK_AGAIN_SECONDS = 1
-- What is missing at a handover came in the last moments: it goes over in well under a second.
local CATCH_UP_SECONDS = 30
-- From Tarantool 2.11 on a stop may take 3 s in all.
local FLUSH_SECONDS = 2.5
-- Ids that a lost primary may have given to imports and jobs that nobody here has heard of: at 300 imports a second,
-- five minutes of them. They must never come to name others.
local LOST_IDS = 100000

local role
local settings
local take_office

local function set_role(new_role)
    role = new_role
    log.info('this instance is %s of term %d', role, reign.term())
end

-- Returns the state of the applier that follows the peer, or nil.
local function upstream()
    for _, instance in pairs(box.info.replication) do
        if instance.upstream ~= nil then
            return instance.upstream
        end
    end
end

-- What this instance is and how far it has come: {role, term, instance, cluster, position, status, lag_s,
-- staleness_ms, replicas}. O(1).
-- position: flat, as lib/position writes it. replicas: how many follow it now.
-- status: of what a replica follows by: follow, disconnected, stopped ...; of a primary: ok.
-- lag_s: by the clocks of both machines, as Tarantool tells it; nil when it does not follow.
-- staleness_ms: about how old the data are, by the same clocks; nil when it does not follow, 0 of a primary.
function M.state()
    local state = {
        role = role,
        term = reign.term(),
        instance = box.info.uuid,
        cluster = box.info.cluster.uuid,
        position = position.flat(position.now()),
        status = 'ok',
        replicas = 0,
    }
    for _, instance in pairs(box.info.replication) do
        if instance.downstream ~= nil and instance.downstream.status == 'follow' then
            state.replicas = state.replicas + 1
        end
    end
    if role == M.PRIMARY then
        state.staleness_ms = 0
        return state
    end
    local source = upstream()
    state.status = source ~= nil and source.status or 'disconnected'
    if source ~= nil and source.status == 'follow' then
        state.lag_s = source.lag
        -- A message that says nothing new comes each second (replication_timeout).
        state.staleness_ms = math.floor((math.max(0, source.lag) + source.idle) * 1000)
    end
    return state
end

local function replication_uri()
    return ('%s:%s@%s'):format(settings.replication_user, settings.replication_password, settings.peer)
end

-- Asks the peer again and again until it is a primary; ends the process when it does not become one.
local function await_primary()
    local deadline = fiber.clock() + PEER_PATIENCE_SECONDS
    while true do
        local state, reason = peer.state(settings)
        if state ~= nil and state.role == M.PRIMARY then
            return state
        end
        if fiber.clock() > deadline then
            reason = state ~= nil and 'it is ' .. state.role or reason
            report.fail('PEER_AWAY', ('no primary answers at %s: %s'):format(settings.peer, reason))
        end
        fiber.sleep(ASK_EVERY_SECONDS)
    end
end

-- Returns a sentence when there are writes here that the primary does not have, or other data altogether: who goes on
-- with them would never again have the same data. nil also while no primary answers.
local function divergence()
    -- Looked at first: what comes meanwhile is no difference.
    local here = position.now()
    local primary = peer.state(settings)
    if primary == nil or primary.role ~= M.PRIMARY then
        return nil
    end
    local extra = position.missing(primary.position, here)
    local advice = ': set them aside with svodka-restore --none and start again, and it copies all from there'
    if primary.cluster ~= box.info.cluster.uuid then
        return ('the data here are not of the cluster of %s'):format(settings.peer) .. advice
    elseif extra > 0 then
        return ('%d writes are here that the primary at %s does not have'):format(extra, settings.peer) .. advice
    end
end

local function follow_peer()
    box.cfg({ replication_connect_quorum = 0, replication = replication_uri() })
end

-- Tarantool stops following for good at the first write that its own log does not take, as on a full disk.
local function follow_again_if_stopped()
    local source = upstream()
    if source ~= nil and source.status == 'stopped' and not disk.has_no_room(settings.data_dir) then
        log.warn('following the primary again, which was stopped by: %s', source.message)
        box.cfg({ replication = {} })
        follow_peer()
    end
end

-- A primary that was restored from a backup has less than its replica, and nothing else would tell.
local function watch_replica()
    fiber.name('replica_watch')
    while role == M.REPLICA do
        fiber.sleep(CHECK_EVERY_SECONDS)
        if role == M.REPLICA then
            follow_again_if_stopped()
        end
        -- A primary may send what it only then counts as written: twice in a row it is no coincidence.
        if role == M.REPLICA and divergence() ~= nil then
            fiber.sleep(CHECK_AGAIN_SECONDS)
            local reason = role == M.REPLICA and divergence() or nil
            if reason ~= nil then
                report.fail('DIVERGED', reason)
            end
        end
    end
end

local function follow()
    if settings.peer == nil then
        report.fail('TAKEN_OVER', 'another instance has taken over; SVODKA_PEER must name it to follow it')
    end
    -- Who has never written has nothing that the primary could not have: it may read old data until that is back.
    if box.info.lsn > 0 then
        await_primary()
    end
    local reason = divergence()
    if reason ~= nil then
        report.fail('DIVERGED', reason)
    end
    follow_peer()
    set_role(M.REPLICA)
    fiber.create(watch_replica)
end

-- Begins with an empty folder. Returns whether a copy of the peer was made.
local function copy_peer()
    local state = settings.peer ~= nil and peer.state(settings) or nil
    if state == nil and settings.is_standby then
        state = await_primary()
    end
    if state == nil or state.role ~= M.PRIMARY then
        return false
    end
    supervision.configure(settings, { replication = replication_uri(), read_only = true })
    return true
end

local function has_later_primary()
    local state = settings.peer ~= nil and peer.state(settings) or nil
    return state ~= nil and state.role == M.PRIMARY and state.term > reign.term()
end

-- Takes the place of the primary: writes are allowed from now on, and the work that only a primary does is begun.
local function begin_reign()
    take_office()
    set_role(M.PRIMARY)
end

-- The mark of an ordered stop cannot be taken away while the disk is full, and while it is there no write may be taken:
-- a takeover would lose that write without a word. So only reads are answered until there is room.
local function await_room()
    box.cfg({ read_only = true })
    errors.awaits_room = true
    set_role(M.PRIMARY)
    log.error('the disk of %s is full: only reads are answered', settings.data_dir)
    fiber.create(function()
        fiber.name('await_room')
        while disk.has_no_room(settings.data_dir) do
            fiber.sleep(ASK_EVERY_SECONDS)
        end
        box.cfg({ read_only = false })
        local done, reason = pcall(function()
            begin_reign()
            reign.open()
        end)
        if not done then
            report.fail('DISK_FULL', tostring(reason))
        end
        errors.awaits_room = false
    end)
end

-- Configures the box and finds out what this instance is. begin_office: function(), what a primary does before it
-- serves. Ends the process when it may be neither.
function M.start(given_settings, begin_office)
    settings = given_settings
    take_office = begin_office
    local is_empty = #fio.glob(fio.pathjoin(settings.data_dir, '*.snap')) == 0
    if is_empty and copy_peer() then
        set_role(M.REPLICA)
        fiber.create(watch_replica)
        return
    end
    supervision.configure(settings, { read_only = not is_empty })
    if not reign.is_ours() or has_later_primary() then
        follow()
        return
    end
    local row = reign.row()
    if row ~= nil and row.is_closed and disk.has_no_room(settings.data_dir) then
        await_room()
        return
    end
    box.cfg({ read_only = false })
    begin_reign()
    reign.open()
end

local function wait_until(look, seconds)
    local deadline = fiber.clock() + seconds
    while not look() do
        if fiber.clock() > deadline then
            return false
        end
        fiber.sleep(LOOK_EVERY_SECONDS)
    end
    return true
end

-- Whether each replica that follows has all that was written here.
local function is_flushed()
    local here = position.now()
    for _, instance in pairs(box.info.replication) do
        local downstream = instance.downstream
        if downstream ~= nil and downstream.status == 'follow' then
            local there = {}
            for id, lsn in pairs(downstream.vclock) do
                there[id] = tonumber(lsn)
            end
            if position.missing(there, here) > 0 then
                return false
            end
        end
    end
    return true
end

-- From now on an ordered stop of a primary ends its writes, marks that, and waits until its replicas have all.
function M.flush_on_stop()
    box.ctl.on_shutdown(function()
        if role == M.PRIMARY and not box.info.ro then
            reign.close()
            if not wait_until(is_flushed, FLUSH_SECONDS) then
                log.warn('a replica did not get all that was written here before the stop')
            end
        end
    end)
end

-- Ends this instance's reign for that of the one that asks. Returns its position, flat; again when asked again.
function M.step_down(instance)
    if role == M.PRIMARY then
        reign.hand_over(instance)
        set_role(M.RETIRED)
        fiber.create(follow)
    elseif reign.row().instance ~= instance then
        errors.raise('READ_ONLY')
    end
    return position.flat(position.now())
end

local function skip_lost_ids()
    for _, name in ipairs({ 'import_id', 'job_id', 'job_history_id' }) do
        local sequence = box.sequence[name]
        sequence:set(sequence:next() + LOST_IDS)
    end
end

local function ascend(is_whole)
    box.cfg({ replication = {} })
    box.cfg({ read_only = false })
    if not reign.is_ours() then
        box.atomic(reign.pass_to, box.info.uuid)
    end
    if not is_whole then
        skip_lost_ids()
    end
    begin_reign()
end

local function take_over(accepts_loss)
    if role == M.PRIMARY then
        return 'nothing'
    end
    local answered, theirs = peer.call(settings, 'peer.replication.step_down', box.info.uuid)
    local is_whole = answered or reign.row().is_closed
    if answered then
        local wanted = position.from_flat(theirs)
        local function has_all()
            return position.missing(position.now(), wanted) == 0
        end
        if not wait_until(has_all, CATCH_UP_SECONDS) then
            local count = position.missing(position.now(), wanted)
            error(('the old primary has handed over, but its last %d writes have not come: try again'):format(count), 0)
        end
    elseif not is_whole and not accepts_loss then
        local text = 'the old primary at %s does not answer (%s) and was not stopped in order. When it is down for '
            .. 'good, say --lossy: writes that it had not sent are lost'
        error(text:format(settings.peer, tostring(theirs)), 0)
    end
    ascend(is_whole)
    return is_whole and 'nothing' or 'unknown'
end

local is_ascending = false

-- Makes this replica the primary, for good. When the old one answers it hands over; when it was stopped in order, all
-- of it is here; else that must be said: accepts_loss. Returns {term, lost}, lost: 'nothing' or 'unknown'.
-- Raises a text for people, and then it can be tried again.
function M.take_over(accepts_loss)
    if is_ascending then
        error('a takeover is under way', 0)
    elseif settings.peer == nil then
        error('SVODKA_PEER names no other instance', 0)
    end
    is_ascending = true
    local ok, lost = pcall(take_over, accepts_loss)
    is_ascending = false
    if not ok then
        error(lost, 0)
    end
    return { term = reign.term(), lost = lost }
end

return M
