-- What belongs to one session and ends with it. In memory alone: after a restart nobody holds anything.

local M = {}

-- on_end: function(name), called when a hold is given up or its session ends; it must neither write nor yield.
-- Returns the functions below. Names are numbers or strings.
function M.create(on_end)
    local hold_of = {}
    -- session id -> {[name] = true}, so that the end of a session costs what it held and no more.
    local names_of = {}
    local holds = {}

    function holds.is_held(name)
        return hold_of[name] ~= nil
    end

    -- Whether this session has it and is not just spending it.
    function holds.is_mine(name)
        local hold = hold_of[name]
        return hold ~= nil and hold.session_id == box.session.id() and not hold.is_spending
    end

    -- For this session; nobody may have it. token: nil, or what this session alone calls it by.
    function holds.take(name, token)
        local session_id = box.session.id()
        hold_of[name] = { session_id = session_id, token = token }
        names_of[session_id] = names_of[session_id] or {}
        names_of[session_id][name] = true
    end

    -- The name of what this session holds under the token, or nil. O(what the session holds).
    function holds.find(token)
        for name in pairs(names_of[box.session.id()] or {}) do
            if token ~= nil and hold_of[name].token == token then
                return name
            end
        end
    end

    -- Whether it is held under this token, or without one when that is nil.
    function holds.is_called(name, token)
        local hold = hold_of[name]
        return hold ~= nil and hold.token == token
    end

    -- Without on_end. O(1).
    function holds.drop(name)
        local hold = hold_of[name]
        if hold == nil then
            return
        end
        hold_of[name] = nil
        local names = names_of[hold.session_id]
        names[name] = nil
        if next(names) == nil then
            names_of[hold.session_id] = nil
        end
    end

    local function let_go(name)
        local hold = hold_of[name]
        if hold.is_spending then
            -- Its commit waits for the log: only then is it known what there is to end.
            hold.is_given_up = true
        else
            holds.drop(name)
            on_end(name)
        end
    end

    -- Without effect on what another session holds.
    function holds.give_up(name)
        local hold = hold_of[name]
        if hold ~= nil and hold.session_id == box.session.id() then
            let_go(name)
        end
    end

    -- Runs work(...), which commits. When it works the hold is over, without on_end. When it raises the hold stays,
    -- unless it was given up meanwhile. Until then it is held, whatever becomes of the session. Returns what work
    -- returns first.
    function holds.spend(name, work, ...)
        local hold = hold_of[name]
        hold.is_spending = true
        local ok, result = pcall(work, ...)
        hold.is_spending = false
        if ok then
            holds.drop(name)
            return result
        end
        if hold.is_given_up then
            let_go(name)
        end
        error(result, 0)
    end

    -- From now on what a session holds ends with it. Needs a box that is configured.
    function holds.end_with_sessions()
        box.session.on_disconnect(function()
            -- A copy of the names: letting go of the last one drops the table.
            local ending = {}
            for name in pairs(names_of[box.session.id()] or {}) do
                table.insert(ending, name)
            end
            for _, name in ipairs(ending) do
                let_go(name)
            end
        end)
    end

    return holds
end

return M
