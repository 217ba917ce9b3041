-- Reservations of names by sessions, which end with the session. They are kept in memory only: after a restart nothing
-- is held.

local M = {}

-- on_end: function(name), called when a hold is given up or its session ends; must neither write nor yield. on_over:
-- nil, or function(name), called when a hold is over, however it ended, and before on_end; must not yield either.
-- Returns the functions below. Names are numbers or strings.
function M.create(on_end, on_over)
    local hold_of = {}
    -- session id -> {[name] = true}, so that ending a session costs only what it held.
    local names_of = {}
    local holds = {}

    function holds.is_held(name)
        return hold_of[name] ~= nil
    end

    -- Whether this session holds the name and is not just spending it.
    function holds.is_mine(name)
        local hold = hold_of[name]
        return hold ~= nil and hold.session_id == box.session.id() and not hold.is_spending
    end

    -- Reserves a name for this session. The name must be free. token: nil, or a second name that only this session uses
    -- for it.
    function holds.take(name, token)
        local session_id = box.session.id()
        hold_of[name] = { session_id = session_id, token = token }
        names_of[session_id] = names_of[session_id] or {}
        names_of[session_id][name] = true
    end

    -- The name that this session holds under the token, or nil. O(what the session holds).
    function holds.find(token)
        for name in pairs(names_of[box.session.id()] or {}) do
            if token ~= nil and hold_of[name].token == token then
                return name
            end
        end
    end

    -- Whether the name is held under this token; for nil: without a token.
    function holds.is_called(name, token)
        local hold = hold_of[name]
        return hold ~= nil and hold.token == token
    end

    -- Ends a hold without calling on_end. O(1).
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
        if on_over ~= nil then
            on_over(name)
        end
    end

    local function let_go(name)
        local hold = hold_of[name]
        if hold.is_spending then
            -- The commit of work() is waiting for the log; only after it is known what has to be ended.
            hold.is_given_up = true
        else
            holds.drop(name)
            on_end(name)
        end
    end

    -- Has no effect on a hold of another session.
    function holds.give_up(name)
        local hold = hold_of[name]
        if hold ~= nil and hold.session_id == box.session.id() then
            let_go(name)
        end
    end

    -- Runs work(...), which commits. If it succeeds, the hold ends without on_end; if it raises, the hold stays, unless
    -- it was given up in the meantime. During work() the name stays held even if the session ends. Returns the first
    -- result of work.
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

    -- Makes holds end with their sessions from now on. Requires a configured box.
    function holds.end_with_sessions()
        box.session.on_disconnect(function()
            -- A copy, because the table is dropped with its last name.
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
