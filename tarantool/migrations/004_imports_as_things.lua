-- The history of citizens' changes.

local function up()
    local history = box.schema.space.create('citizen_history', {
        format = {
            { 'import_id', 'unsigned' },
            { 'citizen_id', 'unsigned' },
            { 'number', 'unsigned' }, -- of the citizen's changes, from 1
            { 'version', 'unsigned' }, -- of the import, that the change made
            { 'at', 'number' }, -- seconds of the epoch
            { 'request_id', 'string' },
            { 'cause_id', 'unsigned', is_nullable = true }, -- the citizen whose change of relatives this one followed
            { 'changes', 'map' }, -- {[field] = {before, after}}
        },
    })
    history:create_index('pk', { parts = { 'import_id', 'citizen_id', 'number' } })
end

return { up = up }
