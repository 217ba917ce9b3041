package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local support = require('support')
local load_vshard = require('shards.load_vshard')

-- Each is a folder with a module `vshard` of a version.
local function folder_with(version)
    local folder = fio.pathjoin(support.folder, 'vshard-' .. version)
    fio.mktree(fio.pathjoin(folder, 'vshard'))
    for name, text in pairs({
        ['init.lua'] = "return { loaded = '" .. version .. "' }",
        ['consts.lua'] = version == 'none' and 'return {}' or "return { VERSION = '" .. version .. "' }",
    }) do
        local file = fio.open(fio.pathjoin(folder, 'vshard', name), { 'O_CREAT', 'O_WRONLY' }, tonumber('600', 8))
        file:write(text)
        file:close()
    end
    return folder
end

-- What load() returns or raises, from a fresh state of modules.
local function load_from(folder)
    local path = package.path
    package.loaded['vshard'], package.loaded['vshard.consts'] = nil, nil
    local ok, result = pcall(load_vshard.load, folder, support.report)
    package.path = path
    return ok, result
end

support.start_box()

support.run('loading of vshard', {
    {
        'a version from 0.1.41 on is loaded from the folder',
        function(t)
            for _, version in ipairs({ '0.1.41', '0.1.42', '0.2.0', '1.0.0', '0.1.100' }) do
                local ok, result = load_from(folder_with(version))
                t:ok(ok, version)
                t:is(result.loaded, version)
            end
        end,
    },
    {
        'an older version, or one without a number, ends the start with a sentence',
        function(t)
            for _, version in ipairs({ '0.1.40', '0.0.99', '0.1.4', 'none' }) do
                local ok, result = load_from(folder_with(version))
                t:is(ok, false, version)
                t:is(result.code, 'VSHARD_TOO_OLD')
                t:ok(result.message:find('needs vshard 0.1.41 or later; found', 1, true), result.message)
            end
        end,
    },
    {
        'a missing one ends the start with a sentence that names where it was searched',
        function(t)
            local ok, result = load_from('/nowhere')
            t:is(ok, false)
            t:is(result.code, 'VSHARD_MISSING')
            t:ok(result.message:find('SVODKA_VSHARD_PATH, /nowhere, does not have', 1, true), result.message)
            ok, result = load_from(nil)
            -- This machine may have vshard.
            if not ok then
                t:is(result.code, 'VSHARD_MISSING')
                t:ok(result.message:find('the path of modules does not have', 1, true), result.message)
            end
        end,
    },
})
