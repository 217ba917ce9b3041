-- replication, replication/leadership and replication/position: which instance is the primary, and when it stops.
-- Tests that run a real second instance:
-- test/integration/replication and test/fault/takeover.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fiber = require('fiber')
local support = require('support')
local export = require('lib.export')
local imports = require('census.imports')
local position = require('replication.position')
local leadership = require('replication.leadership')

local WRITERS = 8
local OTHER = '11111111-1111-1111-1111-111111111111'

support.start_app()

local create = export.wrap('create', imports.create)

-- Writers that store imports until they are refused. Returns a list that gets the code of each one's end.
local function write_on()
    local ends = {}
    for _ = 1, WRITERS do
        fiber.create(function()
            while true do
                local ok, code = create(support.rows(1, 3), 1)
                if not ok then
                    table.insert(ends, code)
                    return
                end
            end
        end)
    end
    return ends
end

local function refuses_after(t, finish)
    local ends = write_on()
    fiber.sleep(0.05)
    finish()
    local lsn = box.info.lsn
    t:is(box.info.ro, true)
    support.wait_until(function()
        return #ends == WRITERS
    end)
    t:is(box.info.lsn, lsn, 'nothing is written behind it')
    for _, code in ipairs(ends) do
        t:is(code, 'READ_ONLY')
    end
    box.cfg({ read_only = false })
end

support.run('replication', {
    {
        'how many writes one position has more than another',
        function(t)
            t:is(position.missing({ 5, 2 }, { 5, 2 }), 0)
            t:is(position.missing({ 5, 2 }, { 4, 2 }), 0, 'who is ahead misses nothing')
            t:is(position.missing({ 5, 2 }, { 7, 3 }), 3)
            t:is(position.missing({ 5 }, { 5, 2 }), 2, 'an instance that is not known')
            t:is(position.missing({ [2] = 9 }, { 1 }), 1, 'more of another does not make up for it')
        end,
    },
    {
        'a position goes over the wire flat, and comes back as it was',
        function(t)
            local here = position.now()
            t:is(here[1], tonumber(box.info.lsn))
            t:is(here[0], nil, 'without what is local')
            t:is_deeply(position.from_flat(position.flat(here)), here)
        end,
    },
    {
        'data of one instance make it the primary of the first term',
        function(t)
            t:is(leadership.term(), 1)
            t:is(leadership.is_ours(), true)
        end,
    },
    {
        'an ordered stop amid writes: its mark is the last write, and the next start takes it away',
        function(t)
            refuses_after(t, leadership.close)
            t:is(leadership.row().is_closed, true)
            t:is(leadership.is_ours(), true)
            leadership.open()
            t:is(leadership.row().is_closed, false)
        end,
    },
    {
        'a handover amid writes: it is the last write, and the term is the next one',
        function(t)
            refuses_after(t, function()
                leadership.hand_over(OTHER)
            end)
            t:is(leadership.term(), 2)
            t:is(leadership.is_ours(), false)
            leadership.pass_to(box.info.uuid)
            t:is(leadership.term(), 3)
            t:is(leadership.is_ours(), true)
        end,
    },
})
