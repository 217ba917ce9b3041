-- Votes: who gets which case, and what votes decide.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local votes = require('traffic.votes_support')
local had = require('traffic.votes.had')
local holds = require('traffic.votes.holds')
local recount = require('traffic.votes.recount')
local rules = require('traffic.votes.rules')
local vote = require('traffic.votes.vote')

support.start_app()

local function status_of(no)
    local case = box.space.cases:get({ no })
    return case.status .. ' ' .. case.skill_value
end

local function standing(user_id)
    local row = box.space.specialists:get({ user_id })
    return { skill = row.skill, wallet = row.wallet, right = row.right, wrong = row.wrong, streak = row.streak }
end

local function invariant(t, what)
    for _, round in box.space.case_rounds:pairs() do
        local cast = box.space.votes.index.case:count({ round.case_no, round.level })
        local held = box.space.case_holds.index.case:count({ round.case_no })
        if cast + held + round.places ~= round.wanted then
            t:fail(what .. ': votes, holds and places of a round make the votes wanted')
        end
    end
end

support.run('votes', {
    {
        'a vote of the same kind by three decides; each gets a reward',
        function(t)
            votes.clear()
            local a, b, c = votes.specialist('a1'), votes.specialist('b1'), votes.specialist('c1')
            local no = votes.case()
            t:is(votes.vote(a, 'convict'), no)
            t:is(votes.vote(b, 'convict'), no)
            t:is(status_of(no), 'initiated 1')
            t:is(votes.vote(c, 'convict'), no)
            t:is(status_of(no), 'convicted 1')
            t:is_deeply(standing(a), { skill = 1, wallet = 1000000, right = 1, wrong = 0, streak = 1 })
            t:is(box.space.case_convictions:len(), 1)
            t:is(box.space.case_rounds:len(), 0)
            t:is(votes.take(a), 'NO_CASE_LEFT')
            t:is(support.raised(vote.vote, a, 'convict'), 'NO_CASE_HELD')
        end,
    },
    {
        'different votes extend the case to specialists of the next skill',
        function(t)
            votes.clear()
            local low = { votes.specialist('a2'), votes.specialist('b2'), votes.specialist('c2') }
            local no = votes.case()
            votes.vote(low[1], 'convict')
            votes.vote(low[2], 'justify')
            votes.vote(low[3], 'convict')
            t:is(status_of(no), 'extended 2')
            t:is(votes.take(low[1]), 'NO_CASE_LEFT')
            for i = 1, 3 do
                votes.vote(votes.specialist('high2' .. i, 2), 'justify')
            end
            t:is(status_of(no), 'justified 2')
            t:is(standing(low[1]).wallet, 0)
            t:is(standing(low[1]).wrong, 1)
            t:is(standing(low[2]).wallet, 1000000)
            t:is(box.space.case_convictions:len(), 0)
        end,
    },
    {
        'at skill 100 the majority decides',
        function(t)
            votes.clear()
            local no = votes.case(100)
            local said = { 'convict', 'justify', 'convict' }
            for i = 1, 3 do
                votes.vote(votes.specialist('top' .. i, 100), said[i])
            end
            t:is(status_of(no), 'convicted 100')
        end,
    },
    {
        'a specialist who voted at two levels gets one reward',
        function(t)
            votes.clear()
            local a = votes.specialist('a3')
            votes.case()
            votes.vote(a, 'convict')
            votes.vote(votes.specialist('b3'), 'justify')
            votes.vote(votes.specialist('c3'), 'justify')
            box.space.specialists:update({ a }, { { '=', 'skill', 2 } })
            votes.vote(a, 'convict')
            votes.vote(votes.specialist('d3', 2), 'convict')
            votes.vote(votes.specialist('e3', 2), 'convict')
            t:is_deeply(standing(a), { skill = 2, wallet = 1000000, right = 2, wrong = 0, streak = 2 })
        end,
    },
    {
        'no more specialists hold a case than votes are missing, and asking again gives the same case',
        function(t)
            votes.clear()
            local no = votes.case()
            local ids = {}
            for i = 1, 4 do
                ids[i] = votes.specialist('hold' .. i)
            end
            for i = 1, 3 do
                t:is(votes.take(ids[i]), no)
            end
            t:is(votes.take(ids[4]), 'NO_CASE_LEFT')
            local ends_at = box.space.case_holds:get({ ids[1] }).ends_at
            votes.advance(1)
            t:is(votes.take(ids[1]), no)
            t:is(box.space.case_holds:get({ ids[1] }).ends_at, ends_at, 'asking again does not prolong the hold')
            vote.vote(ids[1], 'convict')
            t:is(votes.take(ids[4]), 'NO_CASE_LEFT')
            invariant(t, 'three places')
        end,
    },
    {
        'a hold that lapsed frees the place for others first',
        function(t)
            votes.clear()
            local no = votes.case()
            local ids = {}
            for i = 1, 4 do
                ids[i] = votes.specialist('lapse' .. i)
            end
            votes.take(ids[1])
            votes.advance(1801)
            t:is(support.raised(vote.vote, ids[1], 'convict'), 'NO_CASE_HELD')
            t:is(holds.lapse_some(), false)
            t:is(votes.take(ids[1]), 'NO_CASE_LEFT', 'others of the skill are left')
            t:is(votes.vote(ids[2], 'convict'), no)
            t:is(votes.vote(ids[3], 'convict'), no)
            t:is(votes.take(ids[1]), 'NO_CASE_LEFT', 'one other is left')
            box.space.users:update({ ids[4] }, { { '=', 'enabled', false } })
            t:is(votes.take(ids[1]), no, 'nobody else is left')
            vote.vote(ids[1], 'convict')
            t:is(status_of(no), 'convicted 1')
            t:is(box.space.case_lapses:len(), 0)
        end,
    },
    {
        'a hold that is over lapses when its specialist asks before the fiber has come to it',
        function(t)
            votes.clear()
            local no = votes.case()
            local a = votes.specialist('early')
            votes.take(a)
            votes.advance(1801)
            t:is(votes.take(a), no, 'nobody else is there')
            invariant(t, 'an early lapse')
        end,
    },
    {
        'the fiber lets cases go',
        function(t)
            votes.clear()
            votes.case()
            votes.take(votes.specialist('fiber'))
            votes.advance(1801)
            holds.wake()
            support.wait_until(function()
                return box.space.case_holds:len() == 0
            end)
            t:is(box.space.case_lapses:len(), 1)
            invariant(t, 'the fiber')
        end,
    },
    {
        'a specialist gets every case of the skill once, in random order, and none of another skill',
        function(t)
            votes.clear()
            local numbers = votes.cases(200)
            votes.cases(20, 2)
            local a, b = votes.specialist('all1'), votes.specialist('all2')
            local seen, order = {}, {}
            for i = 1, #numbers do
                local no = votes.vote(a, 'convict')
                order[i] = no
                t:is(seen[no], nil)
                seen[no] = true
                if i % 3 == 0 then
                    votes.vote(b, 'convict')
                end
            end
            t:is(votes.take(a), 'NO_CASE_LEFT')
            local sorted = { unpack(order) }
            table.sort(sorted)
            t:isnt(table.concat(order, ' '), table.concat(sorted, ' '))
            t:is_deeply(sorted, numbers)
            t:ok(votes.take(b) ~= 'NO_CASE_LEFT')
            invariant(t, 'all cases')
        end,
    },
    {
        'sets of specialists are texts in order',
        function(t)
            local set = had.add(had.add(had.add(had.NOBODY, 17), 3), 255)
            t:is(set, '00000003;00000011;000000ff;')
            t:is(had.add(set, 17), set)
            t:is(had.has(set, 3), true)
            t:is(had.has(set, 1), false)
            t:ok(had.after(set, 17) > had.add(set, 18))
            t:ok(had.after(set, 17) < had.add(had.add(had.NOBODY, 3), 18))
        end,
    },
    {
        'the skill follows the last twenty votes at it, and the window starts anew with each change',
        function(t)
            local now = { skill = 1, window = '', streak = 0, right = 0, wrong = 0 }
            for _ = 1, 19 do
                rules.count_decided(now, 1, true)
            end
            rules.count_decided(now, 2, true)
            t:is(now.skill, 1)
            rules.count_decided(now, 1, true)
            t:is(now.skill, 2)
            for _ = 1, 9 do
                rules.count_decided(now, 2, false)
            end
            t:is(now.skill, 2)
            rules.count_decided(now, 2, false)
            t:is(now.skill, 1)
            t:is(now.window, '')
            for _ = 1, 30 do
                rules.count_decided(now, 1, false)
            end
            t:is(now.skill, 1, 'never below 1')
        end,
    },
    {
        'a recount finds what does not follow from the votes',
        function(t)
            votes.clear()
            votes.cases(15)
            for i = 1, 3 do
                local id = votes.specialist('count' .. i)
                for _ = 1, 15 do
                    votes.vote(id, 'convict')
                end
            end
            local specialists, cast, differing = recount.recount()
            t:is_deeply({ specialists, cast, differing }, { 3, 45, 0 })
            local row = box.space.specialists.index.pk:min()
            box.space.specialists:update({ row.user_id }, { { '+', 'wallet', 1 } })
            local _, _, found, differences = recount.recount()
            t:is(found, 1)
            t:is_deeply(differences, { { row.user_id, 'wallet', row.wallet + 1, row.wallet } })
        end,
    },
})
