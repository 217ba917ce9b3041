-- Finding citizens by town, day of birth and name; the history of their changes. ADR 0015 has what the indexes cost.

-- Each in a transaction of its own, since an index over rows that are there already can only be built first in one;
-- made again without effect when a start was cut short.
local prepare = {
    function()
        box.space.citizens:create_index('town_born', {
            parts = { 'import_id', 'town', 'birth_date', 'citizen_id' },
            if_not_exists = true,
        })
    end,
    function()
        box.space.citizens:create_index('name', {
            parts = { 'import_id', 'name', 'citizen_id' },
            if_not_exists = true,
        })
    end,
}

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

return { prepare = prepare, up = up }
