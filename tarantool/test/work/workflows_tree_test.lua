-- The tree of workflows: what is stored in pieces, what is removed later, and what a start finds. Documents themselves
-- are tested beside a model (test/property/work/workflow_tree.test.ts).

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local workflows = require('work.workflows_support')
local fiber = require('fiber')
local support = require('support')
local past = require('work.workflows.past')
local read = require('work.workflows.read')
local run = require('work.workflows.run')
local stage = require('work.workflows.stage')
local sweeper = require('work.workflows.sweeper')
local tree = require('work.workflows.tree')

support.start_app()

local function tasks(first, last)
    local list = {}
    for i = first, last do
        table.insert(list, workflows.task('t' .. i))
    end
    return list
end

-- A document that publishes staged tasks with these places.
local function staged(project, name, places, id)
    return { project, box.NULL, { { name, box.NULL, places, id } } }
end

support.run('workflows: the tree', {
    {
        'staged tasks are seen by nobody until they are published, all at once and in the places asked for',
        function(t)
            local id = stage.stage('p1', 'w', nil, tasks(1, 2))
            t:is(stage.stage('p1', 'w', id, tasks(3, 4)), id)
            t:is(support.raised(read.status, 'p1', 'w', { after = 0, limit = 10 }), 'WORKFLOW_NOT_FOUND')
            t:is_deeply({ read.list() }, { false, {} })
            t:is_deeply(tree.create(staged('p1', 'w', { box.NULL, 1, 9, 2 }, id)), { 'w' })
            t:is(workflows.names('p1', 'w'), 't2 t4 t1 t3')
            t:is(workflows.row('p1', 'w').id, id)
            t:is(box.space.workflow_leftovers:len(), 0)
            t:is(stage.stage('p1', 'w', nil, tasks(1, 1)), nil, 'a workflow that is there')
            workflows.create('p1', 'w', { 'later' })
            t:is(workflows.names('p1', 'w'), 't2 t4 t1 t3 later')
        end,
    },
    {
        'what was staged is removed when the document is refused, or when nobody publishes it in time',
        function(t)
            local id = stage.stage('p2', 'w', nil, tasks(1, 400))
            workflows.create('p2', 'w', { 'a' })
            t:is(support.raised(tree.create, staged('p2', 'w', {}, id)), 'WORKFLOW_CHANGED')
            support.wait_until(function()
                return box.space.workflow_leftovers:len() == 0
            end)
            t:is(box.space.workflow_tasks:count({ id }), 0)
            id = stage.stage('p2', 'v', nil, tasks(1, 3))
            sweeper.wake()
            fiber.yield()
            t:is(box.space.workflow_tasks:count({ id }), 3, 'it is still being staged')
            workflows.advance_clock(61)
            sweeper.wake()
            support.wait_until(function()
                return box.space.workflow_leftovers:len() == 0
            end)
            t:is(box.space.workflow_tasks:count({ id }), 0)
            t:is(support.raised(tree.create, staged('p2', 'v', { 1, 2, 3 }, id)), 'WORKFLOW_CHANGED')
            t:is(support.raised(workflows.row, 'p2', 'v'), 'WORKFLOW_NOT_FOUND')
        end,
    },
    {
        'what a start finds staged is removed',
        function(t)
            local id = stage.stage('p3', 'w', nil, tasks(1, 3))
            sweeper.start()
            support.wait_until(function()
                return box.space.workflow_leftovers:len() == 0
            end)
            t:is(box.space.workflow_tasks:count({ id }), 0)
        end,
    },
    {
        'a deleted workflow is gone at once, its rows soon after, and one of the same name begins anew',
        function(t)
            local names = {}
            for i = 1, 700 do
                names[i] = 't' .. i
            end
            workflows.create('p4', 'w', names)
            local id = workflows.row('p4', 'w').id
            workflows.run('p4', 'w', 't1')
            run.stop('p4', 'w', 'marge')
            run.set_status({ project = 'p4', workflow = 'w', task = 't2' }, 'error', 'marge')
            t:ok(box.space.workflow_history.index.workflow:count({ id }) >= 3)
            tree.delete({ 'p4', box.NULL, { { 'w', box.NULL, box.NULL } } })
            t:is(support.raised(workflows.row, 'p4', 'w'), 'WORKFLOW_NOT_FOUND')
            workflows.create('p4', 'w', { 't1' })
            t:is(#past.history('p4', 'w', nil, nil, 10), 0)
            support.wait_until(function()
                return box.space.workflow_leftovers:len() == 0
            end)
            t:is(box.space.workflow_tasks:count({ id }), 0)
            t:is(box.space.workflow_states:count({ id }), 0)
            t:is(box.space.workflow_history.index.workflow:count({ id }), 0)
            t:is(box.space.workflow_runs.index.workflow:count({ id }), 0)
            t:is(workflows.names('p4', 'w'), 't1')
        end,
    },
    {
        'history and runs are kept as long as jobs are',
        function(t)
            workflows.create('p5', 'forever', { 'a' })
            workflows.run('p5', 'forever')
            local forever = workflows.take()
            workflows.create('p5', 'w', { 'a' })
            workflows.run('p5', 'w')
            run.stop('p5', 'w', 'marge')
            t:is(#past.history('p5', 'w', nil, nil, 10), 3)
            t:is(#past.runs('p5', 'w', 10), 1)
            workflows.advance_clock(30 * 24 * 3600 + 10)
            workflows.run('p5', 'w')
            sweeper.wake()
            support.wait_until(function()
                return #past.runs('p5', 'w', 10) == 1
            end)
            t:is(#past.history('p5', 'w', nil, nil, 10), 1, 'that of the run that goes on')
            t:is(#past.runs('p5', 'forever', 10), 1, "a run that goes on stays, and is in nobody's way")
            run.stop('p5', 'w', 'marge')
            local again = workflows.take()
            t:is(again.id, forever.id)
            workflows.advance(again, { 0, 'stopped' })
            workflows.settle(again, 'finish', { result = '1' })
        end,
    },
    {
        'the oldest history goes first when there is too much of it',
        function(t)
            workflows.create('p8', 'w', { 'a' })
            workflows.run('p8', 'w')
            local job = workflows.take()
            local most = sweeper.MAX_HISTORY
            sweeper.MAX_HISTORY = 100
            for attempt = 1, 700 do
                workflows.advance(
                    job,
                    { 1, 'running', { attempt = attempt } },
                    { 1, 'rerun', { attempt = attempt, code = 1 } }
                )
            end
            support.wait_until(function()
                return box.space.workflow_history:len() <= 1100
            end)
            sweeper.MAX_HISTORY = most
            t:is(past.history('p8', 'w', 'a', nil, 1)[1].status, 'rerun', 'the newest is there')
            workflows.advance(job, { 0, 'stopped' })
            workflows.settle(job, 'finish', { result = '1' })
        end,
    },
    {
        'lists are read in pages, by names, and have projects without workflows',
        function(t)
            tree.create({ 'q0', 7, {} })
            local list = {}
            for i = 1, 501 do
                list[i] = { ('w%03d'):format(i), box.NULL, box.NULL }
            end
            tree.create({ 'q1', box.NULL, list })
            tree.create({ 'q2', box.NULL, { { 'w', box.NULL, box.NULL } } })
            local rows, pages = {}, 0
            local after, has_more
            repeat
                local page
                has_more, page = read.list(nil, after)
                pages = pages + 1
                for _, row in ipairs(page) do
                    if row[1]:startswith('q') then
                        table.insert(rows, row[1] .. '/' .. tostring(row[3]))
                    end
                end
                after = { page[#page][1], page[#page][3] or '' }
            until not has_more
            t:ok(pages >= 2)
            t:is(#rows, 503)
            t:is_deeply({ rows[1], rows[2], rows[502], rows[503] }, { 'q0/nil', 'q1/w001', 'q1/w501', 'q2/w' })
            local _, of_one = read.list('q1', { 'q1', 'w499' })
            t:is_deeply({ #of_one, of_one[1][3] }, { 2, 'w500' })
            t:is_deeply({ read.list('q0') }, { false, { { 'q0', 7 } } })
            t:is_deeply({ read.list('q0', { 'q0', '' }) }, { false, {} })
        end,
    },
    {
        'a read in pages notices when the tree changes, and changes of statuses are told by the mark',
        function(t)
            workflows.create('p6', 'w', { 'a', 'b', 'c' })
            local head, next_after, rows = read.status('p6', 'w', { after = 0, limit = 2 })
            t:is_deeply({ next_after, rows[1][1], rows[2][1] }, { 2, 'a', 'b' })
            local page = { after = 2, limit = 2, layout = head[12] }
            local _
            _, next_after, rows = read.status('p6', 'w', page)
            t:is_deeply({ next_after, rows[1][1], rows[1][2] }, { box.NULL, 'c', 3 })
            t:is_deeply({ select(2, read.changed(head[1], box.NULL, head[12], head[13])) }, { {} })
            run.set_status({ project = 'p6', workflow = 'w', task = 'b' }, 'error', 'marge')
            local newer, changed = read.changed(head[1], box.NULL, head[12], head[13])
            t:is_deeply({ #changed, changed[1][1], changed[1][2], changed[1][5] }, { 1, 'b', 2, 'error' })
            t:ok(newer[13] > head[13])
            workflows.create('p6', 'w', { 'd' })
            t:is(support.raised(read.status, 'p6', 'w', page), 'WORKFLOW_CHANGED')
            t:is(support.raised(read.dump, 'p6', 'w', page), 'WORKFLOW_CHANGED')
            t:is((select(2, read.changed(head[1], box.NULL, head[12], head[13]))), box.NULL)
            t:is(support.raised(read.changed, 0, box.NULL, 0, 0), 'WORKFLOW_NOT_FOUND')
        end,
    },
    {
        'history of a task is found by its name also after it was replaced, and in pages',
        function(t)
            workflows.create('p7', 'w', { 'a', 'ab' })
            for _, status in ipairs({ 'error', 'success', 'killed' }) do
                run.set_status({ project = 'p7', workflow = 'w', task = 'a' }, status, 'marge')
            end
            run.set_status({ project = 'p7', workflow = 'w', task = 'ab' }, 'error', 'marge')
            tree.update(workflows.document('p7', 'w', { 'a' }))
            local rows = past.history('p7', 'w', 'a', nil, 2)
            t:is_deeply({ rows[1].status, rows[2].status, #rows }, { 'killed', 'success', 2 })
            rows = past.history('p7', 'w', 'a', rows[2].id, 2)
            t:is_deeply({ rows[1].status, #rows }, { 'error', 1 })
            tree.delete({ 'p7', box.NULL, { { 'w', box.NULL, { { 'a' } } } } })
            t:is(#past.history('p7', 'w', 'a', nil, 10), 3)
            t:is(support.raised(past.history, 'p7', 'w', 'none', nil, 10), 'WORKFLOW_NOT_FOUND')
        end,
    },
})
