-- Counts that are kept up by the writes (census/stats/counts.lua). Imports that are there already are counted at its
-- first start.

local function create_counts(name, group)
    local space = box.schema.space.create(name, {
        format = {
            { 'import_id', 'unsigned' },
            group,
            { 'first', 'unsigned' },
            { 'total', 'unsigned' }, -- the sum of the counts in `entries`
            { 'entries', 'string' }, -- bytes/packed_counts.lua
        },
    })
    space:create_index('pk', { parts = { 'import_id', group[1], 'first' } })
end

local function up()
    create_counts('births', { 'town', 'string' }) -- '' for the whole import
    create_counts('presents', { 'month', 'unsigned' })

    local uncounted = box.schema.space.create('uncounted_imports', {
        format = {
            { 'import_id', 'unsigned' },
            { 'counted_to', 'unsigned', is_nullable = true }, -- the last citizen counted
        },
    })
    uncounted:create_index('pk', { parts = { 'import_id' } })
    -- What is staged now is swept.
    for _, import in box.space.imports.index.state:pairs({ 'published' }) do
        uncounted:insert({ import.import_id })
    end
end

return { up = up }
