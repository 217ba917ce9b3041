-- lib/backup and lib/control: a backup taken from a running Tarantool is consistent and can be restored.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local xlog = require('xlog')
local support = require('support')
local backup = require('process.backup')
local control = require('process.control')

support.start_app()
control.listen(support.folder, { backup = backup.hold, fail = error })

local NOW = 1700000000
local ANSWER_SECONDS = 10
local backups = fio.pathjoin(support.folder, 'backups')

local function take(now_s, keep)
    return backup.take(support.folder, backups, keep or 100, now_s)
end

local function write(path, text, at)
    local file = fio.open(path, { 'O_WRONLY', 'O_CREAT' }, tonumber('600', 8))
    file:pwrite(text, at or 0)
    file:close()
end

local function snapshot_in(folder)
    return fio.glob(fio.pathjoin(folder, '*.snap'))[1]
end

local function citizens_in(folder)
    local count = 0
    for _, row in xlog.pairs(snapshot_in(folder)) do
        if row.BODY.space_id == box.space.citizens.id then
            count = count + 1
        end
    end
    return count
end

local function new_folder(name)
    local folder = fio.pathjoin(support.folder, name)
    fio.mkdir(folder)
    return folder
end

support.run('backup', {
    {
        'has all that was there when it began, and sha256sum knows its files',
        function(t)
            support.import(support.rows(1, 30))
            local taken = take(NOW)
            t:is(taken.path, fio.pathjoin(backups, 'svodka-20231114T221320Z'), 'named by the time')
            t:is(citizens_in(taken.path), 30)
            local bytes = 0
            for _, file in ipairs(backup.verify(taken.path)) do
                bytes = bytes + fio.stat(fio.pathjoin(taken.path, file.name)).size
            end
            t:is(taken.bytes, bytes)
            t:is(os.execute(('cd %s && sha256sum --quiet -c SHA256SUMS'):format(taken.path)), 0)
            t:is(#backup.verify(taken.path), taken.files)
        end,
    },
    {
        'comes back, and what was in its place is kept beside',
        function(t)
            local taken = take(NOW + 1)
            local data_dir = new_folder('restored')
            write(fio.pathjoin(data_dir, '00000000000000000001.xlog'), 'old')
            write(fio.pathjoin(data_dir, 'svodka.lock'), '')
            local restored = backup.restore(taken.path, data_dir, NOW)
            t:is(citizens_in(data_dir), 30)
            t:is(restored.replaced, 'replaced-20231114T221320Z')
            t:is_deeply(fio.listdir(fio.pathjoin(data_dir, restored.replaced)), { '00000000000000000001.xlog' })
            t:ok(fio.path.exists(fio.pathjoin(data_dir, 'svodka.lock')), 'what is no data stays')
            t:ok(not fio.path.exists(fio.pathjoin(data_dir, 'restoring')))
        end,
    },
    {
        'has what is in vinyl spaces, and brings it back',
        function(t)
            local pieces = box.space.job_pieces
            pieces:insert({ 1, 'log', 0, 0, 'a line' })
            local taken = take(NOW - 10)
            pieces:delete({ 1, 'log', 0, 0 })
            local data_dir = new_folder('with_vinyl')
            fio.mktree(fio.pathjoin(data_dir, '999', '0'))
            local restored = backup.restore(taken.path, data_dir, NOW)
            t:is_deeply(fio.listdir(fio.pathjoin(data_dir, restored.replaced)), { '999' })
            t:is(os.execute(('cd %s && sha256sum --quiet -c SHA256SUMS'):format(taken.path)), 0)
            local program = ([[
                box.cfg({ work_dir = '%s', log = '%s/log', read_only = true })
                print(box.space.job_pieces:get({ 1, 'log', 0, 0 }).bytes)
                os.exit(0)
            ]]):format(data_dir, data_dir)
            local output = io.popen(('%s -e "%s"'):format(arg[-1], program))
            t:is(output:read('*l'), 'a line')
            output:close()
        end,
    },
    {
        'leaves an empty folder when it is set aside without another in its place',
        function(t)
            local data_dir = new_folder('emptied')
            write(fio.pathjoin(data_dir, '00000000000000000001.xlog'), 'old')
            local replaced = backup.set_aside(data_dir, NOW)
            t:is_deeply(fio.listdir(data_dir), { replaced })
            t:is(backup.set_aside(data_dir, NOW + 1), nil, 'with nothing there nothing is done')
        end,
    },
    {
        'with one byte changed is refused, and nothing is touched',
        function(t)
            local taken = take(NOW + 2)
            write(snapshot_in(taken.path), 'x', 600)
            local data_dir = new_folder('untouched')
            write(fio.pathjoin(data_dir, '00000000000000000001.xlog'), 'old')
            local ok, reason = pcall(backup.restore, taken.path, data_dir, NOW)
            t:ok(not ok and reason:find('the checksum differs', 1, true), tostring(reason))
            t:is_deeply(fio.listdir(data_dir), { '00000000000000000001.xlog' })
            fio.rmtree(taken.path)
        end,
    },
    {
        'that was cut off is none, and goes with the next one',
        function(t)
            local partial = fio.pathjoin(backups, 'svodka-20231114T221300Z.partial')
            fio.mkdir(partial)
            local before = #backup.list(backups)
            take(NOW + 3)
            t:is(#backup.list(backups), before + 1)
            t:ok(not fio.path.exists(partial))
        end,
    },
    {
        'leaves the newest so many, and what is not a backup',
        function(t)
            fio.mkdir(fio.pathjoin(backups, 'of somebody else'))
            local taken = take(NOW + 4, 2)
            local names = backup.list(backups)
            t:is(#names, 2)
            t:is(names[2], fio.basename(taken.path))
            t:ok(fio.path.exists(fio.pathjoin(backups, 'of somebody else')))
        end,
    },
    {
        'is one at a time; the files are let go when the connection ends, however it does',
        function(t)
            local held, connection = control.ask(support.folder, { command = 'backup' }, ANSWER_SECONDS)
            t:ok(held ~= nil and #held.files > 0)
            local ok, reason = pcall(take, NOW + 5)
            t:ok(not ok and tostring(reason):lower():find('backup', 1, true), tostring(reason))
            connection:close()
            support.wait_until(function()
                return pcall(take, NOW + 6)
            end)
        end,
    },
    {
        "the control socket is the owner's, and takes the commands it has",
        function(t)
            t:is(fio.stat(control.path(support.folder)).mode % 512, tonumber('600', 8))
            local _, reason = control.ask(support.folder, { command = 'eval' }, ANSWER_SECONDS)
            t:is(reason, 'no such command')
            local _, failure = control.ask(support.folder, { command = 'fail' }, ANSWER_SECONDS)
            t:like(failure, 'table')
            local _, absence = control.ask(new_folder('nobody'), { command = 'backup' }, ANSWER_SECONDS)
            t:like(absence, 'no Tarantool is running')
        end,
    },
})
