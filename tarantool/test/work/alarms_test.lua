-- Alarms: what signals open and count, when they close, and what late and repeated signals change.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local ack = require('work.alarms.ack')
local clock = require('work.jobs.state.clock')
local fiber = require('fiber')
local limits = require('work.alarms.limits')
local list = require('work.alarms.list')
local signal = require('work.alarms.signal')
local system_clock = require('clock')
local watcher = require('work.alarms.watcher')

local moved_s = 0
function clock.wall()
    return system_clock.time() + moved_s
end

support.start_app()

local kinds = 0
-- A kind of its own for each case.
local function new_kind()
    kinds = kinds + 1
    return 'kind ' .. kinds
end

local function signal_of(kind, changes)
    local s = { source = 's', value = box.NULL, text = box.NULL, at = box.NULL, by = 'gomer' }
    for name, value in pairs(changes or {}) do
        s[name] = value
    end
    return { s.source, kind, s.value, s.text, s.at, s.by }
end

-- Returns the id and the state that are answered.
local function send(kind, changes)
    return unpack(signal.signal({ signal_of(kind, changes) })[1])
end

local function row(id)
    return box.space.alarms:get({ id })
end

-- Moves the clock and waits until the watcher has done what is due.
local function advance(seconds)
    moved_s = moved_s + seconds
    watcher.wake()
    support.wait_until(watcher.is_asleep)
end

local function happened(id)
    local texts = {}
    for i, change in ipairs(list.history(id)) do
        texts[i] = change.what .. ' by ' .. change.by
    end
    return texts
end

support.run('alarms', {
    {
        'a signal opens one, others count in it',
        function(t)
            local kind = new_kind()
            local id, state = send(kind, { value = 1.5, text = 'first' })
            t:is(state, 'open')
            t:is((send(kind, { value = 7 })), id)
            t:is((send(kind, { value = -3, text = 'last' })), id)
            t:is((send(kind)), id)
            local alarm = row(id)
            t:is_deeply({ alarm.count, alarm.value, alarm.text, alarm.state }, { 4, 7, 'last', 'open' })
            t:isnt((send(new_kind())), id)
            t:isnt((send(kind, { source = 'other' })), id)
            t:is_deeply(happened(id), { 'opened by gomer' })
        end,
    },
    {
        'it closes after 300 s without a signal, and the next signal opens another',
        function(t)
            local kind = new_kind()
            local id = send(kind)
            advance(299)
            t:is(row(id).state, 'open')
            send(kind)
            advance(299)
            t:is(row(id).state, 'open', 'the second signal counts')
            advance(2)
            local alarm = row(id)
            t:is(alarm.state, 'closed')
            t:is(alarm.closed_at, alarm.last_at + 300)
            t:is_deeply(happened(id), { 'opened by gomer', 'closed by engine' })
            t:is(box.space.alarm_marks:count({ id }), 0)
            local next_id, state = send(kind)
            t:ok(next_id > id)
            t:is(state, 'open')
        end,
    },
    {
        'the watcher sleeps while nothing is due, and without an end when nothing is open',
        function(t)
            advance(1000)
            t:is(list.measure().open, 0)
            local alive = 0
            for _, info in pairs(fiber.info()) do
                alive = alive + (info.name == 'alarm_watcher' and 1 or 0)
            end
            t:is(alive, 1)
            local function switches()
                for _, info in pairs(fiber.info()) do
                    if info.name == 'alarm_watcher' then
                        return tonumber(info.csw)
                    end
                end
            end
            local before = switches()
            local kind = new_kind()
            for _ = 1, 50 do
                send(kind)
            end
            fiber.sleep(0.1)
            t:ok(switches() - before <= 2, ('%d switches'):format(switches() - before))
            t:is(list.measure().open, 1)
        end,
    },
    {
        'a late signal counts while the alarm is open, and does not keep it open',
        function(t)
            local kind = new_kind()
            local now = clock.wall()
            local id = send(kind, { at = now, text = 'new' })
            t:is((send(kind, { at = now - 1000, value = 9, text = 'old' })), id)
            local alarm = row(id)
            t:is_deeply({ alarm.count, alarm.value, alarm.text, alarm.last_at }, { 2, 9, 'new', now })
        end,
    },
    {
        'a late signal changes nothing of a closed one, and opens none',
        function(t)
            local kind = new_kind()
            local at = clock.wall()
            local id = send(kind, { at = at })
            advance(400)
            local before = row(id)
            for _, late in ipairs({ at - 10, at, at + 100, at + 300 }) do
                t:is_deeply({ send(kind, { at = late, value = 99 }) }, { id, 'closed' }, ('%f'):format(late - at))
            end
            t:is_deeply(row(id):totable(), before:totable())
            local next_id = send(kind, { at = at + 301 })
            t:ok(next_id > id)
        end,
    },
    {
        'a signal after the time of closing opens another, though the watcher was late',
        function(t)
            local kind = new_kind()
            local id = send(kind)
            moved_s = moved_s + 301
            local next_id = send(kind)
            t:ok(next_id > id)
            t:is_deeply({ row(id).state, row(next_id).state }, { 'closed', 'open' })
            t:is(row(id).count, 1)
        end,
    },
    {
        'a signal that comes twice counts once, in one call and in several, also after a restart',
        function(t)
            local kind = new_kind()
            local now = clock.wall()
            local function double(at)
                return signal_of(kind, { at = at })
            end
            signal.signal({ double(now), double(now - 0.25), double(now), double(now - 0.25), double(now - 5) })
            local id = send(kind, { at = now - 5 })
            t:is(row(id).count, 3)
            signal.signal({ double(now - 0.5), double(now), double(now - 0.5), double(now - 0.75) })
            t:is(row(id).count, 5)
            -- Nothing of it is in memory only.
            require('work.alarms').start({})
            send(kind, { at = now - 0.5 })
            t:is(row(id).count, 5)
            send(kind)
            send(kind)
            t:is(row(id).count, 7, 'without a time each one counts')
        end,
    },
    {
        'a signal from the future counts as of now',
        function(t)
            local kind = new_kind()
            local id = send(kind, { at = clock.wall() + 100000 })
            send(kind, { at = clock.wall() + 200000 })
            t:is(row(id).count, 2)
            advance(301)
            t:is(row(id).state, 'closed')
        end,
    },
    {
        'a thousand signals in one call cost one row, and what is remembered of them has a bound',
        function(t)
            local kind = new_kind()
            local before = box.space.alarms:len()
            local now = math.floor(clock.wall()) - 200
            local id
            for call = 1, 100 do
                local signals = {}
                for i = 1, 1000 do
                    signals[i] = signal_of(kind, { at = now + call + i / 1000 })
                end
                id = signal.signal(signals)[1][1]
            end
            t:is(row(id).count, 100000)
            t:is(box.space.alarms:len(), before + 1)
            t:is(box.space.alarm_marks:count({ id }), limits.MAX_MARKED_SECONDS)
            t:is(send(kind, { at = now + 99.5 }), id)
            t:is(row(id).count, 100000, 'a double')
            send(kind, { at = now + 1.5 })
            t:is(row(id).count, 100000, 'nobody can tell whether it is one')
        end,
    },
    {
        'are acknowledged, by the first one who does or the last one with a note',
        function(t)
            local id = send(new_kind())
            local first = ack.ack(id, 'lisa', 'seen')
            t:is_deeply(ack.ack(id, 'bart'):totable(), first:totable(), 'without a note nothing changes')
            ack.ack(id, 'bart', box.NULL)
            local alarm = row(id)
            t:is_deeply({ alarm.acked_by, alarm.note, alarm.state }, { 'lisa', 'seen', 'open' })
            ack.ack(id, 'bart', 'mended')
            t:is_deeply({ row(id).acked_by, row(id).note }, { 'bart', 'mended' })
            t:is_deeply(happened(id), { 'opened by gomer', 'acked by lisa', 'acked by bart' })
            local ok, reason = pcall(ack.ack, 1000000, 'lisa')
            t:is_deeply({ ok, reason.code }, { false, 'ALARM_NOT_FOUND' })
            t:is(box.is_in_txn(), false)
        end,
    },
    {
        'are listed, the latest first, by state, source and time',
        function(t)
            advance(1000)
            local function ids(...)
                local found = {}
                for i, alarm in ipairs(list.list(...)) do
                    found[i] = alarm.alarm_id
                end
                return found
            end
            local now = clock.wall()
            local a = send('a', { source = 'x', at = now - 1 })
            local b = send('b', { source = 'x', at = now - 3 })
            local c = send('c', { source = 'y', at = now - 2 })
            t:is_deeply(ids('open', nil, nil, 10), { a, c, b })
            t:is_deeply(ids('open', 'x', nil, 10), { a, b })
            t:is_deeply(ids(nil, 'x', nil, 10), { a, b })
            t:is_deeply(ids(nil, nil, now - 2, 10), { a, c })
            t:is_deeply(ids(nil, nil, nil, 1), { a })
            t:is_deeply(ids('closed', 'x', nil, 10), {})
            local version = list.since(nil, 10)
            ack.ack(b, 'lisa')
            send('c', { source = 'y' })
            local last, found = list.since(version, 10)
            t:is(last, version + 2)
            t:is_deeply({ #found, found[1].alarm_id, found[2].alarm_id }, { 2, b, c })
        end,
    },
    {
        'closed ones are removed with all that belongs to them',
        function(t)
            local id = send(new_kind())
            advance(400)
            advance(limits.keep_s)
            t:is(row(id), nil)
            t:is(box.space.alarm_changes.index.alarm:count({ id }), 0)
            t:is(box.space.alarm_marks:len(), 0)
            t:is(box.space.alarms_open:len(), 0)
        end,
    },
})
