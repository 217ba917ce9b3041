-- lib/packed_counts and lib/block_walk: counts in blocks equal those of a plain table after any sequence of changes.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local ffi = require('ffi')
local support = require('support')
local switch = require('bytes.quick')
local block_walk = require('bytes.block_walk')
local packed_counts = require('bytes.packed_counts')

support.start_app()

local SEED = tonumber(os.getenv('SVODKA_TEST_SEED') or os.time())
local ROUNDS = 60
local MAX_KEY = 2 ^ 53 - 1

local births = packed_counts.create('births', ffi.typeof('struct { uint32_t key; uint32_t count; }'))
local presents =
    packed_counts.create('presents', ffi.typeof('struct __attribute__((packed)) { double key; uint32_t count; }'))

local function blocks_of(space, import_id, group)
    return box.space[space]:select({ import_id, group })
end

-- All counts of a group as {[key] = count}, and whether its blocks are well-formed.
local function read(counts, space, import_id, group)
    local found = {}
    local blocks = blocks_of(space, import_id, group)
    local least = 0
    for _, block in ipairs(blocks) do
        local entries, length = counts.entries(block)
        local total = 0
        local first = tonumber(block.first)
        if length == 0 or length > packed_counts.MOST or first < least then
            return nil, 'the block at ' .. first
        end
        least = first
        for at = 0, length - 1 do
            local key = entries[at].key
            if key < least or entries[at].count == 0 then
                return nil, 'the entry of ' .. key
            end
            found[key] = entries[at].count
            least = key + 1
            total = total + entries[at].count
        end
        if total ~= block.total then
            return nil, 'the total at ' .. first
        end
    end
    return found
end

-- Changes that let no count fall below zero: mostly of neighbouring keys, sometimes of a whole region at once.
local function random_changes(model, max_key, size)
    local changes = {}
    local from = math.random(0, max_key)
    local width = math.min(max_key - from, math.random() < 0.5 and 2000 or max_key)
    for _ = 1, size do
        local key = from + math.floor(math.random() * width)
        changes[key] = math.random(3)
    end
    local is_emptying = math.random() < 0.3
    for key, count in pairs(model) do
        if is_emptying or math.random() < 0.3 then
            changes[key] = -math.random(is_emptying and count or 0, count)
        end
    end
    return changes
end

local function apply(counts, model, import_id, group, changes)
    box.atomic(counts.apply, import_id, group, changes)
    for key, change in pairs(changes) do
        local count = (model[key] or 0) + change
        model[key] = count > 0 and count or nil
    end
end

support.run('packed counts', {
    {
        'counts are those of a table after any changes, in blocks that are in order, of both kinds',
        function(t)
            math.randomseed(SEED)
            for _, kind in ipairs({
                { births, 'births', 'Псков', 2 ^ 20 },
                { presents, 'presents', 7, MAX_KEY },
            }) do
                local counts, space, group, max_key = unpack(kind)
                local model = {}
                for round = 1, ROUNDS do
                    apply(counts, model, 1, group, random_changes(model, max_key, math.random(0, 700)))
                    local found, fault = read(counts, space, 1, group)
                    if found == nil then
                        t:fail(('round %d of seed %d: %s'):format(round, SEED, fault))
                        return
                    end
                    t:is_deeply(found, model, ('%s, round %d of seed %d'):format(space, round, SEED))
                end
            end
        end,
    },
    {
        'one by one too: a block that grows is split, one that is empty goes',
        function(t)
            local count = 3 * packed_counts.MOST
            local model = {}
            for key = count, 1, -1 do
                apply(births, model, 2, 'А', { [key] = 1 })
            end
            t:ok(#blocks_of('births', 2, 'А') > 2)
            t:is_deeply(read(births, 'births', 2, 'А'), model)
            for key = 1, count do
                apply(births, model, 2, 'А', { [key] = -1 })
                if key == packed_counts.MOST then
                    apply(births, model, 2, 'А', { [1] = 5 })
                    apply(births, model, 2, 'А', { [1] = -5 })
                end
            end
            t:is(#blocks_of('births', 2, 'А'), 0)
        end,
    },
    {
        'groups and imports beside it stay as they are',
        function(t)
            for _, place in ipairs({ { 3, 'А' }, { 3, 'Б' }, { 4, 'А' } }) do
                box.atomic(births.apply, place[1], place[2], { [10] = 1, [20] = 2 })
            end
            box.atomic(births.apply, 3, 'Б', { [5] = 1, [10] = -1, [30] = 1 })
            t:is_deeply(read(births, 'births', 3, 'А'), { [10] = 1, [20] = 2 })
            t:is_deeply(read(births, 'births', 3, 'Б'), { [5] = 1, [20] = 2, [30] = 1 })
            t:is_deeply(read(births, 'births', 4, 'А'), { [10] = 1, [20] = 2 })
        end,
    },
    {
        'a count that would fall below zero is refused, and nothing is changed',
        function(t)
            box.atomic(births.apply, 5, 'А', { [10] = 1 })
            for _, changes in ipairs({ { [10] = -2 }, { [11] = -1 }, { [9] = 1, [10] = -1, [11] = -1 } }) do
                t:is(support.raised(box.atomic, births.apply, 5, 'А', changes), 'INTERNAL')
                box.rollback()
            end
            t:is_deeply(read(births, 'births', 5, 'А'), { [10] = 1 })
        end,
    },
    {
        'malformed blocks are refused',
        function(t)
            for _, entries in ipairs({ '', '1234567' }) do
                local code = support.raised(box.atomic, births.insert, 6, { { 0, 'А', 0, 1, entries } })
                box.rollback()
                t:is(code, 'INTERNAL')
            end
            t:is(#blocks_of('births', 6, 'А'), 0)
        end,
    },
    {
        'blocks are erased in pieces, of one import alone',
        function(t)
            for import_id = 7, 9 do
                for group = 1, 5 do
                    box.atomic(presents.apply, import_id, group, { [1] = 1 })
                end
            end
            t:is(box.atomic(presents.erase, 8, 3), 3)
            t:is(box.atomic(presents.erase, 8, 3), 2)
            t:is(box.atomic(presents.erase, 8, 3), 0)
            t:is_deeply({ #blocks_of('presents', 7), #blocks_of('presents', 9) }, { 5, 5 })
        end,
    },
    {
        'both ways of walking over blocks see the same, whatever the lengths of names and numbers',
        function(t)
            t:is(block_walk.is_possible, true, 'the quick way is taken by this version')
            local changes = {}
            for key = 1, 2 * packed_counts.MOST do
                changes[key] = math.random() < 0.5 and 1 or 70000
            end
            local import_id = 70000
            for _, length in ipairs({ 1, 15, 16, 130, 200 }) do
                box.atomic(births.apply, import_id, ('я'):rep(length), changes)
                box.atomic(births.apply, import_id, 'б\0' .. length, { [1] = 1 })
            end
            box.atomic(births.apply, import_id + 1, 'А', { [1] = 1 })
            local function walk(after, limit)
                local found = block_walk.groups(box.space.births, import_id, after, limit)
                local seen = { found.groups, found.totals, found.is_end, {} }
                for place = 1, #found.totals do
                    local bytes, length = found.entries(place)
                    seen[4][place] = ffi.string(bytes, length)
                end
                return seen
            end
            for _, case in ipairs({ { '', 1000 }, { '', 1 }, { 'б\00015', 4 }, { 'я', 30 }, { 'яя', 1000 } }) do
                switch.is_on = true
                local quick = walk(case[1], case[2])
                switch.is_on = false
                t:is_deeply(quick, walk(case[1], case[2]))
                switch.is_on = true
            end
            t:is(#walk('', 1000)[1], 10)
            t:is(walk('', 1000)[3], true)
            t:is(walk('', 1)[3], false)
        end,
    },
})
