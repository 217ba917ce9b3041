-- Which of two instances is the primary (replication/leadership.lua). A row of its own, so that it is replicated with
-- the data.

local function up()
    local space = box.schema.space.create('reign', {
        format = {
            { 'id', 'unsigned' }, -- 1: there is one row
            { 'term', 'unsigned' }, -- grows by one with each takeover
            { 'instance', 'string' }, -- uuid of the primary
            { 'since', 'number' }, -- seconds of the epoch
            { 'is_closed', 'boolean' }, -- the primary was stopped in order, and this was its last write
        },
    })
    space:create_index('pk', { parts = { 'id' } })
    space:insert({ 1, 1, box.info.uuid, require('fiber').time(), false })
end

return { up = up }
