-- Camera types, cameras and cases (docs/traffic.md).

local fiber = require('fiber')

-- The shapes in which the predecessor's cameras send their records, as PUT /cameras/types/{name} takes them.
local BUNDLED = {
    camerus1 = [[{"fields":[
        {"key":"transport_chars","type":"str","pattern":"[A-Z]{3}"},
        {"key":"transport_numbers","type":"str","pattern":"[0-9]{3}"},
        {"key":"transport_region","type":"str","pattern":"[0-9]{2,3}"},
        {"key":"camera_id","type":"uuid"},
        {"key":"violation_id","type":"uuid"},
        {"key":"violation_value","type":"str","max_length":100},
        {"key":"skill_value","type":"int","ge":1,"le":100},
        {"key":"datetime","type":"datetime"}],
        "case":{
        "transport":"$substring(transport_numbers, 0, 1) & transport_chars &
             $substring(transport_numbers, 1) & transport_region",
        "camera_id":"camera_id","violation_id":"violation_id","violation_value":"violation_value",
        "skill_value":"skill_value","timestamp":"datetime"}}]],
    camerus2 = [[{"fields":[
        {"key":"transport","type":"dict","fields":[
            {"key":"chars","type":"str","pattern":"[A-Z]{3}"},
            {"key":"numbers","type":"str","pattern":"[0-9]{3}"},
            {"key":"transport_region","type":"str","pattern":"[0-9]{2,3}","required":false},
            {"key":"region","type":"str","pattern":"[0-9]{2,3}","required":false}]},
        {"key":"camera","type":"dict","fields":[{"key":"id","type":"uuid"}]},
        {"key":"violation","type":"dict","fields":[
            {"key":"id","type":"uuid"},
            {"key":"value","type":"str","max_length":64}]},
        {"key":"skill","type":"dict","fields":[{"key":"value","type":"int","ge":1,"le":100}]},
        {"key":"datetime","type":"dict","fields":[
            {"key":"year","type":"int","ge":1970,"le":9999},
            {"key":"month","type":"int","ge":1,"le":12},
            {"key":"day","type":"int","ge":1,"le":31},
            {"key":"hour","type":"int","ge":0,"le":23},
            {"key":"minute","type":"int","ge":0,"le":59},
            {"key":"seconds","type":"int","ge":0,"le":59},
            {"key":"utf_offset","type":"str","pattern":"[+-][0-9]{2}:[0-9]{2}","required":false},
            {"key":"utc_offset","type":"str","pattern":"[+-][0-9]{2}:[0-9]{2}","required":false}]}],
        "case":{
        "transport":"(
            $region := transport.transport_region ? transport.transport_region : transport.region;
             $region ? $substring(transport.numbers, 0, 1) & transport.chars &
             $substring(transport.numbers, 1) & $region)",
        "camera_id":"camera.id","violation_id":"violation.id","violation_value":"violation.value",
        "skill_value":"skill.value",
        "timestamp":"(
            $two := function($n) {$pad($string($n), -2, '0')};
             $offset := datetime.utf_offset ? datetime.utf_offset : datetime.utc_offset;
             $offset ? $string(datetime.year) & '-' & $two(datetime.month) & '-' & $two(datetime.day) & 'T' &
             $two(datetime.hour) & ':' & $two(datetime.minute) & ':' & $two(datetime.seconds) & $offset)"}}]],
    camerus3 = [[{"fields":[
        {"key":"transport","type":"str","pattern":"[0-9][A-Z]{3}[0-9]{2}[0-9]{2,3}"},
        {"key":"camera","type":"dict","fields":[{"key":"id","type":"uuid"}]},
        {"key":"violation","type":"dict","fields":[
            {"key":"id","type":"uuid"},
            {"key":"value","type":"str","max_length":64}]},
        {"key":"skill","type":"int","ge":1,"le":100},
        {"key":"datetime","type":"int","ge":0}],
        "case":{
        "transport":"transport","camera_id":"camera.id","violation_id":"violation.id",
        "violation_value":"violation.value","skill_value":"skill","timestamp":"datetime"}}]],
}

local function create_types()
    local types = box.schema.space.create('camera_types', {
        format = {
            { 'name', 'string' },
            { 'version', 'unsigned' }, -- from 1; grows by one with each change
            { 'definition', 'string' }, -- JSON text: fields and case
            { 'created_at', 'number' }, -- seconds of the epoch, as all times
            { 'updated_at', 'number' },
        },
    })
    types:create_index('pk', { parts = { 'name' } })
    -- Earlier definitions, which cases name.
    local versions = box.schema.space.create('camera_type_versions', {
        format = {
            { 'name', 'string' },
            { 'version', 'unsigned' },
            { 'definition', 'string' },
            { 'created_at', 'number' },
            { 'by', 'string' }, -- a user
        },
    })
    versions:create_index('pk', { parts = { 'name', 'version' } })
    -- One row: how often any type was changed. A case is stored only by a process that knows the latest types.
    local catalog = box.schema.space.create('camera_catalog', {
        format = {
            { 'id', 'unsigned' }, -- 1
            { 'version', 'unsigned' },
        },
    })
    catalog:create_index('pk', { parts = { 'id' } })
    return types, versions, catalog
end

local function create_cameras()
    local cameras = box.schema.space.create('cameras', {
        format = {
            { 'id', 'string' }, -- uuid
            { 'latitude', 'number' },
            { 'longitude', 'number' },
            { 'type', 'string' },
            { 'description', 'string' },
            { 'enabled', 'boolean' },
            { 'created_at', 'number' },
            { 'token_id', 'unsigned', is_nullable = true }, -- in the space tokens
        },
    })
    cameras:create_index('pk', { parts = { 'id' } })
    cameras:create_index('created', { parts = { 'created_at', 'id' } })
    cameras:create_index('type', { parts = { 'type', 'created_at', 'id' } })
end

-- Rows are in memory; what is long is on disk, since a million cases would fill the memory with it. Vinyl refuses to
-- make a space where nothing is logged.
local function create_cases()
    local cases = box.schema.space.create('cases', {
        format = {
            { 'no', 'unsigned' }, -- given in the order of acceptance
            { 'case_id', 'string' }, -- uuid
            { 'transport', 'string' },
            { 'camera_id', 'string' },
            { 'violation_id', 'string' },
            { 'violation_value', 'string' },
            { 'skill_value', 'unsigned' }, -- 1 to 100; grows when the case is extended
            { 'timestamp', 'number' }, -- of the violation
            { 'status', 'string' }, -- initiated, extended, justified, convicted
            { 'status_at', 'number' },
            { 'created_at', 'number' },
            { 'type', 'string' },
            { 'version', 'unsigned' }, -- of the type
            { 'photo_hash', 'string' }, -- SHA-256, hexadecimal
            { 'photo_bytes', 'unsigned' },
            { 'photo_type', 'string' }, -- image/png, image/jpeg, image/webp
            { 'digest', 'string' }, -- of camera, photo and record: equal for a repeat
            { 'sent_by', 'string' }, -- a user; empty: the camera
        },
    })
    cases:create_index('pk', { parts = { 'no' } })
    cases:create_index('case_id', { parts = { 'case_id' } })
    cases:create_index('digest', { parts = { 'digest', 'no' } })
    cases:create_index('time', { parts = { 'timestamp', 'no' } })
    cases:create_index('status', { parts = { 'status', 'timestamp', 'no' } })
    cases:create_index('camera', { parts = { 'camera_id', 'timestamp', 'no' } })
    cases:create_index('violation', { parts = { 'violation_id', 'timestamp', 'no' } })
    cases:create_index('transport', { parts = { 'transport', 'timestamp', 'no' } })
    cases:create_index('type', { parts = { 'type', 'no' } })
    local engine = box.cfg.wal_mode == 'none' and 'memtx' or 'vinyl'
    local photos = box.schema.space.create('case_photos', {
        engine = engine,
        format = {
            { 'case_no', 'unsigned' },
            { 'place', 'unsigned' }, -- number of the piece, from 0
            { 'bytes', 'string' },
        },
    })
    photos:create_index('pk', { parts = { 'case_no', 'place' } })
    local records = box.schema.space.create('case_records', {
        engine = engine,
        format = {
            { 'case_no', 'unsigned' },
            { 'record', 'string' }, -- JSON text
        },
    })
    records:create_index('pk', { parts = { 'case_no' } })
    -- Numbers under which pieces of long photos are being written before their case is stored.
    local leftovers = box.schema.space.create('case_leftovers', { format = { { 'case_no', 'unsigned' } } })
    leftovers:create_index('pk', { parts = { 'case_no' } })
    -- Statuses after the first one, which follows from the case.
    local history = box.schema.space.create('case_history', {
        format = {
            { 'case_no', 'unsigned' },
            { 'place', 'unsigned' }, -- from 1
            { 'status', 'string' },
            { 'at', 'number' },
            { 'by', 'string' }, -- a user
        },
    })
    history:create_index('pk', { parts = { 'case_no', 'place' } })
    -- How many cases there are of each. Kept up by the writes.
    local counts = box.schema.space.create('case_counts', {
        format = {
            { 'kind', 'string' }, -- camera, violation, status, day
            { 'key', 'string' }, -- an id, a status, YYYY-MM-DD in UTC
            { 'count', 'unsigned' },
        },
    })
    counts:create_index('pk', { parts = { 'kind', 'key' } })
end

local function create_violations()
    local violations = box.schema.space.create('violations', {
        format = {
            { 'id', 'string' }, -- uuid
            { 'violation_type', 'string' },
            { 'fine', 'number' },
        },
    })
    violations:create_index('pk', { parts = { 'id' } })
    violations:create_index('violation_type', { parts = { 'violation_type' } })
end

local function up()
    local types, versions, catalog = create_types()
    create_cameras()
    create_cases()
    create_violations()
    local now = fiber.time()
    for name, text in pairs(BUNDLED) do
        local definition = text:gsub('\n%s*', ' ')
        types:insert({ name, 1, definition, now, now })
        versions:insert({ name, 1, definition, now, 'svodka' })
    end
    catalog:insert({ 1, 1 })
end

return { up = up }
