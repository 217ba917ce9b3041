-- Imports: stored in one transaction, or staged in chunks and published by a change of one row.
-- Readers see only published imports. Deleting one changes its row; the other rows are swept later.

local clock = require('clock')
local fiber = require('fiber')
local background = require('lib.background')
local bulk = require('bytes.bulk_insert')
local errors = require('lib.errors')
local holds = require('lib.holds')
local turns = require('lib.turns')
local changes = require('census.imports.changes')
local keys = require('census.imports.keys')
local buckets = require('shards.buckets')

local M = {}

local STAGING = 'staging'
local PUBLISHED = 'published'
local DELETED = 'deleted'

-- What buckets.standing returns.
local HERE, LEAVING = 'here', 'leaving'

local FIRST_VERSION = 1

-- Such a transaction stays under 0.7 ms of the TX thread, measured over an import of a million rows (bytes/erase.lua).
local SWEEP_PIECE = 300
local SWEEP_RETRY_SECONDS = 1
-- How soon a storage notices what has arrived with a bucket.
M.FIND_EVERY_SECONDS = 5

-- A chunk takes up to 3 ms: a turn of the event loop in which one has been inserted is over then.
local MAX_TURN_SECONDS = 0.002
local await_turn = turns.create(MAX_TURN_SECONDS)

local abandoned = {}
local abandoned_cond = fiber.cond()

-- Gives a staged or deleted import to the sweeper. Writes nothing, so it works when memory is full.
local function abandon(import_id)
    table.insert(abandoned, import_id)
    abandoned_cond:signal()
end

-- Staged imports, each held by the session that stages it. Their buckets stay here meanwhile.
local staged = holds.create(abandon, function(import_id)
    buckets.release(buckets.of(import_id))
end)

local function is_published(import_id)
    local import = box.space.imports:get({ import_id })
    return import ~= nil and import.state == PUBLISHED
end

-- The row of a published import; raises IMPORT_NOT_FOUND.
function M.published(import_id)
    local import = box.space.imports:get({ import_id })
    if import == nil or import.state ~= PUBLISHED then
        errors.raise('IMPORT_NOT_FOUND')
    end
    return import
end

-- Whether clients may know of it. A staged import that nobody holds is what a crash left, and is swept soon. A replica
-- does not know who holds what.
local function is_seen(import)
    if import.state == STAGING then
        return box.info.ro or staged.is_held(tonumber(import.import_id))
    end
    return import.state ~= DELETED
end

local function standing_of(import)
    return buckets.standing(buckets.of(import.import_id))
end

-- The version of a published import. expected_version: nil, or the version of an earlier page of the same read, which
-- must not have changed. Raises IMPORT_NOT_FOUND, IMPORT_CHANGED.
function M.version_of(import_id, expected_version)
    local version = M.published(import_id).version
    if expected_version ~= nil and version ~= expected_version then
        errors.raise('IMPORT_CHANGED')
    end
    return version
end

-- expected: nil, or a list of versions; the import must have one of them. Raises PRECONDITION_FAILED.
function M.require_version(import, expected)
    if expected == nil then
        return
    end
    for _, version in ipairs(expected) do
        if import.version == version then
            return
        end
    end
    errors.raise('PRECONDITION_FAILED')
end

-- The state of an import: returns its version and the time of its creation.
function M.state(import_id)
    local import = M.published(import_id)
    return import.version, import.created_at
end

-- Describes an import, a staged one too. Returns its state ('staging', 'published'), citizens, bytes, created_at,
-- published_at, version; unknown bytes and published_at are nil. Raises IMPORT_NOT_FOUND.
function M.describe(import_id)
    local import = box.space.imports:get({ import_id })
    if import == nil or not is_seen(import) then
        errors.raise('IMPORT_NOT_FOUND')
    end
    return import.state, import.citizens, import.bytes, import.created_at, import.published_at, import.version
end

-- Imports, newest first, staged ones too: `limit` at most, with ids below `below` (nil: from the newest).
-- Returns the id to continue below (nil on the last page), and a list of
-- {import_id, state, citizens, bytes, created_at, published_at, version}. On a storage a row has `true` at its end if
-- the import is leaving: then another storage may have a newer version of it. A storage also returns
-- buckets.generation(). O(log n + limit + imports being swept).
function M.list(below, limit)
    local page = {}
    local key = below ~= nil and { below } or {}
    for _, import in box.space.imports.index.pk:pairs(key, { iterator = below ~= nil and 'LT' or 'REQ' }) do
        local standing = standing_of(import)
        if is_seen(import) and standing ~= nil then
            if #page == limit then
                return page[limit][1], page, buckets.generation()
            end
            table.insert(page, {
                import.import_id,
                import.state,
                import.citizens,
                import.bytes or box.NULL,
                import.created_at,
                import.published_at or box.NULL,
                import.version,
                standing == LEAVING or nil,
            })
        end
    end
    return nil, page, buckets.generation()
end

-- The last version given to any import. A rollback does not take it back.
local last_version = 0

-- Gives the import a new version, in the transaction that changes its data. Returns the version.
-- No version is used twice, hence the microseconds: readers see a change before it is in the log, and when the log
-- refuses it (the disk is full), what they keep under its version must not match the next change.
function M.touch(import_id)
    local version = tonumber(M.published(import_id).version)
    last_version = math.max(version + 1, last_version + 1, math.floor(clock.time() * 1000000))
    return box.space.imports:update({ import_id }, { { '=', 'version', last_version } }).version
end

-- What other rooms keep for an import: see M.on_insert and M.on_erase.
local insert_counts
local erasers = {}

-- insert(import_id, counts) is called in the transaction that stores the counts that came with an import's rows.
function M.on_insert(insert)
    insert_counts = insert
end

-- erase(import_id, limit) is called in a transaction of its own, again and again, once nobody can see the import any
-- more. It deletes `limit` rows at most and returns how many there were: fewer than `limit` means that none are left.
function M.on_erase(erase)
    table.insert(erasers, erase)
end

-- Part of a transaction. counts: nil, or the counts of some of the import's citizens. Returns how many citizens there
-- are.
local function insert_rows(import_id, rows, counts)
    if counts ~= nil then
        insert_counts(import_id, counts)
    end
    return bulk.insert(box.space.citizens, import_id, rows)
end

-- Part of a transaction. Returns the import's id.
local function insert_import(rows, counts, bytes, state, bucket)
    local import_id = buckets.next_id(bucket)
    local count = insert_rows(import_id, rows, counts)
    local now = fiber.time()
    box.space.imports:insert({
        import_id,
        state,
        count,
        FIRST_VERSION,
        now,
        bytes or box.NULL,
        state == PUBLISHED and now or box.NULL,
        buckets.of(import_id),
    })
    return import_id
end

-- rows: as in bytes/bulk_insert.lua, with unique ids. bytes: of the body that they came in.
-- key, fingerprint: nil, or the key that this session has claimed and the fingerprint of the request
-- (census/imports/keys.lua).
-- counts: of these citizens, packed as census/stats/counts.lua says. bucket: on a storage, the one that the router has
-- chosen and keeps here.
-- Returns the import's id. Raises KEY_NOT_CLAIMED, OUT_OF_MEMORY, WAL_FAILED.
function M.create(rows, bytes, key, fingerprint, counts, bucket)
    return keys.commit(key, fingerprint, function()
        return insert_import(rows, counts, bytes, PUBLISHED, buckets.choose(bucket, key))
    end)
end

-- The id of an import that this session stages: import_id, or for nil the one staged under the token.
local function require_staged(import_id, token)
    if import_id == nil then
        import_id = staged.find(token)
    end
    if import_id == nil or not staged.is_mine(import_id) then
        errors.raise('IMPORT_NOT_STAGED')
    end
    return import_id
end

-- Begins an import that comes in chunks. It belongs to the calling session and is swept when the session ends.
-- token: nil, or a name by which append, publish and discard_token find the import before the caller has got the id.
-- counts: as in append. key: nil, or the one that the import will be published with; it decides the bucket. bucket: as
-- in create.
function M.stage(rows, bytes, token, counts, key, bucket)
    local import_id
    bucket = buckets.choose(bucket, key)
    local ok, reason = pcall(box.atomic, function()
        local id = insert_import(rows, counts, bytes, STAGING, bucket)
        buckets.hold(bucket)
        import_id = id
        -- Before the commit yields: the session may end meanwhile, and its staged imports are looked up only once.
        staged.take(import_id, token)
    end)
    if not ok then
        if import_id ~= nil then
            staged.drop(import_id)
        end
        error(reason, 0)
    end
    -- It may be published already, under the token; otherwise it was given up while its first chunk waited for the log.
    if not staged.is_held(import_id) and not is_published(import_id) then
        errors.raise('IMPORT_NOT_STAGED')
    end
    return import_id
end

-- Adds a chunk to a staged import. bytes: of the chunk. Chunks may arrive in any order. import_id: nil for the import
-- that is staged under the token, which may still wait for the log: if the log refuses it, this is undone with it.
-- counts: nil, or some blocks of the import's counts. Raises IMPORT_NOT_STAGED, OUT_OF_MEMORY.
function M.append(import_id, rows, bytes, counts, token)
    await_turn()
    import_id = require_staged(import_id, token)
    box.atomic(function()
        local count = insert_rows(import_id, rows, counts)
        box.space.imports:update({ import_id }, { { '+', 'citizens', count }, { '+', 'bytes', bytes } })
    end)
    changes.note(import_id, FIRST_VERSION)
end

-- Makes a staged import visible at once. import_id, token: as in append. bytes: of the whole body. key, fingerprint: as
-- in create.
-- Raises IMPORT_NOT_STAGED, IMPORT_INCOMPLETE, KEY_NOT_CLAIMED: then the import stays staged.
function M.publish(import_id, citizen_count, bytes, key, fingerprint, token)
    -- After the chunks that came before it.
    await_turn()
    import_id = require_staged(import_id, token)
    staged.spend(import_id, keys.commit, key, fingerprint, function()
        if box.space.imports:get({ import_id }).citizens ~= citizen_count then
            errors.raise('IMPORT_INCOMPLETE')
        end
        box.space.imports:update(
            { import_id },
            { { '=', 'state', PUBLISHED }, { '=', 'bytes', bytes }, { '=', 'published_at', fiber.time() } }
        )
        return import_id
    end)
    changes.note(import_id, FIRST_VERSION)
end

-- Deletes a published import: it is invisible from now on, and its rows are deleted in the background.
-- expected_versions: nil, or a list of versions; the import must have one of them.
-- Raises IMPORT_NOT_FOUND, PRECONDITION_FAILED.
function M.delete(import_id, expected_versions)
    box.atomic(function()
        M.require_version(M.published(import_id), expected_versions)
        box.space.imports:update({ import_id }, { { '=', 'state', DELETED } })
    end)
    changes.note(import_id, changes.GONE)
    abandon(import_id)
end

-- Abandons a staged import; its rows are deleted in the background. Has no effect on other imports.
function M.discard(import_id)
    staged.give_up(import_id)
end

-- The same for the import that this session stages under the token, if there is one.
function M.discard_token(token)
    local import_id = staged.find(token)
    if import_id ~= nil then
        staged.give_up(import_id)
    end
end

-- Deletes a staged or deleted import in pieces; the row that names it goes last, so that a start after a crash finds it
-- again. If the import leaves for another storage meanwhile, that one finds it.
function M.sweep(import_id)
    local import = box.space.imports:get({ import_id })
    if import == nil or import.state == PUBLISHED then
        return
    end
    local bucket = buckets.of(import_id)
    local count
    local function erase_piece(erase)
        count = box.atomic(erase, import_id, SWEEP_PIECE)
    end
    for _, erase in ipairs(erasers) do
        repeat
            if not buckets.with(bucket, erase_piece, erase) then
                return
            end
        until count < SWEEP_PIECE
    end
    local is_gone = buckets.with(bucket, function()
        box.space.imports:delete({ import_id })
    end)
    if is_gone then
        changes.note(import_id, changes.GONE)
    end
end

local function sweep_next()
    local import_id = table.remove(abandoned)
    if import_id == nil then
        abandoned_cond:wait()
        return
    end
    local ok, reason = pcall(M.sweep, import_id)
    if not ok then
        -- Others have their turn before it is tried again.
        table.insert(abandoned, 1, import_id)
        error(('import %s: %s'):format(import_id, reason), 0)
    end
end

-- Gives the sweeper the imports that are to be swept and that nobody stages. O(imports that are staged or deleted).
local function find_abandoned()
    local is_known = {}
    for _, import_id in ipairs(abandoned) do
        is_known[tonumber(import_id)] = true
    end
    for _, state in ipairs({ STAGING, DELETED }) do
        for _, import in box.space.imports.index.state:pairs({ state }) do
            local import_id = tonumber(import.import_id)
            if not is_known[import_id] and not staged.is_held(import_id) and standing_of(import) == HERE then
                abandon(import_id)
            end
        end
    end
end

-- Sweeps the imports that a crash left staged or deleted, and from now on those that are abandoned. On a storage, also
-- those that arrive from another one.
function M.start_sweeping()
    if buckets.count == nil then
        find_abandoned()
    else
        local job = { name = 'import_sweep_finder', what = 'finding imports to sweep' }
        background.every(job, M.FIND_EVERY_SECONDS, find_abandoned)
    end
    staged.end_with_sessions()
    background.forever(
        { name = 'import_sweeper', what = 'sweeping imports', retry_seconds = SWEEP_RETRY_SECONDS },
        sweep_next
    )
end

-- Returns {published, staging, deleted}. O(imports that are staged or deleted and not swept yet).
function M.count_by_state()
    local index = box.space.imports.index.state
    local counts = { staging = index:count({ 'staging' }), deleted = index:count({ 'deleted' }) }
    counts.published = box.space.imports:len() - counts.staging - counts.deleted
    return counts
end

return M
