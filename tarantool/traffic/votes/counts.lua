-- How many votes say what, how often two of a round agree, and how long decisions took; kept up by the writes.

local M = {}

-- Times to a decision are counted in steps of a fourth of an octave: 0 is up to 1 s, 4 up to 2 s, 8 up to 4 s.
local STEPS_AN_OCTAVE = 4

local function add(kind, key, step, count)
    if count > 0 then
        box.space.vote_counts:upsert({ kind, key, step, count }, { { '+', 'count', count } })
    end
end

-- Part of a transaction. One more vote, which agrees with `agreed` of `pairs_count` others of its round.
function M.add_vote(vote, pairs_count, agreed)
    add('vote', vote, 0, 1)
    add('pair', 'agreed', 0, agreed)
    add('pair', 'differed', 0, pairs_count - agreed)
end

-- Part of a transaction. A case was closed so many seconds after it was stored.
function M.add_decision(status, seconds)
    local step = math.ceil(math.log(math.max(seconds, 1)) / math.log(2) * STEPS_AN_OCTAVE)
    add('decision', status, step, 1)
end

-- All counts, as {kind, key, step, count}: kind vote (key justify, convict), pair (agreed, differed) or decision (a
-- status; closed within 2^(step / 4) seconds). About 300 rows at most.
function M.list()
    return box.space.vote_counts:select()
end

return M
