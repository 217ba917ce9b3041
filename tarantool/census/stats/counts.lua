-- Counts from which statistics are answered without reading citizens; every write updates them in its own transaction
-- (ADR 0014).
--
-- births: citizens by birth date and gender, for each town and for the whole import. presents: by month, how many each
-- citizen buys. Node counts an import while reading it and sends the blocks with the last citizens.

local ffi = require('ffi')
local fiber = require('fiber')
local log = require('log')
local msgpack = require('msgpack')
local imports = require('census.imports')
local packed_counts = require('bytes.packed_counts')
local scan = require('lib.scan')
local buckets = require('shards.buckets')

local M = {}

-- Stands for the whole import in the place of a town: towns have at least one letter.
M.WHOLE_IMPORT = ''

M.births = packed_counts.create('births', ffi.typeof('struct { uint32_t key; uint32_t count; }'))
-- Ids are below 2^53, so doubles are exact.
M.presents =
    packed_counts.create('presents', ffi.typeof('struct __attribute__((packed)) { double key; uint32_t count; }'))

-- Citizens per transaction when an import of an earlier version is counted: each one may rewrite all of its blocks.
M.COUNTED_AT_ONCE = 50000
local READ_AT_ONCE = 1000

-- The key in `births`: twice the birth date, plus one for a woman.
local function birth_key(citizen)
    return 2 * citizen.birth_date + (citizen.gender == 'female' and 1 or 0)
end

-- The birth date of a key in `births`.
function M.date_of(key)
    return math.floor(key / 2)
end

local function month_of(citizen)
    return math.floor(citizen.birth_date / 100) % 100
end

-- No changes yet: {births = {[town] = {[key] = n}}, presents = {[month] = {[citizen_id] = n}}}.
function M.no_changes()
    return { births = {}, presents = {} }
end

-- Adds to one kind of such changes.
function M.add(groups, group, key, count)
    local changes = groups[group]
    if changes == nil then
        changes = {}
        groups[group] = changes
    end
    changes[key] = (changes[key] or 0) + count
end

local function add_birth(changes, citizen, count)
    local key = birth_key(citizen)
    M.add(changes.births, citizen.town, key, count)
    M.add(changes.births, M.WHOLE_IMPORT, key, count)
end

local function relative_month(import_id, citizen_id)
    return month_of(box.space.citizens:get(buckets.citizen_key(import_id, citizen_id)))
end

-- Counts a stored citizen and its relatives.
function M.count(changes, citizen)
    add_birth(changes, citizen, 1)
    local citizen_id = tonumber(citizen.citizen_id)
    for _, relative in ipairs(citizen.relatives) do
        M.add(changes.presents, relative_month(citizen.import_id, relative), citizen_id, 1)
    end
end

local function apply(import_id, changes)
    for town, births in pairs(changes.births) do
        M.births.apply(import_id, town, births)
    end
    for month, presents in pairs(changes.presents) do
        M.presents.apply(import_id, month, presents)
    end
end

-- Adds the presents that a citizen gets in its month, and those that it buys. sign: -1 before a change, 1 after it.
local function add_presents(changes, citizen, bought, sign)
    local month = month_of(citizen)
    for _, relative in ipairs(citizen.relatives) do
        local relative_id = tonumber(relative)
        M.add(changes.presents, month, relative_id, sign)
        bought[relative_id] = (bought[relative_id] or 0) + sign
    end
end

-- By import id: the function that on_change got.
local follower_of = {}

-- From now on follower(citizen_id, changes, sign) is told, in the transaction of each change of a citizen of the
-- import, what becomes of the kept counts; with the sign -1 when that is rolled back. nil ends it.
function M.on_change(import_id, follower)
    follower_of[tonumber(import_id)] = follower
end

local function notify_follower(import_id, citizen_id, changes)
    local follower = follower_of[import_id]
    if follower == nil then
        return
    end
    follower(citizen_id, changes, 1)
    -- Runs when the rows are as they were again, without a yield between.
    box.on_rollback(function()
        if follower_of[import_id] == follower then
            follower(citizen_id, changes, -1)
        end
    end)
end

-- Updates the counts for a change of one citizen from tuple to tuple, and of its relatives when has_new_relatives. Part
-- of the transaction that makes the change. O(relatives) when they or the month changed.
function M.follow(before, after, has_new_relatives)
    local changes = M.no_changes()
    local import_id = after.import_id
    if before.town ~= after.town or birth_key(before) ~= birth_key(after) then
        add_birth(changes, before, -1)
        add_birth(changes, after, 1)
    end
    if has_new_relatives or month_of(before) ~= month_of(after) then
        local bought = {}
        add_presents(changes, before, bought, -1)
        add_presents(changes, after, bought, 1)
        local citizen_id = tonumber(after.citizen_id)
        for relative_id, count in pairs(bought) do
            if count ~= 0 then
                M.add(changes.presents, relative_month(import_id, relative_id), citizen_id, count)
            end
        end
    end
    apply(import_id, changes)
    notify_follower(tonumber(import_id), tonumber(after.citizen_id), changes)
end

-- Subtracts the entries of a block of `births` or `presents` (kind) with keys above `above`. Returns their number,
-- whether the block is in order, and its highest key.
function M.take_away(changes, kind, block, above)
    local entries, length, bytes = M[kind].entries(block)
    local group = block[2]
    local total, taken = 0, 0
    local is_in_order = true
    local least = tonumber(block.first)
    for i = 0, length - 1 do
        local entry = entries[i]
        if entry.key > above then
            M.add(changes[kind], group, entry.key, -entry.count)
            taken = taken + 1
        end
        is_in_order = is_in_order and entry.key >= least and entry.count > 0
        least = entry.key + 1
        total = total + entry.count
    end
    return taken, is_in_order and #bytes > 0 and total == block.total, least - 1
end

-- packed: MessagePack of {rows of births, rows of presents}. Part of a transaction.
local function insert(import_id, packed)
    local births, presents = unpack((msgpack.decode(packed)))
    M.births.insert(import_id, births)
    M.presents.insert(import_id, presents)
end

imports.on_insert(insert)
imports.on_erase(M.births.erase)
imports.on_erase(M.presents.erase)

-- Counts the next citizens after `after` (nil: from the first) and stores the progress. Returns the last citizen_id,
-- nil at the end.
local function count_some(import_id, after)
    local changes = M.no_changes()
    local counted = 0
    repeat
        local rows = scan.select(box.space.citizens, import_id, after ~= nil and { after } or nil, READ_AT_ONCE)
        local is_end = #rows < READ_AT_ONCE
        for i = 1, #rows do
            local citizen = rows[i]
            M.count(changes, citizen)
            after = citizen.citizen_id
            counted = counted + 1
        end
        -- Tarantool 3 aborts what runs for a second without a yield.
        fiber.sleep(0)
    until is_end or counted >= M.COUNTED_AT_ONCE
    local is_end = counted < M.COUNTED_AT_ONCE
    box.atomic(function()
        apply(import_id, changes)
        if is_end then
            box.space.uncounted_imports:delete({ import_id })
        else
            box.space.uncounted_imports:replace({ import_id, after })
        end
    end)
    return not is_end and after or nil
end

-- Counts an import that was stored before counts existed. Continues where an earlier run stopped.
function M.count_import(import_id)
    local after = box.space.uncounted_imports:get({ import_id }).counted_to
    repeat
        after = count_some(import_id, after)
    until after == nil
end

-- Counts all such imports. Nobody may write meanwhile.
function M.count_older_imports()
    for _, import in ipairs(box.space.uncounted_imports:select()) do
        log.info('counting the citizens of import %s', import.import_id)
        M.count_import(import.import_id)
    end
end

return M
