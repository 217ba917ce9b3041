-- The list of all imports, merged from those of the sets.

local buckets = require('shards.buckets')
local calls = require('shards.router.calls')
local everywhere = require('shards.router.spanning.everywhere')

local M = {}

-- In a row of a storage: nil, or true if the import's bucket has been sent away and is deleted here soon.
local LEAVING = 8

-- A pass is repeated while buckets move, but not forever.
local MAX_PASSES = 4

-- Name of a set -> its buckets.generation() at the end of a recent list.
local generation_of = {}

local function newest_first(a, b)
    return a > b
end

local function mark_leaving(answers)
    for _, answer in ipairs(answers) do
        for _, row in ipairs(answer[3]) do
            row[LEAVING] = true
        end
    end
end

-- The answers of all sets. An import would be missing if its bucket went from a set that is asked late to a set that
-- was asked early. The generations tell that a bucket may have moved: then all are asked again, and what an earlier
-- pass has seen is taken for leaving.
local function collect(arguments)
    local answers = {}
    local known = generation_of
    for _ = 1, MAX_PASSES do
        local pass, generations, is_settled = {}, {}, true
        for name, answer in pairs(everywhere.ask('svodka.imports.list', arguments)) do
            -- Raises the error of a set, if there is one.
            calls.unwrap(answer)
            table.insert(pass, answer)
            generations[name] = answer[4]
            is_settled = is_settled and answer[4] == known[name]
        end
        mark_leaving(answers)
        for _, answer in ipairs(pass) do
            table.insert(answers, answer)
        end
        known = generations
        if is_settled then
            break
        end
    end
    generation_of = known
    return answers
end

-- answers: of svodka.imports.list by the sets. Returns the ids in the list's order, the row of each, whether each row
-- is known to be current, and the id down to which all sets have been read (0: all is read).
local function merge(answers)
    local ids, row_of, is_current, read_to = {}, {}, {}, 0
    for _, answer in ipairs(answers) do
        local next_below, rows = calls.unwrap(answer)
        if next_below ~= nil then
            read_to = math.max(read_to, tonumber(next_below))
        end
        for _, row in ipairs(rows) do
            local id = tonumber(row[1])
            if row_of[id] == nil then
                table.insert(ids, id)
            end
            -- While a bucket moves, both sets may name its imports.
            if row_of[id] == nil or not row[LEAVING] then
                row_of[id], is_current[id] = row, not row[LEAVING]
            end
            row[LEAVING] = nil
        end
    end
    table.sort(ids, newest_first)
    return ids, row_of, is_current, read_to
end

-- The row of an import, from the set that has it now; nil if it has been deleted.
local function describe(id)
    local answer = calls.ask({
        bucket = buckets.of(id),
        mode = 'read',
        name = 'svodka.imports.describe',
        arguments = { id },
    })
    if answer[1] then
        return { id, unpack(answer, 2, #answer) }
    elseif answer[2] ~= 'IMPORT_NOT_FOUND' then
        calls.unwrap(answer)
    end
end

-- As svodka.imports.list of a storage. Raises SHARD_AWAY when a set is away: a list without its imports would be wrong.
-- A page may have fewer rows than `limit` although others follow.
function M.list(below, limit)
    local ids, row_of, is_current, read_to = merge(collect({ below or box.NULL, limit }))
    local page = {}
    for place, id in ipairs(ids) do
        -- A set that was read to here only may have more imports in between.
        if id < read_to then
            return read_to, page
        end
        local row = row_of[id]
        if not is_current[id] then
            row = describe(id)
        end
        if row ~= nil then
            table.insert(page, row)
        end
        if #page == limit then
            local is_end = place == #ids and read_to == 0
            return not is_end and id or nil, page
        end
    end
    return read_to > 0 and read_to or nil, page
end

return M
