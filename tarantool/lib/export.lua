-- Publishes procedures under global names, with an envelope around each answer:
--   true, results...        it worked
--   false, code, details    it did not, and left nothing behind

local log = require('log')
local activity = require('lib.activity')
local errors = require('lib.errors')

local M = {}

local function envelope(name, ok, ...)
    -- An error caught by pcall leaves its transaction open, in 2.6 as well as in 3.x.
    if box.is_in_txn() then
        box.rollback()
        if ok then
            log.error('%s left a transaction open', name)
            return false, 'INTERNAL', { message = name .. ' left a transaction open' }
        end
    end
    if ok then
        return true, ...
    end
    local code, details = errors.classify((...))
    if code == 'INTERNAL' then
        log.error('%s: %s', name, details.message)
    end
    return false, code, details
end

-- A MessagePack null arrives as box.NULL, which equals nil but counts as true. Procedures get nil instead.
local function without_nulls(count, value, ...)
    if count == 0 then
        return
    end
    if value == nil then
        value = nil
    end
    return value, without_nulls(count - 1, ...)
end

-- Wraps a procedure: its results get an envelope, and null arguments become nil.
function M.wrap(name, procedure)
    return function(...)
        activity.note()
        return envelope(name, pcall(procedure, without_nulls(select('#', ...), ...)))
    end
end

local function set_global(path, value)
    local place = _G
    local parts = path:split('.')
    for i = 1, #parts - 1 do
        local next_place = rawget(place, parts[i])
        if next_place == nil then
            next_place = {}
            rawset(place, parts[i], next_place)
        end
        place = next_place
    end
    rawset(place, parts[#parts], value)
end

-- Defines functions that return the envelope themselves.
function M.define_wrapped(functions)
    for name, each in pairs(functions) do
        set_global(name, each)
    end
end

-- procedures: {[name] = function}. Writes nothing: a replica gets the rights of its users from the primary.
function M.define(procedures)
    for name, procedure in pairs(procedures) do
        set_global(name, M.wrap(name, procedure))
    end
end

-- Grants `user` the right to execute exactly those of the published procedures that are in `names`; other names are
-- ignored. Writes nothing if nothing changes.
function M.allow(user, names)
    local allowed = {}
    for _, name in ipairs(names) do
        if box.schema.func.exists(name) then
            allowed[name] = true
            box.schema.user.grant(user, 'execute', 'function', name, { if_not_exists = true })
        end
    end
    for _, privilege in ipairs(box.schema.user.info(user)) do
        if privilege[2] == 'function' and not allowed[privilege[3]] then
            box.schema.user.revoke(user, 'execute', 'function', privilege[3])
        end
    end
end

-- Grants `user` the right to execute exactly these functions, which are defined already, but not those in the list
-- `withheld`, which other users call; functions that only an earlier version exported are dropped together with their
-- grants. prefix: the common start of all such names.
function M.grant(procedures, user, prefix, withheld)
    local is_withheld = {}
    for _, name in ipairs(withheld or {}) do
        is_withheld[name] = true
    end
    local names = {}
    for name in pairs(procedures) do
        box.schema.func.create(name, { setuid = true, if_not_exists = true })
        if not is_withheld[name] then
            table.insert(names, name)
        end
    end
    M.allow(user, names)
    for _, func in box.space._func:pairs() do
        if func.name:startswith(prefix) and procedures[func.name] == nil then
            box.schema.func.drop(func.name)
        end
    end
end

-- Defines the procedures and grants `user` the right to execute them, as M.grant does.
function M.publish(procedures, user, prefix, withheld)
    M.define(procedures)
    M.grant(procedures, user, prefix, withheld)
end

return M
