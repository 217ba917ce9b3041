-- Repairs logs that a start refuses: keeps everything before the first damage, which is the state of the data at one
-- moment, and sets the rest aside. Later transactions are not kept because they depend on the lost ones.

local fio = require('fio')
local log_check = require('process.log_check')
local log_file = require('process.log_file')

local M = {}

local TIME = '!%Y-%m-%d %H:%M:%S UTC'

local function when(file, offset, place)
    local rows = { log_file.rows_at(file, offset) }
    local row = rows[place]
    return row ~= nil and os.date(TIME, math.floor(row.timestamp)) or 'an unknown time'
end

-- Describes the loss of the complete blocks {count, first, last} of a log. A block is what one write to the disk
-- contained.
local function describe_blocks(file, blocks)
    if blocks == nil or blocks.count == 0 then
        return 'no complete transaction'
    elseif file.vclock == nil then
        return ('%d complete blocks of transactions'):format(blocks.count)
    end
    local text = '%d complete blocks of transactions, written from %s to %s'
    return text:format(blocks.count, when(file, blocks.first, 1), when(file, blocks.last, 2))
end

local function all_blocks(file)
    if file.vclock == nil then
        return file.beyond
    elseif file.block_count == 0 then
        return nil
    end
    return { count = file.block_count, first = file.blocks_begin, last = file.last_block }
end

-- Plans the repair. Returns a list of {path, text, apply = function(now_s) -> new path}, empty if nothing is damaged;
-- raises a text for people if no repair is possible.
function M.plan(data_dir)
    local found = log_check.look(data_dir)
    local steps = {}
    local function add(path, text, apply)
        table.insert(steps, { path = path, text = text, apply = apply })
    end
    local function add_whole(file, text)
        add(file.path, 'is set aside as a whole; ' .. text, function(now_s)
            return log_check.set_file_aside(data_dir, file.path, now_s)
        end)
    end
    if not found.is_snapshot_whole then
        if found.older_snapshot == nil then
            error(found.snapshot.path .. ' was not written completely, and there is no older one: restore a backup', 0)
        end
        local text = 'it is incomplete, but %s and the logs since then exist, so nothing is lost'
        add_whole(found.snapshot, text:format(found.older_snapshot.name))
        return steps
    end
    local damage = log_check.first_damage(found.findings)
    if damage == nil then
        return steps
    end
    if damage.file.name:endswith('.vylog') then
        error(
            ('%s %s, and its content exists nowhere else: restore a backup'):format(damage.file.path, damage.reason),
            0
        )
    end
    local is_later = false
    for _, file in ipairs(found.logs) do
        if is_later then
            add_whole(file, 'lost with it: ' .. describe_blocks(file, all_blocks(file)))
        elseif file == damage.file and not file.is_needed then
            add_whole(file, 'the snapshot has its content, so nothing is lost')
            return steps
        elseif file == damage.file then
            is_later = true
            local text = '%s. Bytes %d to %d are set aside. Lost: the damaged part, and after it '
            text = text:format(damage.reason, file.whole_end, file.size)
            add(file.path, text .. describe_blocks(file, file.beyond), function(now_s)
                return log_check.set_tail_aside(data_dir, file, now_s)
            end)
        end
    end
    return steps
end

-- Executes a plan. Returns [{path, aside}].
function M.apply(steps, now_s)
    local done = {}
    -- In reverse order: if the repair is interrupted, the first damage is still there and the next run continues.
    for i = #steps, 1, -1 do
        table.insert(done, 1, { path = fio.basename(steps[i].path), aside = steps[i].apply(now_s) })
    end
    return done
end

return M
