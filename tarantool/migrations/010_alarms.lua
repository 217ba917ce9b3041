-- Alarms: what looks wrong, as tasks and programs report it (docs/workflows.md).

local function up()
    box.schema.sequence.create('alarm_id')
    box.schema.sequence.create('alarm_version')
    local alarms = box.schema.space.create('alarms', {
        format = {
            { 'alarm_id', 'unsigned' },
            { 'source', 'string' },
            { 'kind', 'string' },
            { 'state', 'string' }, -- open, closed
            { 'count', 'unsigned' },
            { 'value', 'number', is_nullable = true }, -- the largest one
            { 'text', 'string', is_nullable = true }, -- of the latest signal that had one
            { 'opened_at', 'number' }, -- seconds of the epoch, as all times
            { 'last_at', 'number' },
            { 'closed_at', 'number', is_nullable = true },
            { 'acked_by', 'string', is_nullable = true },
            { 'acked_at', 'number', is_nullable = true },
            { 'note', 'string', is_nullable = true },
            { 'version', 'unsigned' }, -- of the last change of any alarm that changed this one
            { 'marks_floor', 'unsigned' }, -- seconds before this one have no marks any more
        },
    })
    alarms:create_index('pk', { parts = { 'alarm_id' }, sequence = 'alarm_id' })
    alarms:create_index('kind', { parts = { 'source', 'kind', 'alarm_id' } })
    alarms:create_index('version', { parts = { 'version' } })
    -- For lists, the latest first.
    alarms:create_index('last', { parts = { 'last_at', 'alarm_id' } })
    alarms:create_index('state', { parts = { 'state', 'last_at', 'alarm_id' } })
    alarms:create_index('source', { parts = { 'source', 'last_at', 'alarm_id' } })
    alarms:create_index('source_state', { parts = { 'source', 'state', 'last_at', 'alarm_id' } })

    -- The open ones, counted and found by when they close.
    local open = box.schema.space.create('alarms_open', {
        format = {
            { 'alarm_id', 'unsigned' },
            { 'last_at', 'number' },
        },
    })
    open:create_index('pk', { parts = { 'alarm_id' } })
    open:create_index('last', { parts = { 'last_at', 'alarm_id' } })

    -- Which signals an open alarm has counted: a row for each second, its times behind the named fields.
    local marks = box.schema.space.create('alarm_marks', {
        format = {
            { 'alarm_id', 'unsigned' },
            { 'second', 'unsigned' },
        },
    })
    marks:create_index('pk', { parts = { 'alarm_id', 'second' } })

    -- What happened to alarms, but for further signals.
    box.schema.sequence.create('alarm_change_id')
    local changes = box.schema.space.create('alarm_changes', {
        format = {
            { 'id', 'unsigned' },
            { 'alarm_id', 'unsigned' },
            { 'what', 'string' }, -- opened, acked, closed
            { 'at', 'number' },
            { 'by', 'string' }, -- a user; 'engine' if nobody
            { 'note', 'string', is_nullable = true },
        },
    })
    changes:create_index('pk', { parts = { 'id' }, sequence = 'alarm_change_id' })
    changes:create_index('alarm', { parts = { 'alarm_id', 'id' } })
end

return { up = up }
