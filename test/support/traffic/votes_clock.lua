-- tarantool/app.lua with votes whose clock only tests advance, and procedures that make what they are about.

local tarantool_dir = os.getenv('SVODKA_PROJECT_DIR') .. '/tarantool'
package.path = tarantool_dir .. '/?.lua;' .. package.path
local exports = require('exports')
local uuid = require('uuid')
local accounts = require('users.accounts')
local cases = require('traffic.cases.state')
local clock = require('traffic.votes.clock')
local holds = require('traffic.votes.holds')

local now_s = 1800000000
local next_no = 0

function clock.now()
    return now_s
end

-- Advances the clock; all holds that are over lapse.
exports.common['svodka.test.votes_advance'] = function(seconds)
    now_s = now_s + seconds
    while holds.lapse_some() do
    end
end

-- Removes all cases and specialists.
exports.common['svodka.test.votes_clear'] = function()
    for _, name in ipairs({
        'cases',
        'case_counts',
        'case_history',
        'case_rounds',
        'case_holds',
        'case_lapses',
        'case_convictions',
        'votes',
        'vote_counts',
        'specialists',
    }) do
        box.space[name]:truncate()
    end
end

-- A new specialist; window: the last decided votes. Returns the id.
exports.common['svodka.test.votes_specialist'] = function(skill, window)
    local user = accounts.add(uuid.str(), nil, { 'specialist' })
    box.space.specialists:insert({ user.id, skill, 0, 0, 0, 0, 0, window, 0, 0 })
    return user.id
end

-- A new case; returns its number.
exports.common['svodka.test.votes_case'] = function(skill)
    next_no = next_no + 1
    box.atomic(cases.insert, {
        next_no,
        uuid.str(),
        '1ABC2377',
        'camera',
        'violation',
        '62km/h',
        skill,
        now_s,
        'initiated',
        now_s,
        now_s,
        'camerus1',
        1,
        'hash',
        1,
        'image/png',
        uuid.str(),
        '',
    })
    return next_no
end

-- All cases as {no, status, level}, and all rows of specialists.
exports.common['svodka.test.votes_rows'] = function()
    local found = {}
    for _, case in box.space.cases:pairs() do
        table.insert(found, { case.no, case.status, case.skill_value })
    end
    return found, box.space.specialists:select()
end

dofile(tarantool_dir .. '/app.lua')
