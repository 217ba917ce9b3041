-- Votes on cases and the register of car owners (docs/traffic.md). Times are seconds of the epoch, money is in
-- millionths. Cases are named by their `no`.

local function create_specialists()
    local specialists = box.schema.space.create('specialists', {
        format = {
            { 'user_id', 'unsigned' },
            { 'skill', 'unsigned' }, -- 1 to 100
            { 'wallet', 'unsigned' }, -- millionths
            { 'votes', 'unsigned' },
            { 'right', 'unsigned' }, -- votes that were decided as the specialist voted
            { 'wrong', 'unsigned' },
            { 'streak', 'unsigned' }, -- right ones since the last wrong one, in order of decision
            -- The last decided votes at the present skill since it changed, oldest first: '+' right, '-' wrong.
            { 'window', 'string' },
            { 'pairs', 'unsigned' }, -- of a vote with another one of the same round
            { 'agreed', 'unsigned' }, -- of them, those that say the same
        },
    })
    specialists:create_index('pk', { parts = { 'user_id' } })
    specialists:create_index('skill', { parts = { 'skill', 'user_id' } })
end

local function create_votes()
    box.schema.sequence.create('vote_id')
    local votes = box.schema.space.create('votes', {
        format = {
            { 'id', 'unsigned' },
            { 'case_no', 'unsigned' },
            { 'user_id', 'unsigned' },
            { 'level', 'unsigned' }, -- skill_value of the case
            { 'vote', 'string' }, -- justify, convict
            { 'at', 'number' },
            { 'right', 'boolean', is_nullable = true }, -- null until the case is decided
            { 'reward', 'unsigned' }, -- millionths
        },
    })
    votes:create_index('pk', { parts = { 'id' }, sequence = 'vote_id' })
    votes:create_index('case', { parts = { 'case_no', 'level', 'user_id' } })
    votes:create_index('user', { parts = { 'user_id', 'id' } })
end

-- Sums over all votes and decisions (tarantool/traffic/votes/counts.lua).
local function create_counts()
    local counts = box.schema.space.create('vote_counts', {
        format = {
            { 'kind', 'string' },
            { 'key', 'string' },
            { 'step', 'unsigned' },
            { 'count', 'unsigned' },
        },
    })
    counts:create_index('pk', { parts = { 'kind', 'key', 'step' } })
end

local function create_rounds()
    -- An open case and the votes it wants at its level: votes cast, holds and places make `wanted`.
    local rounds = box.schema.space.create('case_rounds', {
        format = {
            { 'case_no', 'unsigned' },
            { 'level', 'unsigned' },
            { 'wanted', 'unsigned' },
            { 'places', 'unsigned' }, -- votes missing that nobody holds the case for
            { 'queue', 'unsigned' }, -- the level; 0 while no place is free
            { 'rank', 'unsigned' }, -- random
            -- Specialists who voted, hold the case or let it go at this level (tarantool/traffic/votes/had.lua).
            { 'had', 'string' },
        },
    })
    rounds:create_index('pk', { type = 'HASH', parts = { 'case_no' } })
    rounds:create_index('rank', { parts = { 'queue', 'rank', 'case_no' } })
    rounds:create_index('had', { parts = { 'queue', 'had', 'rank', 'case_no' } })
end

local function create_holds()
    local holds = box.schema.space.create('case_holds', {
        format = {
            { 'user_id', 'unsigned' },
            { 'case_no', 'unsigned' },
            { 'ends_at', 'number' },
        },
    })
    holds:create_index('pk', { parts = { 'user_id' } })
    holds:create_index('case', { parts = { 'case_no', 'user_id' } })
    holds:create_index('ends_at', { parts = { 'ends_at', 'user_id' } })
    -- Holds that lapsed, as long as the case is at that level.
    local lapses = box.schema.space.create('case_lapses', {
        format = {
            { 'user_id', 'unsigned' },
            { 'level', 'unsigned' },
            { 'case_no', 'unsigned' },
        },
    })
    lapses:create_index('pk', { parts = { 'user_id', 'level', 'case_no' } })
    lapses:create_index('case', { parts = { 'case_no', 'user_id' } })
end

-- Convicted cases by the time of their decision.
local function create_convictions()
    local convictions = box.schema.space.create('case_convictions', {
        format = {
            { 'at', 'number' },
            { 'case_no', 'unsigned' },
        },
    })
    convictions:create_index('pk', { parts = { 'at', 'case_no' } })
end

local function create_owners()
    local owners = box.schema.space.create('car_owners', {
        format = {
            { 'car_number', 'string' },
            { 'phone_number', 'string', is_nullable = true },
            { 'email', 'string', is_nullable = true },
            { 'tg', 'string', is_nullable = true },
            { 'vk', 'string', is_nullable = true },
        },
    })
    owners:create_index('pk', { parts = { 'car_number' } })
end

local function up()
    create_specialists()
    create_votes()
    create_counts()
    create_rounds()
    create_holds()
    create_convictions()
    create_owners()
end

return { up = up }
