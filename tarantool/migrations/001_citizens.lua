-- Imports and their citizens.

local function up()
    local imports = box.schema.space.create('imports', {
        format = {
            { 'import_id', 'unsigned' },
            { 'state', 'string' }, -- staging | published
            { 'citizens', 'unsigned' },
            { 'version', 'unsigned' }, -- grows with each change of the import's data
            { 'created_at', 'number' }, -- seconds of the epoch
        },
    })
    imports:create_index('pk', { parts = { 'import_id' } })
    imports:create_index('state', { parts = { 'state', 'import_id' } })
    box.schema.sequence.create('import_id')

    local citizens = box.schema.space.create('citizens', {
        format = {
            { 'import_id', 'unsigned' },
            { 'citizen_id', 'unsigned' },
            { 'town', 'string' },
            { 'street', 'string' },
            { 'building', 'string' },
            { 'apartment', 'unsigned' },
            { 'name', 'string' },
            { 'birth_date', 'unsigned' }, -- 20001231: in order, and an age is one subtraction
            { 'gender', 'string' },
            { 'relatives', 'array' },
        },
    })
    citizens:create_index('pk', { parts = { 'import_id', 'citizen_id' } })
end

return { up = up }
