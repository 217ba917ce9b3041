-- Least rights: the users of the application and of the executors get a password and nothing by default; guest gets
-- nothing at all.

local digest = require('digest')

local M = {}

-- Writes the password where it is another one: a start on a full disk must not write. What the space has is the hash of
-- the protocol's chap-sha1.
local function set_password(user, password)
    local auth = box.space._user.index.name:get({ user }).auth
    local hash = digest.base64_encode(digest.sha1(digest.sha1(password)))
    if type(auth) ~= 'table' or auth['chap-sha1'] ~= hash then
        box.schema.user.passwd(user, password)
    end
end

local function strip_public(user)
    for _, privilege in ipairs(box.schema.user.info(user)) do
        if privilege[2] == 'role' and privilege[3] == 'public' then
            box.schema.user.revoke(user, 'public')
        end
    end
end

-- Idempotent, and writes nothing when nothing is to be changed. Changing the setting changes the password.
function M.setup(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    set_password(user, password)
    -- The role `public` reads the schema's spaces and runs helpers of the box: the application needs none of it.
    strip_public(user)
    strip_public('guest')
    box.schema.user.revoke('guest', 'session,usage', 'universe', nil, { if_exists = true })
end

-- The user by which replicas follow: it may read everything, and call what replication/peer_exports.lua names.
function M.setup_replication(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    set_password(user, password)
    box.schema.user.grant(user, 'replication', nil, nil, { if_not_exists = true })
    strip_public(user)
end

return M
