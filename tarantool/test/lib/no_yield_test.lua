-- A write procedure does not yield between its first read and its commit, so that what it checked still holds when it
-- writes. Measured in context switches of its fiber.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local jobs = require('work.jobs_support')
local votes = require('traffic.votes_support')
local cancel = require('work.jobs.cancel')
local create = require('work.jobs.create')
local poll = require('work.jobs.executor.poll')
local renew = require('work.jobs.executor.renew')
local report = require('work.jobs.executor.report')
local retry = require('work.jobs.retry')
local settle = require('work.jobs.executor.settle')
local accounts = require('users.accounts')
local assign = require('traffic.votes.assign')
local owners = require('traffic.registers.owners')
local specialists = require('traffic.votes.specialists')
local vote = require('traffic.votes.vote')
local citizens = require('census.citizens')
local find = require('census.citizens.find')
local imports = require('census.imports')
local service = require('health')

support.start_app()

local function switches()
    return fiber.info({ bt = false })[fiber.id()].csw
end

local at_commit
local caller
local commit = box.commit
-- box.atomic commits through this function too.
box.commit = function()
    -- Background fibers commit too.
    if fiber.id() == caller then
        table.insert(at_commit, switches())
    end
    return commit()
end

-- Context switches from the start of the call to each commit, and those of the whole call.
local function count_switches(procedure, ...)
    at_commit = {}
    caller = fiber.id()
    local start = switches()
    local ok, result = pcall(procedure, ...)
    local total = switches() - start
    for i, count in ipairs(at_commit) do
        at_commit[i] = count - start
    end
    return at_commit, total, ok, result
end

local function commits_at_once(t, what, procedure, ...)
    local before, total, ok, result = count_switches(procedure, ...)
    t:is(ok, true, what .. ' works')
    t:is_deeply(before, { 0 }, what .. ' commits once, before it gives up the thread')
    t:ok(total > 0, what .. ' waits for the log then')
    return result
end

support.run('no yield', {
    {
        'the count shows a yield, before a transaction and in it',
        function(t)
            local before = count_switches(function()
                fiber.sleep(0)
                box.atomic(function() end)
            end)
            t:is(#before, 1)
            t:ok(before[1] > 0)
            local inside = count_switches(function()
                box.atomic(function()
                    fiber.sleep(0)
                end)
            end)
            t:ok(inside[1] > 0)
        end,
    },
    {
        'imports are written without a yield, large ones too',
        function(t)
            commits_at_once(t, 'create', imports.create, support.rows(1, 5000))
            local import_id = commits_at_once(t, 'stage', imports.stage, support.rows(1, 1000), 100)
            local more = support.rows(1001, 2000)
            -- Chunks wait for a new turn of the event loop before they begin.
            fiber.sleep(0)
            commits_at_once(t, 'append', imports.append, import_id, more, 10)
            fiber.sleep(0)
            commits_at_once(t, 'publish', imports.publish, import_id, 2000, 600)
        end,
    },
    {
        'a citizen and relatives are changed without a yield',
        function(t)
            local import_id = support.import(support.rows(1, 2000))
            local all = {}
            for id = 2, 2000 do
                all[id - 1] = id
            end
            commits_at_once(t, 'a new name', citizens.patch, import_id, 1, { name = 'x' })
            commits_at_once(t, 'many relatives', citizens.patch, import_id, 1, { relatives = all })
            commits_at_once(t, 'none again', citizens.patch, import_id, 1, { relatives = {} })
            commits_at_once(t, 'its end', imports.delete, import_id)
        end,
    },
    {
        'a case is taken, voted on and decided without a yield, and owners are stored so',
        function(t)
            votes.cases(3)
            local ids = { votes.specialist('n1'), votes.specialist('n2'), votes.specialist('n3') }
            for i, id in ipairs(ids) do
                commits_at_once(t, 'take ' .. i, assign.take, id)
                commits_at_once(t, 'take again ' .. i, assign.take, id)
                commits_at_once(t, 'vote ' .. i, vote.vote, id, 'convict')
            end
            local user = accounts.add('n4', nil, { 'user' })
            commits_at_once(t, 'verify', specialists.verify, user.id, nil)
            commits_at_once(t, 'put owners', owners.put, support.pack({ { '1ABC2377' }, { '2ABC2377', '1' } }), false)
        end,
    },
    {
        'a job goes through its states without a yield',
        function(t)
            local function working()
                jobs.create({ max_attempts = 9 })
                return jobs.take(1000)[1]
            end
            commits_at_once(t, 'create', create.create, { jobs.spec(), jobs.spec() })
            commits_at_once(t, 'take', poll.poll, 'e1', { script = 100 }, 0)
            for _, kind in ipairs({ 'fail', 'stop', 'finish' }) do
                local job = working()
                commits_at_once(t, kind, settle.settle, 'e1', { { job.id, job.lease, kind, {} } })
            end
            local job = working()
            commits_at_once(t, 'report', report.report, 'e1', { { job.id, job.lease, '{}' } })
            commits_at_once(t, 'cancel', cancel.cancel, job.id, 'gomer')
            commits_at_once(t, 'end', settle.settle, 'e1', { { job.id, job.lease, 'stop' } })
            commits_at_once(t, 'retry', retry.retry, job.id, 'gomer')
            local _, total = count_switches(renew.renew, 'e1', { job.id, job.lease })
            t:is(total, 0, 'renew writes nothing')
        end,
    },
    {
        'what is refused has neither yielded nor committed',
        function(t)
            local import_id = support.import(support.rows(1, 3))
            for _, case in ipairs({
                { 'unknown relatives', citizens.patch, import_id, 1, { relatives = { 2, 99 } } },
                { 'an unknown citizen', citizens.patch, import_id, 99, { name = 'x' } },
                { 'an id twice', imports.create, support.pack({ support.row(1), support.row(1) }) },
                { 'a chunk of an import that is not staged', imports.append, import_id, support.rows(4, 5) },
            }) do
                local before, total, ok = count_switches(case[2], case[3], case[4], case[5])
                t:is(ok, false, case[1])
                -- A chunk may wait for a turn of the event loop (lib/turns.lua) before it is looked at.
                local max_yields = case[2] == imports.append and 1 or 0
                t:is(#before, 0, case[1] .. ' commits nothing')
                t:ok(total <= max_yields, case[1] .. ' does not yield')
            end
        end,
    },
    {
        'a page is read without a yield, so that it is of one state',
        function(t)
            local import_id = support.import(support.rows(1, 3000))
            local _, total = count_switches(citizens.page, import_id, nil, 3000)
            t:is(total, 0)
            _, total = count_switches(find.page, import_id, { gender = 'male' }, nil, 3000, nil, 1000000)
            t:is(total, 0)
            _, total = count_switches(service.info)
            t:is(total, 0)
        end,
    },
})
