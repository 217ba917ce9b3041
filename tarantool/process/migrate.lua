-- Numbered migrations: each is applied once, in order, in one transaction. A file migrations/NNN_what.lua returns {up =
-- function() ... end}; it is never edited after its release.

local fio = require('fio')
local log = require('log')

local M = {}

local HISTORY = 'schema_migrations'

local function history()
    local space = box.space[HISTORY]
    if space ~= nil then
        return space
    end
    return box.atomic(function()
        local created = box.schema.space.create(HISTORY, {
            format = {
                { 'version', 'unsigned' },
                { 'name', 'string' },
                { 'applied_at', 'number' },
            },
        })
        created:create_index('pk', { parts = { 'version' } })
        return created
    end)
end

-- Returns [{version, name, path}] in order of version.
local function list(folder)
    local found = {}
    for _, file in ipairs(fio.listdir(folder)) do
        local number, name = file:match('^(%d%d%d)_([%w_]+)%.lua$')
        if number ~= nil then
            table.insert(found, { version = tonumber(number), name = name, path = fio.pathjoin(folder, file) })
        end
    end
    table.sort(found, function(a, b)
        return a.version < b.version
    end)
    return found
end

-- The number of the last migration applied; 0 for an empty database.
function M.version()
    local space = box.space[HISTORY]
    local last = space ~= nil and space.index.pk:max() or nil
    return last ~= nil and last.version or 0
end

-- Applies missing migrations. A schema newer than the known migrations is refused because this program would misread
-- it. report: {fail = function(code, message)}, which does not return in the real process.
function M.run(folder, report)
    local migrations = list(folder)
    local known = #migrations > 0 and migrations[#migrations].version or 0
    local applied = M.version()
    if applied > known then
        return report.fail(
            'SCHEMA_TOO_NEW',
            ('the data have schema %d, this program knows up to %d: use a newer Svodka'):format(applied, known)
        )
    end
    local space = history()
    for _, migration in ipairs(migrations) do
        if migration.version > applied then
            local ok, reason = pcall(function()
                local up = dofile(migration.path).up
                box.atomic(function()
                    up()
                    space:insert({ migration.version, migration.name, require('fiber').time() })
                end)
            end)
            if not ok then
                box.rollback()
                return report.fail(
                    'MIGRATION_FAILED',
                    ('%03d_%s: %s'):format(migration.version, migration.name, reason)
                )
            end
            log.info('migration %03d_%s applied', migration.version, migration.name)
        end
    end
end

return M
