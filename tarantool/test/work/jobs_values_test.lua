-- Stored values of jobs: arguments, results, logs, files and payloads, and how they are deleted.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local jobs = require('work.jobs_support')
local fiber = require('fiber')
local support = require('support')
local attach = require('work.jobs.executor.attach')
local changes = require('work.jobs.state.changes')
local clock = require('work.jobs.state.clock')
local create = require('work.jobs.create')
local history = require('work.jobs.history')
local limits = require('work.jobs.state.limits')
local log = require('work.jobs.log')
local payload = require('work.jobs.executor.payload')
local read = require('work.jobs.read')
local report = require('work.jobs.executor.report')
local retry = require('work.jobs.retry')

support.start_app()

local LONG = '"' .. ('x'):rep(300 * 1024) .. '"'

local function working(spec)
    jobs.create(spec or {})
    return jobs.take(1000)[1]
end

local function pieces_of(id)
    return #box.space.job_pieces:select({ id })
end

local function write_log(job, at, text)
    local _, lost = report.report('e1', { { job.id, job.lease, box.NULL, at, text } })
    return #lost == 0
end

-- The whole log from `from` on, read in pages of so many bytes; and the number of pages.
local function read_log(id, from, limit)
    local texts, pages = {}, 0
    local ended
    repeat
        local start, next_from, text
        start, next_from, ended, text = log.read(id, from, limit)
        table.insert(texts, text)
        pages = pages + 1
        local is_last = next_from == from and text == ''
        from = math.max(start, next_from)
    until is_last or ended
    return table.concat(texts), pages
end

local function finish(job)
    return jobs.settle(job, 'finish', { result = '1' })
end

support.run('jobs: values', {
    {
        'long arguments and results are kept beside the row and come back whole, as short ones do',
        function(t)
            for _, text in ipairs({
                '{}',
                LONG,
                ('1'):rep(limits.MAX_INLINE_BYTES),
                ('1'):rep(limits.MAX_INLINE_BYTES + 1),
            }) do
                local job = working({ args = text })
                t:is(read.text(job.id, 'args'), text)
                t:is(job.args_bytes, #text)
                t:is(read.text(job.id, 'result'), nil)
                t:is(jobs.settle(job, 'finish', { result = text }), 'ok')
                t:is(read.text(job.id, 'result'), text)
                t:ok(#jobs.row(job.id).args + #jobs.row(job.id).result <= 2 * limits.MAX_INLINE_BYTES)
            end
            t:is(box.space.job_leftovers:len(), 0)
        end,
    },
    {
        'a spec that is refused leaves nothing and does not stop the others',
        function(t)
            jobs.create({ name = 'taken' }, { key = 'k', user = 'bart' })
            local last_id = box.space.job_pieces.index.pk:max()
            local outcomes = create.create({
                jobs.spec({ name = 'taken', args = LONG }),
                jobs.spec({ name = 'twice', user = 'maggie' }),
                jobs.spec({ name = 'twice', user = 'maggie' }),
                jobs.spec({ user = 'maggie' }),
                jobs.spec({ user = 'maggie' }),
                jobs.spec({ key = 'k', user = 'bart' }),
                jobs.spec({ key = 'k', user = 'marge' }),
            }, 2)
            local said = {}
            for i, outcome in ipairs(outcomes) do
                said[i] = outcome[1] and 'stored' or outcome[2]
            end
            t:is_deeply(
                said,
                { 'JOB_NAME_TAKEN', 'stored', 'JOB_NAME_TAKEN', 'stored', 'TOO_MANY_JOBS', 'stored', 'stored' }
            )
            t:is(outcomes[6][2].user, 'bart')
            t:ok(outcomes[6][2].id ~= outcomes[7][2].id)
            support.wait_until(function()
                return box.space.job_leftovers:len() == 0
            end)
            local last_piece = box.space.job_pieces.index.pk:max()
            t:is_deeply({ last_piece.job_id, last_piece.place }, { last_id.job_id, last_id.place })
        end,
    },
    {
        'the same task_id again is the same job',
        function(t)
            local spec = jobs.spec({ args = LONG })
            local first = create.create({ spec })[1][2]
            local again = create.create({ spec })[1][2]
            t:is(again.id, first.id)
            t:is(read.text(first.id, 'args'), LONG)
            for _, job in ipairs(jobs.take(1000)) do
                finish(job)
            end
        end,
    },
    {
        'pages of a log, put together, are the log, whatever their size, and none cuts a character',
        function(t)
            local job = working()
            local whole = ''
            for i = 1, 40 do
                local text = ('строка %d: ёж 🦔\n'):format(i)
                t:ok(write_log(job, #whole, text))
                whole = whole .. text
            end
            for _, limit in ipairs({ 1, 2, 7, 100, 100000 }) do
                local text, pages = read_log(job.id, 0, limit)
                t:is(text, whole)
                t:ok(pages >= #whole / (limit + 3))
            end
            local start, _, _, text = log.read(job.id, 1, 3)
            t:is_deeply({ start, text }, { 2, 'тр' }, 'from the next whole character')
            t:is_deeply({ log.read(job.id, #whole, 10) }, { #whole, #whole, false, '' })
            finish(job)
            t:is_deeply({ log.read(job.id, #whole, 10) }, { #whole, #whole, true, '' })
            t:is(support.raised(log.read, 999999, 0, 1), 'JOB_NOT_FOUND')
        end,
    },
    {
        'a piece that is sent again is there once; bytes that were left out are a gap',
        function(t)
            local job = working()
            write_log(job, 0, 'one\n')
            write_log(job, 0, 'one\n')
            write_log(job, 100, 'two\n')
            t:is_deeply({ log.read(job.id, 0, 1000) }, { 0, 4, false, 'one\n' })
            t:is_deeply({ log.read(job.id, 4, 1000) }, { 100, 104, false, 'two\n' })
            t:is((read_log(job.id, 0, 1000)), 'one\ntwo\n')
            finish(job)
        end,
    },
    {
        'the last MiB of a log is kept, and the rest goes from the disk',
        function(t)
            local job = working()
            local piece = ('0123456789abcdef'):rep(8000)
            local at = 0
            for _ = 1, 30 do
                write_log(job, at, piece)
                at = at + #piece
            end
            local text = read_log(job.id, 0, 100000)
            t:is(#text, limits.LOG_TAIL_BYTES)
            local first = log.read(job.id, 0, 10)
            t:is(first, at - limits.LOG_TAIL_BYTES)
            support.wait_until(function()
                return pieces_of(job.id) * #piece < limits.LOG_TAIL_BYTES + 5 * #piece
            end)
            t:is((read_log(job.id, 0, 100000)), text)
            finish(job)
        end,
    },
    {
        'log whose place is reserved and which is not written yet is not read over',
        function(t)
            local job = working()
            write_log(job, 0, 'one\n')
            local piece = { id = job.id, stream = log.OWN, at = 4, text = 'two\n' }
            box.space.jobs:update({ job.id }, { { '=', 'log_end', 8 } })
            log.begin_writing({ piece })
            t:is_deeply({ log.read(job.id, 0, 100) }, { 0, 4, false, 'one\n' })
            t:is_deeply({ log.read(job.id, 4, 100) }, { 4, 4, false, '' })
            log.write({ piece })
            t:is_deeply({ log.read(job.id, 4, 100) }, { 4, 8, false, 'two\n' })
            finish(job)
        end,
    },
    {
        'a log goes on in the next attempt, and progress begins anew',
        function(t)
            local job = working({ max_attempts = 2 })
            report.report('e1', { { job.id, job.lease, '{"fraction":0.5}', 0, 'one\n' } })
            t:is(jobs.row(job.id).progress, '{"fraction":0.5}')
            jobs.settle(job, 'stop')
            job = jobs.take(1)[1]
            t:is_deeply({ job.log_end, job.progress }, { 4, nil })
            write_log(job, 4, 'two\n')
            t:is((read_log(job.id, 0, 100)), 'one\ntwo\n')
            finish(job)
        end,
    },
    {
        'reports of many jobs are one transaction, and one more for all their logs',
        function(t)
            local reports = {}
            for i = 1, 50 do
                reports[i] = { working().id, 1, '{"fraction":0.1}', box.NULL, box.NULL }
            end
            local function writes(work)
                local before = box.info.lsn
                local commits = 0
                local commit = box.commit
                box.commit = function()
                    commits = commits + 1
                    return commit()
                end
                work()
                box.commit = commit
                return commits, tonumber(box.info.lsn - before)
            end
            t:is_deeply({ writes(function()
                report.report('e1', reports)
            end) }, { 1, 50 })
            for _, one in ipairs(reports) do
                one[4], one[5] = 0, 'a line\n'
            end
            t:is_deeply({ writes(function()
                report.report('e1', reports)
            end) }, { 2, 100 })
            for _, one in ipairs(reports) do
                jobs.settle({ id = one[1], lease = 1 }, 'finish', { result = '1' })
            end
        end,
    },
    {
        'a file is stored in pieces and named by the outcome; a retry removes it',
        function(t)
            local job = working()
            attach.attach(job.id, job.lease, 0, 'old')
            attach.attach(job.id, job.lease, 0, 'PNG ')
            attach.attach(job.id, job.lease, 1, 'bytes')
            jobs.settle(job, 'finish', { result = '1', file = { 2, 9, 'image/png' } })
            t:is_deeply(jobs.row(job.id).file, { job.lease, 2, 9, 'image/png' })
            t:is(attach.piece(job.id, job.lease, 0) .. attach.piece(job.id, job.lease, 1), 'PNG bytes')
            t:is(attach.piece(job.id, job.lease, 2), nil)
            retry.retry(job.id, 'gomer')
            t:is(jobs.row(job.id).file, nil)
            support.wait_until(function()
                return pieces_of(job.id) == 0
            end)
            finish(jobs.take(1)[1])
        end,
    },
    {
        'a payload outlives the attempt and changes under the lease alone',
        function(t)
            local job = working({ max_attempts = 2, type = 'script' })
            t:is(payload.get(job.id), nil)
            payload.update(job.id, job.lease, 'state 1')
            jobs.settle(job, 'stop')
            t:is(support.raised(payload.update, job.id, job.lease, 'state 2'), 'LEASE_LOST')
            t:is(payload.get(job.id), 'state 1')
            finish(jobs.take(1)[1])
        end,
    },
    {
        'an ended job is removed after its time, with all that belongs to it, and its name and key are free',
        function(t)
            jobs.advance(limits.keep_s + 100)
            t:is(box.space.jobs:len() - box.space.jobs.index.status:count({ 'enqueued' }), 0)
            limits.keep_s = 1000
            local job = working({ name = 'again', key = 'k', args = LONG })
            write_log(job, 0, 'text')
            attach.attach(job.id, job.lease, 0, 'x')
            payload.update(job.id, job.lease, 'state')
            jobs.settle(job, 'finish', { result = LONG })
            local open = jobs.create({})
            local epoch, place = changes.wait(nil, 0, 0)
            jobs.advance(990)
            t:ok(jobs.row(job.id) ~= nil)
            jobs.advance(20)
            t:is(jobs.row(job.id), nil)
            t:ok(jobs.row(open.id) ~= nil)
            local _, _, flat = changes.wait(epoch, place, 0)
            t:is_deeply(flat, { job.id, changes.REMOVED })
            t:is(#box.space.job_history.index.job:select({ job.id }), 0)
            t:is(box.space.job_payloads:get({ job.id }), nil)
            support.wait_until(function()
                return pieces_of(job.id) == 0 and box.space.job_leftovers:len() == 0
            end)
            t:ok(jobs.create({ name = 'again', key = 'k' }).id > job.id)
            t:is(support.raised(history.of_job, job.id, nil, 10), 'JOB_NOT_FOUND')
        end,
    },
    {
        'times of a job never decrease, even when the clock is set back',
        function(t)
            local job = jobs.create({ priority = 100 })
            local wall = clock.wall
            clock.wall = function()
                return wall() - 5000
            end
            local taken = jobs.take(1)[1]
            t:is(taken.id, job.id)
            finish(taken)
            clock.wall = wall
            local row = jobs.row(job.id)
            t:ok(row.created <= row.started and row.started <= row.ended and row.ended == row.updated)
        end,
    },
    {
        'nothing is done while there is nothing to do: the fibers of an idle engine are not switched to',
        function(t)
            for _, job in ipairs(jobs.take(1000)) do
                finish(job)
            end
            jobs.advance(limits.keep_s + 100)
            local function switches()
                local count = 0
                for _, info in pairs(fiber.info({ bt = false })) do
                    if info.name:startswith('job_') then
                        count = count + info.csw
                    end
                end
                return count
            end
            fiber.sleep(0.1)
            local before = switches()
            t:ok(before > 0)
            fiber.sleep(0.5)
            t:is(switches(), before)
        end,
    },
})
