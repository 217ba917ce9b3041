-- Least privilege: the users of the application and of the executors get a password and no rights by default; guest
-- gets no rights at all.

local digest = require('digest')

local M = {}

-- Writes the password only if it has changed, because a start on a full disk must not write. The space stores the hash
-- used by chap-sha1 of the protocol.
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

-- Idempotent; writes nothing if nothing has changed. A changed setting changes the password.
function M.setup(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    set_password(user, password)
    -- The role `public` may read the schema's spaces and call helpers of the box, none of which the application needs.
    strip_public(user)
    strip_public('guest')
    box.schema.user.revoke('guest', 'session,usage', 'universe', nil, { if_exists = true })
end

-- The user of replicas: it may read everything and call the procedures of replication/peer_exports.lua.
function M.setup_replication(user, password)
    box.schema.user.create(user, { password = password, if_not_exists = true })
    set_password(user, password)
    box.schema.user.grant(user, 'replication', nil, nil, { if_not_exists = true })
    strip_public(user)
end

return M
