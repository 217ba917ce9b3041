-- Bounds of alarms, and how long they live. Settings change the last two.

return {
    -- Of one call: about 5 ms of the TX thread.
    MAX_SIGNALS = 1000,
    MAX_LISTED = 1000,
    -- Seconds of an alarm whose signals are remembered, and signals of one second.
    MAX_MARKED_SECONDS = 64,
    MAX_MARKS = 4096,
    -- An alarm closes after so long without a signal.
    quiet_s = 300,
    -- Closed alarms are removed after so long.
    keep_s = 30 * 24 * 60 * 60,
}
