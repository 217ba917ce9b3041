-- The rules of voting, as functions of values alone (docs/traffic.md).

local M = {}

M.JUSTIFY = 'justify'
M.CONVICT = 'convict'

M.INITIATED = 'initiated'
M.EXTENDED = 'extended'
M.JUSTIFIED = 'justified'
M.CONVICTED = 'convicted'

M.MIN_SKILL = 1
M.MAX_SKILL = 100

-- The skill rises when all of so many decided votes at it were right, and falls when this many of them were wrong.
M.WINDOW = 20
M.WRONG_TO_FALL = 10

local STATUS_OF = { [M.JUSTIFY] = M.JUSTIFIED, [M.CONVICT] = M.CONVICTED }

-- The status that all votes of a round give its case. votes: a list of an odd number of them.
function M.decide(votes, level)
    local convict = 0
    for _, vote in ipairs(votes) do
        if vote == M.CONVICT then
            convict = convict + 1
        end
    end
    if convict == 0 then
        return M.JUSTIFIED
    elseif convict == #votes then
        return M.CONVICTED
    elseif level < M.MAX_SKILL then
        return M.EXTENDED
    end
    return convict * 2 > #votes and M.CONVICTED or M.JUSTIFIED
end

-- Whether a vote says what the status of a closed case says.
function M.is_right(vote, status)
    return STATUS_OF[vote] == status
end

local function count_wrong(window)
    local _, count = window:gsub('%-', '-')
    return count
end

-- The skill and the window after a decided vote at `level`.
local function advance(skill, window, level, is_right)
    if level ~= skill then
        return skill, window
    end
    window = (window .. (is_right and '+' or '-')):sub(-M.WINDOW)
    local wrong = count_wrong(window)
    if #window == M.WINDOW and wrong == 0 and skill < M.MAX_SKILL then
        return skill + 1, ''
    elseif wrong >= M.WRONG_TO_FALL and skill > M.MIN_SKILL then
        return skill - 1, ''
    end
    return skill, window
end

-- What a decided vote makes of a specialist. standing: {skill, window, streak, right, wrong}; it is changed.
function M.count_decided(standing, level, is_right)
    standing.skill, standing.window = advance(standing.skill, standing.window, level, is_right)
    if is_right then
        standing.right = standing.right + 1
        standing.streak = standing.streak + 1
    else
        standing.wrong = standing.wrong + 1
        standing.streak = 0
    end
end

return M
