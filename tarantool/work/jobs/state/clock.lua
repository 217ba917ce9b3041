-- The clocks of the engine, in seconds. Tests put their own functions here.

local clock = require('clock')

return {
    -- Of the wall: what people see, and what run_at means. It can be set.
    wall = clock.time,
    -- Never set: what leases are measured by.
    steady = clock.monotonic,
}
