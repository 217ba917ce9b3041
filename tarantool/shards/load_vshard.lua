-- Loads the module vshard. Only storages and routers call this: a single node never loads it.

local M = {}

-- Older versions could leave a bucket on two sets, and have no generations of buckets.
local MIN_VERSION = { 0, 1, 41 }

-- Whether a version such as '0.1.42' is at least `minimum`, a list of three numbers.
local function is_at_least(version, minimum)
    local parts = { tostring(version):match('^(%d+)%.(%d+)%.(%d+)') }
    if #parts < 3 then
        return false
    end
    for i = 1, 3 do
        local part = tonumber(parts[i])
        if part ~= minimum[i] then
            return part > minimum[i]
        end
    end
    return true
end

-- folder: the one that contains vshard/init.lua, or nil: search where Tarantool searches for modules. report: as in
-- process/report.lua; a missing or old vshard ends the process with VSHARD_MISSING or VSHARD_TOO_OLD. Returns the
-- module.
function M.load(folder, report)
    local where = 'the path of modules'
    if folder ~= nil then
        package.path = ('%s/?.lua;%s/?/init.lua;%s'):format(folder, folder, package.path)
        where = ('SVODKA_VSHARD_PATH, %s,'):format(folder)
    end
    local has_constants, constants = pcall(require, 'vshard.consts')
    if not has_constants then
        local text =
            'sharding needs the module vshard, which %s does not have; install it with `tt rocks install vshard`'
        return report.fail('VSHARD_MISSING', text:format(where))
    end
    if not is_at_least(constants.VERSION, MIN_VERSION) then
        local found = constants.VERSION or 'one without a version'
        local text = 'sharding needs vshard %s or later; found %s'
        return report.fail('VSHARD_TOO_OLD', text:format(table.concat(MIN_VERSION, '.'), found))
    end
    return require('vshard')
end

return M
