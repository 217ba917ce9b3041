-- Limits how often something is tried in a window of time. The tries are stored, so a restart forgives nothing.

local fiber = require('fiber')
local errors = require('lib.errors')

local M = {}

local WINDOW_SECONDS = 300
-- Rows removed by each new try: two would do to keep up with one that is added.
local MAX_REMOVED = 20

-- Raises TOO_MANY_TRIES with {retry_after_s} when `what` was tried `limit` times in the last five minutes. O(limit).
function M.require_left(what, limit)
    local now = fiber.time()
    local place = 0
    for _, row in box.space.user_tries.index.what:pairs({ what }, { iterator = 'REQ' }) do
        local age = now - row.at
        if age >= WINDOW_SECONDS then
            return
        end
        place = place + 1
        if place == limit then
            -- This one has to be over before the next is within the limit.
            errors.raise('TOO_MANY_TRIES', { retry_after_s = math.ceil(WINDOW_SECONDS - age) })
        end
    end
end

-- Part of a transaction. Counts a try, and removes old ones.
function M.add(what)
    local now = fiber.time()
    local removed = 0
    for _, row in box.space.user_tries.index.pk:pairs() do
        if removed == MAX_REMOVED or row.at > now - WINDOW_SECONDS then
            break
        end
        box.space.user_tries:delete({ row.id })
        removed = removed + 1
    end
    box.space.user_tries:insert({ nil, what, now })
end

return M
