-- Checks the write-ahead logs before Tarantool reads them. Tarantool ends at the first bytes that it cannot read, even
-- where no data are lost, and names no way out. Worse, a block whose damaged length leads past the end of the file is
-- the end of the log to it, and what follows is left out in silence. Here the start sets aside by itself what no client
-- was told is stored, and refuses any other damage: bin/svodka-repair is for that.

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

-- The files NNN.<ending> of the folder by their numbers, in order.
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

-- Whether the log that follows begins where this one ends. When several instances have written to it, this is known of
-- the one that wrote last; Tarantool itself refuses a gap of another.
local function continues(file, following)
    if following.vclock == nil then
        -- Its header is damaged, but its name has the sum of the numbers there.
        return log_file.end_signature(file) == following.signature
    elseif file.last_block == nil then
        return following.signature == file.signature
    end
    local _, last = log_file.rows_at(file, file.last_block)
    return last ~= nil and following.vclock[last.replica_id or 0] == last.lsn
end

local TAILS = {
    cut = 'ends in the middle of a transaction, which was never written whole',
    zeros = 'ends in zeros that nobody wrote as data',
    garbage = 'ends in bytes that are no whole transaction',
}

-- Returns what is wrong with a log, nil when nothing: {file, reason, is_harmless}.
-- is_harmless: nothing that was acknowledged is in what goes, the bytes from file.whole_end on.
local function judge(file, following)
    local tail = file.tail
    if tail == 'closed' or tail == 'unread' and file.vclock ~= nil then
        return nil
    elseif file.vclock == nil then
        local is_harmless = following == nil and tail ~= 'damaged'
        local reason = 'has no whole header'
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
        local text = 'has lost its end, from byte %d on: %s does not begin where it ends'
        return { file = file, reason = text:format(file.whole_end, following.name), is_harmless = false }
    elseif tail == 'open' or tail == 'cut' and following ~= nil then
        -- A log that another one follows is not written to any more, and Tarantool reads it like this.
        return nil
    end
    return { file = file, reason = TAILS[tail], is_harmless = true }
end

-- The log in which vinyl notes its files: the start reads the last one. Returns what judge returns.
local function judge_vylog(data_dir)
    local vylogs = numbered(data_dir, 'vylog')
    local last = vylogs[#vylogs]
    local finding = last ~= nil and judge(log_file.look(last.path, true)) or nil
    if finding ~= nil and finding.file.vclock == nil then
        -- Unlike the rows of a write-ahead log, what it begins with is nowhere else.
        finding.is_harmless = false
        finding.reason = 'has no whole header'
    end
    return finding
end

-- Looks at all logs that a start reads, and at the headers of the others. O(their size): 2 s of the processor for 1 GB.
-- Returns {logs = [what log_file.look returns], findings = [what judge returns], snapshot = {path, name, ...} or nil,
-- is_snapshot_whole}.
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

-- A path below the folder's set-aside that is free.
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

-- Moves a whole file of the data into set-aside. Returns where it is.
function M.set_file_aside(data_dir, path, now_s)
    local aside = place_aside(data_dir, fio.basename(path), now_s)
    must(fio.rename(path, aside), path)
    sync_folder(fio.dirname(aside))
    sync_folder(data_dir)
    return aside
end

-- Moves what follows file.whole_end into set-aside; a log without a header goes as a whole. Returns where it is.
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

-- The first finding of several that a start must not mend by itself, or nil.
function M.first_damage(findings)
    for _, finding in ipairs(findings) do
        if not finding.is_harmless then
            return finding
        end
    end
end

local HOW = 'Stop what works there and run svodka-repair (tarantool/bin, with SVODKA_TARANTOOL_DIR=%s): it says what '
    .. 'can be saved (docs/operations.md, Damaged logs)'

-- Before box.cfg, in the locked data folder. Sets aside what is harmless, with a line in the log for each; ends the
-- process when anything else is damaged, and then has changed nothing. report: {fail = function(code, message)}.
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
