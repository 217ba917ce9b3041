-- lib/log_check and lib/log_repair: how a start handles damaged logs. The logs come from a real Tarantool that was
-- killed, and a real one is started to check whether it can read the repaired logs.

package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local fio = require('fio')
local support = require('support')
local log_check = require('process.log_check')
local log_file = require('process.log_file')
local log_repair = require('process.log_repair')

local NOW_S = 1700000000
local EOF_MARKER = '\213\016\173\237'
local writer = fio.abspath(arg[0]:match('^.*test/') .. 'log_writer.lua')

-- Starts Tarantool on the folder and stops it. Returns the number of recovered rows, nil if it did not start.
local function run(folder, count, how)
    local pipe = io.popen(('%s %s %s %d %s 2>&1'):format(arg[-1], writer, folder, count, how))
    local output = pipe:read('*a')
    pipe:close()
    return tonumber(output:match('rows=(%d+)'))
end

local function read(path)
    local handle = fio.open(path, { 'O_RDONLY' })
    local bytes = handle:read()
    handle:close()
    return bytes
end

local function write(path, bytes)
    local handle = fio.open(path, { 'O_WRONLY', 'O_CREAT', 'O_TRUNC' }, tonumber('600', 8))
    handle:write(bytes)
    handle:close()
end

local function paths(folder, ending)
    local found = fio.glob(fio.pathjoin(folder, '*.' .. ending))
    table.sort(found)
    return found
end

-- The first log, cleanly closed, has the schema and 5 rows; the next, ended by a kill, 7 more; the last 6 more.
local ROWS = { 5, 12, 18 }
local original = fio.pathjoin(support.folder, 'original')
fio.mkdir(original)
run(original, 5, 'stop')
run(original, 7, 'kill')
run(original, 6, 'kill')
local names = {}
for i, path in ipairs(paths(original, 'xlog')) do
    names[i] = fio.basename(path)
end
local last_bytes = read(fio.pathjoin(original, names[3]))

-- The offsets at which the header and each block of the last log end.
local function ends_of(bytes)
    local header = #bytes:match('^(.-\n\n)')
    local ends = { header }
    for at in bytes:gmatch('()\213\186\011[\171\186]') do
        if at - 1 > header then
            table.insert(ends, at - 1)
        end
    end
    table.insert(ends, #bytes)
    return ends
end
local ENDS = ends_of(last_bytes)

local function largest_below(limit)
    local found, count = 0, 0
    for i, stop in ipairs(ENDS) do
        if stop <= limit then
            found, count = stop, i - 1
        end
    end
    return found, count
end

local copies = 0
-- A copy of the folder; changes: {[number of the log] = bytes}.
local function copy(changes)
    copies = copies + 1
    local folder = fio.pathjoin(support.folder, 'copy' .. copies)
    fio.copytree(original, folder)
    for number, bytes in pairs(changes) do
        write(fio.pathjoin(folder, names[number]), bytes)
    end
    return folder
end

local function check(folder)
    return support.raised(log_check.run, folder, support.report, NOW_S)
end

local function aside(folder)
    return paths(fio.pathjoin(folder, 'set-aside'), '*')
end

local function refuses(t, folder, what)
    local sizes = {}
    for _, path in ipairs(paths(folder, 'xlog')) do
        sizes[path] = fio.stat(path).size
    end
    local code, reason = check(folder)
    t:is(code, 'DATA_DAMAGED', what)
    t:like(type(reason) == 'table' and reason.message or '', 'svodka%-repair', 'the command is named')
    for path, size in pairs(sizes) do
        t:is(fio.stat(path).size, size, 'nothing is changed')
    end
    return reason
end

local function starts(t, folder, rows, what)
    t:is(run(folder, 2, 'kill'), rows, what)
    t:is(check(folder), false, what .. ', and what is written then is whole')
    t:is(run(folder, 0, 'stop'), rows + 2, what .. ', and is there at the next start')
end

local function flip(bytes, offset)
    local changed = string.char((bytes:byte(offset + 1) + 1) % 256)
    return bytes:sub(1, offset) .. changed .. bytes:sub(offset + 2)
end

-- Whether Tarantool ignores the byte: in the block headers of the last log, the checksum of the previous block (0, one
-- byte) and the zero padding.
local function is_unread(offset)
    local stop = largest_below(offset)
    local place = offset - stop
    return place == 5 or place >= 12 and place < 19
end

local ZEROS = ('\0'):rep(5000)
local GARBAGE = ('what a disk held before \213\186\011\171 \255\0'):rep(30)

support.start_box()
support.run('log_check', {
    {
        'logs that are whole are left as they are, and snapshots and logs in the making do not matter',
        function(t)
            t:is(#names, 3)
            t:is(#ENDS, 7)
            local folder = copy({})
            write(fio.pathjoin(folder, ('%020d.snap.inprogress'):format(99)), 'XLOG')
            write(fio.pathjoin(folder, ('%020d.xlog.inprogress'):format(99)), '')
            t:is(check(folder), false)
            t:is(#aside(folder), 0)
            starts(t, folder, ROWS[3], 'it starts')
        end,
    },
    {
        'a last log that is cut at any length keeps each whole transaction and nothing else',
        function(t)
            local folder = copy({})
            local path = fio.pathjoin(folder, names[3])
            local wrong = 0
            for length = 0, #last_bytes do
                write(path, last_bytes:sub(1, length))
                local whole = largest_below(length)
                local is_good = not check(folder)
                local size = fio.path.exists(path) and fio.stat(path).size or 0
                local moved = aside(folder)
                local is_moved = #moved == (size == length and length > 0 and 0 or 1)
                    and (#moved == 0 or read(moved[1]) == last_bytes:sub(whole + 1, length))
                if not (is_good and size == whole and is_moved) then
                    wrong = wrong + 1
                    t:diag('cut at ' .. length)
                end
                fio.rmtree(fio.pathjoin(folder, 'set-aside'))
            end
            t:is(wrong, 0)
        end,
    },
    {
        'Tarantool starts with what is left of a last log that was cut, and goes on from there',
        function(t)
            local header = ENDS[1]
            local lengths =
                { 0, 1, 100, header - 1, header, header + 1, header + 18, header + 19, ENDS[2] + 3, ENDS[3] }
            for _, length in ipairs(lengths) do
                local folder = copy({ [3] = last_bytes:sub(1, length) })
                check(folder)
                local _, count = largest_below(length)
                starts(t, folder, ROWS[2] + count, 'cut at ' .. length)
            end
        end,
    },
    {
        'zeros and garbage after the last whole transaction, or after an ordered end, are set aside',
        function(t)
            for what, tail in pairs({ zeros = ZEROS, garbage = GARBAGE, short = 'abc', one = '\0' }) do
                for _, stop in ipairs({ ENDS[1], ENDS[3], ENDS[7] }) do
                    local folder = copy({ [3] = last_bytes:sub(1, stop) .. tail })
                    local _, count = largest_below(stop)
                    t:is(check(folder), false)
                    t:is(read(aside(folder)[1]), tail, what .. ' is kept')
                    starts(t, folder, ROWS[2] + count, ('%s at %d'):format(what, stop))
                end
                local closed = copy({ [3] = last_bytes .. EOF_MARKER .. tail })
                t:is(check(closed), false)
                starts(t, closed, ROWS[3], what .. ' after an ordered end')
            end
        end,
    },
    {
        'a last log of zeros or garbage alone is set aside as a whole',
        function(t)
            for what, bytes in pairs({ zeros = ZEROS, garbage = GARBAGE }) do
                local folder = copy({ [3] = bytes })
                t:is(check(folder), false)
                t:is(read(aside(folder)[1]), bytes, what)
                starts(t, folder, ROWS[2], what)
            end
        end,
    },
    {
        'a closed log that others follow may have zeros or garbage after its end',
        function(t)
            local bytes = read(fio.pathjoin(original, names[1]))
            for _, tail in ipairs({ ZEROS, GARBAGE }) do
                local folder = copy({ bytes .. tail })
                t:is(check(folder), false)
                starts(t, folder, ROWS[3], 'it starts')
            end
        end,
    },
    {
        'a log of a killed Tarantool may have anything after its end when the next one begins there',
        function(t)
            local bytes = read(fio.pathjoin(original, names[2]))
            for _, tail in ipairs({ ZEROS, GARBAGE, 'a', '\213\186\011\171\205\001\000' }) do
                local folder = copy({ [2] = bytes .. tail })
                t:is(check(folder), false)
                starts(t, folder, ROWS[3], 'it starts')
            end
        end,
    },
    {
        'a log before the last one that has lost its end is refused',
        function(t)
            local bytes = read(fio.pathjoin(original, names[2]))
            for _, length in ipairs({ 0, 50, ENDS[1], #bytes - 1, #bytes - 30 }) do
                refuses(t, copy({ [2] = bytes:sub(1, length) }), 'cut at ' .. length)
                refuses(t, copy({ [2] = bytes:sub(1, length) .. ZEROS }), 'zeros from ' .. length)
            end
        end,
    },
    {
        'damage with transactions after it is refused, also where Tarantool would leave them out without a word',
        function(t)
            for offset = 0, ENDS[6] - 1 do
                local folder = copy({ [3] = flip(last_bytes, offset) })
                local found = log_check.look(folder)
                local damage = log_check.first_damage(found.findings)
                -- The file header may name another version or instance.
                local may_pass = offset < ENDS[1] and #found.findings == 0 or is_unread(offset)
                if damage == nil and not may_pass then
                    t:fail('damage at ' .. offset)
                end
                fio.rmtree(folder)
            end
            -- A length that points past the end of the file.
            local at = ENDS[2] + 4
            refuses(t, copy({ [3] = last_bytes:sub(1, at) .. '\206\127' .. last_bytes:sub(at + 3) }), 'a long length')
            refuses(t, copy({ [3] = last_bytes:sub(1, ENDS[2]) .. ZEROS .. last_bytes:sub(ENDS[3] + 1) }), 'a hole')
        end,
    },
    {
        'a damaged last transaction of a log with an ordered end is refused: it had been written',
        function(t)
            for offset = ENDS[6], ENDS[7] - 1 do
                local found = log_check.look(copy({ [3] = flip(last_bytes, offset) .. EOF_MARKER }))
                if log_check.first_damage(found.findings) == nil and not is_unread(offset) then
                    t:fail('damage at ' .. offset)
                end
            end
            refuses(t, copy({ [3] = flip(last_bytes, ENDS[6] + 30) .. EOF_MARKER .. ZEROS }), 'with zeros behind')
        end,
    },
    {
        'a repair keeps all before the damage, sets the rest aside, and Tarantool starts',
        function(t)
            local second = read(fio.pathjoin(original, names[2]))
            local second_end = #second:match('^(.-\n\n)')
            local cases = {
                { { [3] = flip(last_bytes, ENDS[3] + 25) }, ROWS[2] + 2, 'in the last log' },
                { { [2] = second:sub(1, #second - 1) }, ROWS[2] - 1, 'before the last log' },
                { { [2] = flip(second, second_end + 25) }, ROWS[1], 'at the first transaction of a log' },
                { { [2] = '' }, ROWS[1], 'a log without a header' },
            }
            for _, case in ipairs(cases) do
                local folder = copy(case[1])
                refuses(t, folder, case[3])
                local steps = log_repair.plan(folder)
                t:ok(#steps > 0 and #steps[1].text > 0, case[3])
                local moved = log_repair.apply(steps, NOW_S)
                t:is(#moved, #aside(folder), 'all that goes is kept')
                t:is(#log_repair.plan(folder), 0, 'once is enough')
                t:is(check(folder), false)
                starts(t, folder, case[2], case[3])
            end
        end,
    },
    {
        'a repair says how much is lost, and when it was written',
        function(t)
            local steps = log_repair.plan(copy({ [3] = flip(last_bytes, ENDS[3] + 25) }))
            t:is(#steps, 1)
            t:like(steps[1].text, '3 complete blocks of transactions, written from %d+%-%d+%-%d+ %d+:%d+:%d+ UTC to')
            steps = log_repair.plan(copy({ [2] = '' }))
            t:is(#steps, 2)
            t:like(steps[1].text, 'no complete transaction')
            t:like(steps[2].text, '6 complete blocks')
        end,
    },
    {
        'logs before the snapshot are not read, but for their headers, and a repair takes them away alone',
        function(t)
            local folder = copy({})
            run(folder, 3, 'snapshot')
            run(folder, 2, 'kill')
            local first = fio.pathjoin(folder, names[2])
            local bytes = read(first)
            write(first, flip(bytes, #bytes - 5))
            t:is(check(folder), false, 'data that the snapshot has')
            write(first, '')
            refuses(t, folder, 'a header')
            local steps = log_repair.plan(folder)
            t:is(#steps, 1)
            t:like(steps[1].text, 'nothing is lost')
            log_repair.apply(steps, NOW_S)
            starts(t, folder, ROWS[3] + 5, 'it starts')
        end,
    },
    {
        'a snapshot without its end is refused; a repair goes back to the one before, and the logs since then',
        function(t)
            local folder = copy({})
            run(folder, 3, 'snapshot')
            run(folder, 2, 'kill')
            local snapshots = paths(folder, 'snap')
            local bytes = read(snapshots[#snapshots])
            t:is(#snapshots, 2)
            write(snapshots[2], bytes:sub(1, #bytes - 10))
            refuses(t, folder, 'a snapshot')
            log_repair.apply(log_repair.plan(folder), NOW_S)
            starts(t, folder, ROWS[3] + 5, 'it starts')
            fio.unlink(snapshots[2])
            write(snapshots[1], '')
            refuses(t, folder, 'the only snapshot')
            t:like(support.raised(log_repair.plan, folder), 'restore a backup')
        end,
    },
    {
        'zeros and garbage after the end of the log of vinyl are set aside, other damage to it is refused',
        function(t)
            local folder = copy({})
            run(folder, 1, 'vinyl')
            local path = paths(folder, 'vylog')[1]
            local bytes = read(path)
            t:is(check(folder), false, 'it is whole')
            for _, tail in ipairs({ ZEROS, GARBAGE, bytes:sub(-20, -2) }) do
                write(path, bytes .. tail)
                t:is(check(folder), false)
                t:is(read(path), bytes)
                t:is(run(folder, 0, 'kill'), ROWS[3] + 1, 'it starts')
                write(path, bytes)
            end
            local bad = flip(bytes, #bytes:match('^(.-\n\n)') + 25) .. EOF_MARKER
            for _, damaged in ipairs({ '', bytes:sub(1, 50), bad }) do
                write(path, damaged)
                refuses(t, folder, 'a log of vinyl')
                t:like(support.raised(log_repair.plan, folder), 'restore a backup')
            end
        end,
    },
    {
        'what is set aside twice is kept twice, for nobody else to read',
        function(t)
            local folder = copy({ [3] = last_bytes .. ZEROS })
            check(folder)
            write(fio.pathjoin(folder, names[3]), last_bytes .. GARBAGE)
            check(folder)
            t:is(#aside(folder), 2)
            t:is(bit.band(fio.stat(aside(folder)[1]).mode, 511), tonumber('600', 8))
            t:is(bit.band(fio.stat(fio.pathjoin(folder, 'set-aside')).mode, 511), tonumber('700', 8))
            t:is(log_file.look(fio.pathjoin(folder, names[3]), true).tail, 'open')
        end,
    },
})
