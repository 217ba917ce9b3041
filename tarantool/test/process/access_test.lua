-- lib/access and lib/export: permissions. The application's user may run its procedures and nothing else.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local access = require('process.access')
local export = require('lib.export')
local exports = support.procedures()

support.start_app()

local function refused(t, what, attempt, ...)
    local ok, reason = pcall(box.session.su, support.user, attempt, ...)
    t:is(not ok and reason.code, box.error.ACCESS_DENIED, what)
end

local function grants_on_functions(user)
    local names = {}
    for _, privilege in ipairs(box.schema.user.info(user)) do
        if privilege[2] == 'function' then
            table.insert(names, privilege[3])
        end
    end
    table.sort(names)
    return names
end

local function names_of(procedures)
    local names = {}
    for name in pairs(procedures) do
        table.insert(names, name)
    end
    table.sort(names)
    return names
end

support.run('access', {
    {
        'a second start with the same settings writes nothing, and one with another password sets that',
        function(t)
            local before = box.info.lsn
            access.setup(support.user, support.password)
            export.publish(exports, support.user, 'svodka.')
            t:is(box.info.lsn, before)
            access.setup_replication('follower', 'one')
            before = box.info.lsn
            access.setup_replication('follower', 'one')
            t:is(box.info.lsn, before)
            access.setup_replication('follower', 'two')
            t:is(box.info.lsn, before + 1)
            box.schema.user.drop('follower')
        end,
    },
    {
        'the application may not call what is withheld from it, also when an earlier version allowed it',
        function(t)
            local withheld = require('work.wing').executor_only_procedures
            t:ok(#withheld >= 10)
            export.publish(exports, support.user, 'svodka.', withheld)
            local expected = {}
            for name in pairs(exports) do
                expected[name] = true
            end
            for _, name in ipairs(withheld) do
                t:ok(expected[name], name)
                expected[name] = nil
            end
            t:is_deeply(grants_on_functions(support.user), names_of(expected))
            t:ok(expected['svodka.jobs.text'], 'the service reads texts too')
            local before = box.info.lsn
            export.publish(exports, support.user, 'svodka.', withheld)
            t:is(box.info.lsn, before)
            export.publish(exports, support.user, 'svodka.')
        end,
    },
    {
        'the application may call each exported procedure',
        function(t)
            for name in pairs(exports) do
                local ok, reason = pcall(box.session.su, support.user, function()
                    box.func[name]:call({})
                end)
                t:ok(ok, ('%s: %s'):format(name, ok and 'runs' or reason))
            end
        end,
    },
    {
        'the application may read and write no space and change no schema (over the wire: test/e2e/rights)',
        function(t)
            box.schema.func.create('of_others')
            for _, space in box.space._space:pairs() do
                local name = space.name
                if box.space[name].index[0] ~= nil then
                    refused(t, 'a select from ' .. name, function()
                        box.space[name]:select({}, { limit = 1 })
                    end)
                end
                refused(t, 'an insert into ' .. name, function()
                    return box.space[name]:insert({ 1 })
                end)
            end
            refused(t, 'a new space', box.schema.space.create, 'mine')
            refused(t, 'a new user', box.schema.user.create, 'mine')
            refused(t, 'a right for itself', box.schema.user.grant, support.user, 'super')
            refused(t, "a call of another's function", function()
                box.func.of_others:call({})
            end)
        end,
    },
    {
        'guest has no right at all',
        function(t)
            t:is_deeply(box.schema.user.info('guest'), {})
        end,
    },
    {
        'setting up twice changes nothing, but the password is the new one',
        function(t)
            local function secret()
                return box.space._user.index.name:get({ support.user })[5]['chap-sha1']
            end
            local rights = box.schema.user.info(support.user)
            access.setup(support.user, 'another')
            t:is(secret(), box.schema.user.password('another'))
            access.setup(support.user, support.password)
            t:is(secret(), box.schema.user.password(support.password))
            t:is_deeply(box.schema.user.info(support.user), rights)
        end,
    },
    {
        'grants are exactly the exported procedures',
        function(t)
            t:is_deeply(grants_on_functions(support.user), names_of(exports))
        end,
    },
    {
        'what is not exported any more is dropped with its grant; functions of others stay',
        function(t)
            local more = { ['svodka.old.one'] = function() end, ['svodka.old.two'] = function() end }
            for name, procedure in pairs(exports) do
                more[name] = procedure
            end
            export.publish(more, support.user, 'svodka.')
            t:is_deeply(grants_on_functions(support.user), names_of(more))
            export.publish(exports, support.user, 'svodka.')
            t:is_deeply(grants_on_functions(support.user), names_of(exports))
            t:is(box.schema.func.exists('svodka.old.one'), false)
            t:is(box.schema.func.exists('of_others'), true)
        end,
    },
    {
        'an executor may call what it needs and nothing else, and a second start writes nothing',
        function(t)
            local names = require('work.wing').executor_procedures
            local sorted = { unpack(names) }
            table.sort(sorted)
            access.setup('executor', 'one')
            export.allow('executor', names)
            t:is_deeply(grants_on_functions('executor'), sorted)
            local before = box.info.lsn
            access.setup('executor', 'one')
            export.allow('executor', names)
            t:is(box.info.lsn, before)
            local ok, reason = pcall(box.session.su, 'executor', function()
                box.func['svodka.jobs.create']:call({})
            end)
            t:is(not ok and reason.code, box.error.ACCESS_DENIED)
            export.allow('executor', { names[1], 'svodka.not.there' })
            t:is_deeply(grants_on_functions('executor'), { names[1] })
            box.schema.user.drop('executor')
        end,
    },
})
