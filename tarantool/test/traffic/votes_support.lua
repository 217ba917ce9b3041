-- Shared by the Lua tests of votes: users, cases, and a clock that the tests advance.

local fio = require('fio')
local uuid = require('uuid')

package.path = fio.dirname(fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))) .. '/?.lua;' .. package.path
local clock = require('traffic.votes.clock')
local system_clock = require('clock')

local M = {}

local moved_s = 0

function clock.now()
    return system_clock.time() + moved_s
end

-- Moves the clock of holds; their fiber does not notice.
function M.advance(seconds)
    moved_s = moved_s + seconds
end

-- A user who is a specialist of this skill; returns the id.
function M.specialist(name, skill)
    local user = require('users.accounts').add(name, nil, { 'user' })
    require('traffic.votes.specialists').verify(user.id, nil)
    box.space.specialists:update({ user.id }, { { '=', 'skill', skill or 1 } })
    return user.id
end

local next_no = 0

-- An open case of this skill; returns its number.
function M.case(skill)
    next_no = next_no + 1
    local now = clock.now()
    box.atomic(require('traffic.cases.state').insert, {
        next_no,
        uuid.str(),
        '1ABC2377',
        uuid.str(),
        uuid.str(),
        '62km/h',
        skill or 1,
        now,
        'initiated',
        now,
        now,
        'camerus1',
        1,
        'hash',
        1,
        'png',
        tostring(next_no),
        '',
    })
    return next_no
end

function M.cases(count, skill)
    local numbers = {}
    for i = 1, count do
        numbers[i] = M.case(skill)
    end
    return numbers
end

-- Takes away all cases and specialists, so that a test begins with none.
function M.clear()
    for _, name in ipairs({
        'cases',
        'case_history',
        'case_rounds',
        'case_holds',
        'case_lapses',
        'case_convictions',
        'votes',
        'specialists',
    }) do
        box.space[name]:truncate()
    end
end

-- The number of the case that the specialist gets, or the code of the refusal.
function M.take(user_id)
    local ok, case = pcall(require('traffic.votes.assign').take, user_id)
    return ok and case.no or case.code
end

-- The specialist takes a case and votes on it; returns its number.
function M.vote(user_id, vote)
    local no = M.take(user_id)
    require('traffic.votes.vote').vote(user_id, vote)
    return no
end

return M
