-- Least rights: the application's user gets a password and nothing by default; guest gets nothing at all.

local M = {}

local function strip_public(user)
    for _, privilege in ipairs(box.schema.user.info(user)) do
        if privilege[2] == 'role' and privilege[3] == 'public' then
            box.schema.user.revoke(user, 'public')
        end
    end
end

-- Idempotent. The password is set anew at each start, so changing the setting changes it.
function M.setup(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    box.schema.user.passwd(user, password)
    -- The role `public` reads the schema's spaces and runs helpers of the box: the application needs none of it.
    strip_public(user)
    strip_public('guest')
    box.schema.user.revoke('guest', 'session,usage', 'universe', nil, { if_exists = true })
end

-- The user by which replicas follow: it may read everything, and call what peer_exports.lua names.
function M.setup_replication(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    box.schema.user.passwd(user, password)
    box.schema.user.grant(user, 'replication', nil, nil, { if_not_exists = true })
    strip_public(user)
end

return M
