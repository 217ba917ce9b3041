-- Ends the doubling of a bucket that is active on two sets (shards/bucket_check.lua): this storage gives up its rows,
-- and vshard deletes them as those of a bucket that was sent.

local net_box = require('net.box')
local internals = require('shards.vshard_internals')
local topology = require('shards.topology')

local M = {}

local CONNECT_SECONDS = 3
local CALL_SECONDS = 5

-- What storage.buckets returns on the instance; nil if it does not answer.
local function ask(settings, address)
    local connection = net_box.connect(address, {
        user = settings.topology.user,
        password = settings.shards_password,
        connect_timeout = CONNECT_SECONDS,
    })
    local ok, answer = pcall(connection.call, connection, 'svodka_buckets', {}, { timeout = CALL_SECONDS })
    connection:close()
    return ok and answer or nil
end

-- Whether the primary of a set answers and has the bucket as its own.
local function has_active(settings, set, bucket)
    for _, address in pairs(settings.topology.sets[set].instances) do
        local answer = ask(settings, address)
        if answer ~= nil and answer.is_primary then
            for _, row in ipairs(answer.buckets) do
                if row[1] == bucket then
                    return row[2] == 'active'
                end
            end
        end
    end
    return false
end

-- request: {bucket, set = the name of the set that keeps it}. Returns {}; raises a sentence, and then changes nothing.
-- What was changed here since the bucket became doubled is lost. settings: of process/settings.lua, with `topology` and
-- `set`.
function M.give_up(settings, request)
    local bucket, set = tonumber(request.bucket), request.set
    if settings.topology.sets[set] == nil or set == settings.set then
        error(('no other set is called %s'):format(tostring(set)), 0)
    elseif box.info.ro then
        error('this instance is not the primary of its set', 0)
    elseif bucket == nil or internals.status_of(bucket) ~= 'active' then
        error(('bucket %s is not active here'):format(tostring(request.bucket)), 0)
    elseif not has_active(settings, set, bucket) then
        error(('bucket %d is not active on the set %s, or its primary does not answer'):format(bucket, set), 0)
    elseif not internals.give_up(bucket, topology.set_uuid(settings.topology, set)) then
        error(('bucket %d is in use here: try again'):format(bucket), 0)
    end
    return {}
end

return M
