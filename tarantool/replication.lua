-- Two instances with the same data: a primary, which writes, and a replica, which follows it and answers reads. The
-- roles are stored in the data (replication/leadership.lua), so they survive restarts; only operators change them.

local fiber = require('fiber')
local fio = require('fio')
local log = require('log')
local disk = require('lib.disk')
local errors = require('lib.errors')
local peer = require('replication.peer')
local position = require('replication.position')
local leadership = require('replication.leadership')
local report = require('process.report')
local supervision = require('process.supervision')
local buckets = require('shards.buckets')

local M = {}

M.PRIMARY = 'primary'
M.REPLICA = 'replica'
-- A former primary that has handed over; it becomes a replica once the other instance is the primary.
M.RETIRED = 'retired'

-- How long a start may wait for the peer. The restart policy of a container tries again.
local PEER_PATIENCE_SECONDS = 30
local LOOK_EVERY_SECONDS = 0.01
local ASK_EVERY_SECONDS = 0.5
local CHECK_EVERY_SECONDS = 5
local CHECK_AGAIN_SECONDS = 1
-- Only the latest writes are missing at a handover; they are transferred in well under a second.
local CATCH_UP_SECONDS = 30
-- From Tarantool 2.11 on, on_shutdown triggers may take 3 s altogether.
local FLUSH_SECONDS = 2.5
-- Number of ids to skip, because a lost primary may have assigned ids to imports and jobs that are unknown here. At 300
-- imports per second this covers five minutes. Such ids must never be reused.
local LOST_IDS = 100000

local role
local settings
local on_primary

local function set_role(new_role)
    role = new_role
    log.info('this instance is %s of term %d', role, leadership.term())
end

-- Returns the state of the applier that follows the peer, or nil.
local function upstream()
    for _, instance in pairs(box.info.replication) do
        if instance.upstream ~= nil then
            return instance.upstream
        end
    end
end

-- The state of this instance: {role, term, instance, cluster, position, status, lag_s, staleness_ms, replicas}. O(1).
-- position: flat, as made by replication/position. replicas: number of connected replicas.
-- status: of the applier of a replica: follow, disconnected, stopped ...; of a primary: ok.
-- lag_s: as reported by Tarantool, by the clocks of both machines; nil when not following.
-- staleness_ms: approximate age of the data, by the same clocks; nil when not following, 0 on a primary.
function M.state()
    local state = {
        role = role,
        term = leadership.term(),
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
        -- While idle, a heartbeat arrives every second (replication_timeout).
        state.staleness_ms = math.floor((math.max(0, source.lag) + source.idle) * 1000)
    end
    return state
end

local function replication_uri()
    return ('%s:%s@%s'):format(settings.replication_user, settings.replication_password, settings.peer)
end

-- Polls the peer until it is a primary; ends the process if it does not become one.
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

-- Returns a sentence if this instance has writes that the primary lacks, or entirely different data: the two could
-- never converge again. Returns nil if no primary answers.
local function divergence()
    -- Read first, because later writes are no divergence.
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

-- Tarantool stops following for good at the first write that its own log refuses, for instance on a full disk.
local function follow_again_if_stopped()
    local source = upstream()
    if source ~= nil and source.status == 'stopped' and not disk.has_no_room(settings.data_dir) then
        log.warn('following the primary again, which was stopped by: %s', source.message)
        box.cfg({ replication = {} })
        follow_peer()
    end
end

-- A primary restored from a backup has fewer writes than its replica, which nothing else would detect.
local function watch_replica()
    fiber.name('replica_watch')
    while role == M.REPLICA do
        fiber.sleep(CHECK_EVERY_SECONDS)
        if role == M.REPLICA then
            follow_again_if_stopped()
        end
        -- A primary may send a write before it counts it as written; twice in a row is no coincidence.
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
    -- An instance that has never written cannot diverge: it may serve old data until the primary is back.
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

-- Starts with an empty folder. Returns whether the data of the peer were copied.
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
    return state ~= nil and state.role == M.PRIMARY and state.term > leadership.term()
end

-- Becomes the primary: allows writes and starts the work that only a primary does.
local function become_primary()
    on_primary()
    set_role(M.PRIMARY)
end

-- The mark of an ordered stop cannot be removed while the disk is full, and with the mark no write may be accepted: a
-- takeover would lose it silently. So only reads are answered until there is room.
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
            become_primary()
            leadership.open()
        end)
        if not done then
            report.fail('DISK_FULL', tostring(reason))
        end
        errors.awaits_room = false
    end)
end

-- Configures the box and determines the role of this instance. on_primary: function(), the work of a primary before it
-- serves. Ends the process if the instance may take neither role.
function M.start(given_settings, given_on_primary)
    settings = given_settings
    on_primary = given_on_primary
    local is_empty = #fio.glob(fio.pathjoin(settings.data_dir, '*.snap')) == 0
    if is_empty and copy_peer() then
        set_role(M.REPLICA)
        fiber.create(watch_replica)
        return
    end
    supervision.configure(settings, { read_only = not is_empty })
    if not leadership.is_ours() or has_later_primary() then
        follow()
        return
    end
    local row = leadership.row()
    if row ~= nil and row.is_closed and disk.has_no_room(settings.data_dir) then
        await_room()
        return
    end
    box.cfg({ read_only = false })
    become_primary()
    leadership.open()
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

-- Whether every connected replica has all writes of this instance.
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

-- From now on an ordered stop of a primary ends its writes, marks that, and waits until its replicas have everything.
function M.flush_on_stop()
    box.ctl.on_shutdown(function()
        if role == M.PRIMARY and not box.info.ro then
            leadership.close()
            if not wait_until(is_flushed, FLUSH_SECONDS) then
                log.warn('a replica did not get all that was written here before the stop')
            end
        end
    end)
end

-- Hands the leadership to the instance that asks for it. Returns its position, flat. Idempotent.
function M.step_down(instance)
    if role == M.PRIMARY then
        leadership.hand_over(instance)
        set_role(M.RETIRED)
        fiber.create(follow)
    elseif leadership.row().instance ~= instance then
        errors.raise('READ_ONLY')
    end
    return position.flat(position.now())
end

local function skip_lost_ids()
    for _, name in ipairs({ 'import_id', 'job_id', 'job_history_id' }) do
        local sequence = box.sequence[name]
        sequence:set(sequence:next() + LOST_IDS)
    end
    buckets.skip_lost_ids()
end

local function ascend(is_whole)
    box.cfg({ replication = {} })
    box.cfg({ read_only = false })
    if not leadership.is_ours() then
        box.atomic(leadership.pass_to, box.info.uuid)
    end
    if not is_whole then
        skip_lost_ids()
    end
    become_primary()
end

local function take_over(accepts_loss)
    if role == M.PRIMARY then
        return 'nothing'
    end
    local answered, theirs = peer.call(settings, 'peer.replication.step_down', box.info.uuid)
    local is_whole = answered or leadership.row().is_closed
    if answered then
        local wanted = position.from_flat(theirs)
        local function has_all()
            return position.missing(position.now(), wanted) == 0
        end
        if not wait_until(has_all, CATCH_UP_SECONDS) then
            local count = position.missing(position.now(), wanted)
            error(
                ('the old primary has handed over, but its last %d writes have not arrived: try again'):format(count),
                0
            )
        end
    elseif not is_whole and not accepts_loss then
        local text = 'the old primary at %s does not answer (%s) and was not stopped in order. When it is down for '
            .. 'good, add --lossy: writes that it had not sent are lost'
        error(text:format(settings.peer, tostring(theirs)), 0)
    end
    ascend(is_whole)
    return is_whole and 'nothing' or 'unknown'
end

local is_ascending = false

-- Makes this replica the primary permanently. If the old primary answers, it hands over; if it was stopped in order,
-- all of its writes are here; otherwise the operator has to accept losses: accepts_loss. Returns {term, lost}, lost:
-- 'nothing' or 'unknown'. Raises a text for people, after which the takeover can be tried again.
function M.take_over(accepts_loss)
    if is_ascending then
        error('a takeover is in progress', 0)
    elseif settings.peer == nil then
        error('SVODKA_PEER names no other instance', 0)
    end
    is_ascending = true
    local ok, lost = pcall(take_over, accepts_loss)
    is_ascending = false
    if not ok then
        error(lost, 0)
    end
    return { term = leadership.term(), lost = lost }
end

return M
