-- Checks the write-ahead logs before Tarantool reads them. Tarantool exits at the first unreadable bytes, even if no
-- data are lost, without naming a remedy. Worse, if a damaged length points past the end of the file, Tarantool takes
-- that block for the end of the log and silently skips everything after it. Here the start sets aside data that were
-- never acknowledged, and refuses any other damage, which bin/svodka-repair handles.

local errno = require('errno')
local fio = require('fio')
local log = require('log')
local log_file = require('process.log_file')

local M = {}

local SET_ASIDE = 'set-aside'

local function must(result, what)
    if not result then
        error(('%s: %s'):format(what, errno.strerror()), 0)
    end
    return result
end

-- The files NNN.<ending> of the folder with their numbers, in order.
local function numbered(data_dir, ending)
    local found = {}
    for _, name in ipairs(must(fio.listdir(data_dir), data_dir)) do
        local number = name:match('^(%d+)%.' .. ending .. '$')
        if number ~= nil then
            table.insert(found, { number = tonumber(number), path = fio.pathjoin(data_dir, name), name = name })
        end
    end
    table.sort(found, function(a, b)
        return a.number < b.number
    end)
    return found
end

-- Whether the next log begins where this one ends. If several instances have written to it, only the last writer is
-- checked; Tarantool itself refuses a gap in the writes of another one.
local function continues(file, following)
    if following.vclock == nil then
        -- Its header is damaged, but its name contains the sum of the LSNs.
        return log_file.end_signature(file) == following.signature
    elseif file.last_block == nil then
        return following.signature == file.signature
    end
    local _, last = log_file.rows_at(file, file.last_block)
    return last ~= nil and following.vclock[last.replica_id or 0] == last.lsn
end

local TAILS = {
    cut = 'ends in the middle of a transaction that was never written completely',
    zeros = 'ends in zeros that are not data',
    garbage = 'ends in bytes that are not a complete transaction',
}

-- Returns the damage of a log, or nil: {file, reason, is_harmless}. is_harmless: the bytes from file.whole_end on
-- contain no acknowledged data.
local function judge(file, following)
    local tail = file.tail
    if tail == 'closed' or tail == 'unread' and file.vclock ~= nil then
        return nil
    elseif file.vclock == nil then
        local is_harmless = following == nil and tail ~= 'damaged'
        local reason = 'has no complete header'
        return {
            file = file,
            reason = is_harmless and reason .. ' and no transaction' or reason,
            is_harmless = is_harmless,
        }
    elseif tail == 'damaged' then
        local before = file.beyond.count > 0 and 'other transactions' or 'an ordered end'
        local reason = ('is damaged at byte %d, before %s'):format(file.whole_end, before)
        return { file = file, reason = reason, is_harmless = false }
    elseif not file.is_closed and following ~= nil and not continues(file, following) then
        local text = 'has lost its end, after byte %d: %s does not continue it'
        return { file = file, reason = text:format(file.whole_end, following.name), is_harmless = false }
    elseif tail == 'open' or tail == 'cut' and following ~= nil then
        -- A log with a successor is no longer written to, and Tarantool can read it as it is.
        return nil
    end
    return { file = file, reason = TAILS[tail], is_harmless = true }
end

-- The vylog, in which vinyl lists its files; a start reads the last one. Returns a result of judge.
local function judge_vylog(data_dir)
    local vylogs = numbered(data_dir, 'vylog')
    local last = vylogs[#vylogs]
    local finding = last ~= nil and judge(log_file.look(last.path, true)) or nil
    if finding ~= nil and finding.file.vclock == nil then
        -- Unlike rows of a write-ahead log, the start of a vylog exists nowhere else.
        finding.is_harmless = false
        finding.reason = 'has no complete header'
    end
    return finding
end

-- Examines all logs that a start reads, and the headers of the others. O(size): 2 s of CPU time for 1 GB. Returns {logs
-- = [results of log_file.look], findings = [results of judge], snapshot = {path, name, ...} or nil, is_snapshot_whole}.
function M.look(data_dir)
    local snapshots = numbered(data_dir, 'snap')
    local snapshot = snapshots[#snapshots]
    local names = numbered(data_dir, 'xlog')
    local first = 1
    for i, entry in ipairs(names) do
        if snapshot ~= nil and entry.number <= snapshot.number then
            first = i
        end
    end
    local logs, findings = {}, { judge_vylog(data_dir) }
    for i, entry in ipairs(names) do
        logs[i] = log_file.look(entry.path, i >= first)
        logs[i].is_needed = i >= first
    end
    for i, file in ipairs(logs) do
        local finding = judge(file, logs[i + 1])
        if finding ~= nil then
            table.insert(findings, finding)
        end
    end
    return {
        logs = logs,
        findings = findings,
        snapshot = snapshot,
        older_snapshot = snapshots[#snapshots - 1],
        is_snapshot_whole = snapshot == nil or log_file.is_whole_snapshot(snapshot.path),
    }
end

local function sync_folder(path)
    local handle = must(fio.open(path, { 'O_RDONLY' }), path)
    handle:fsync()
    handle:close()
end

-- An unused path in the folder set-aside.
local function place_aside(data_dir, name, now_s)
    local folder = fio.pathjoin(data_dir, SET_ASIDE)
    must(fio.mktree(folder, tonumber('700', 8)), folder)
    local base = fio.pathjoin(folder, os.date('!%Y%m%dT%H%M%SZ-', now_s) .. name)
    local path, count = base, 1
    while fio.path.exists(path) do
        count = count + 1
        path = base .. '.' .. count
    end
    return path
end

-- Moves a data file into set-aside. Returns its new path.
function M.set_file_aside(data_dir, path, now_s)
    local aside = place_aside(data_dir, fio.basename(path), now_s)
    must(fio.rename(path, aside), path)
    sync_folder(fio.dirname(aside))
    sync_folder(data_dir)
    return aside
end

-- Moves the bytes from file.whole_end on into set-aside; a log without a header is moved as a whole. Returns the new
-- path.
function M.set_tail_aside(data_dir, file, now_s)
    if file.whole_end == 0 then
        return M.set_file_aside(data_dir, file.path, now_s)
    end
    local aside = place_aside(data_dir, ('%s.from-%d'):format(file.name, file.whole_end), now_s)
    local from = must(fio.open(file.path, { 'O_RDWR' }), file.path)
    local to = must(fio.open(aside, { 'O_WRONLY', 'O_CREAT', 'O_EXCL' }, tonumber('600', 8)), aside)
    log_file.copy_range(from, to, file.whole_end, file.size - file.whole_end)
    must(to:fsync(), aside)
    to:close()
    sync_folder(fio.dirname(aside))
    must(from:truncate(file.whole_end), file.path)
    must(from:fsync(), file.path)
    from:close()
    return aside
end

-- The first finding that a start must not repair by itself, or nil.
function M.first_damage(findings)
    for _, finding in ipairs(findings) do
        if not finding.is_harmless then
            return finding
        end
    end
end

local HOW = 'Stop what works there and run svodka-repair (tarantool/bin, with SVODKA_TARANTOOL_DIR=%s): it says what '
    .. 'can be saved (docs/operations.md, Damaged logs)'

-- Called before box.cfg, in the locked data folder. Sets harmless damage aside and logs a line for each; if there is
-- any other damage, ends the process and changes nothing. report: {fail = function(code, message)}.
function M.run(data_dir, report, now_s)
    local how = HOW:format(fio.abspath(data_dir))
    local found = M.look(data_dir)
    if not found.is_snapshot_whole then
        return report.fail('DATA_DAMAGED', ('%s was not written to its end. %s'):format(found.snapshot.path, how))
    end
    local damage = M.first_damage(found.findings)
    if damage ~= nil then
        return report.fail('DATA_DAMAGED', ('%s %s. %s'):format(damage.file.path, damage.reason, how))
    end
    for _, finding in ipairs(found.findings) do
        local file = finding.file
        local done, aside = pcall(M.set_tail_aside, data_dir, file, now_s)
        if not done then
            return report.fail(
                'DATA_DAMAGED',
                ('%s %s, and that cannot be set aside: %s'):format(file.path, finding.reason, aside)
            )
        end
        log.error(
            '%s %s: bytes %d to %d were set aside in %s. Nothing that was acknowledged is in them',
            file.path,
            finding.reason,
            file.whole_end,
            file.size,
            aside
        )
    end
end

return M
