-- What Svodka uses of vshard beyond its documented API. Checked with 0.1.41 and 0.1.42; nothing else may do so.

local M = {}

local function generation_of(row)
    return row.opts ~= nil and row.opts.generation or 0
end

-- The status of a bucket of this storage ('active', 'sending', 'sent' ...), or nil. O(log n), does not yield.
function M.status_of(bucket)
    local row = box.space._bucket:get({ bucket })
    return row ~= nil and row.status or nil
end

-- Calls visit(bucket, status, generation) for each bucket of this storage, in order. Generations grow with each move of
-- a bucket. Does not yield. O(buckets).
function M.each_bucket(visit)
    for _, row in box.space._bucket:pairs() do
        visit(row.id, row.status, generation_of(row))
    end
end

-- A number that changes with the status of any bucket of this storage.
function M.generation()
    return require('vshard').storage.internal.bucket_generation
end

-- Makes an active bucket one that was sent to a set, whose rows vshard deletes. Returns false if somebody changes it
-- now.
function M.give_up(bucket, set_uuid)
    local described = require('vshard').storage.buckets_info(bucket)[bucket]
    if described == nil or (described.ref_rw or 0) > 0 then
        return false
    end
    local space = box.space._bucket
    local options = { generation = generation_of(space:get({ bucket })) + 1 }
    box.atomic(function()
        -- The only way that vshard's own check of statuses allows.
        space:update({ bucket }, { { '=', 'status', 'readonly' } })
        space:replace({ bucket, 'sending', set_uuid, options })
        space:replace({ bucket, 'sent', set_uuid, options })
    end)
    return true
end

-- Limits how long a move waits for those who use the bucket: meanwhile nobody may change anything in it. The default is
-- five minutes, and only the time for the whole move has a setting.
function M.limit_wait_of_moves(seconds)
    require('vshard.consts').DEFAULT_BUCKET_REF_TIMEOUT = seconds
end

-- vshard gives its user the right to read everything, by which instances could replicate. Svodka's replication has a
-- user of its own.
function M.revoke_replication(user)
    box.schema.user.revoke(user, 'replication', nil, nil, { if_exists = true })
end

return M
