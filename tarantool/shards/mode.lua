-- Whether this process is a storage or a router of a sharded Svodka. Set before any module of a room is loaded: those
-- choose their functions by it once.

return {
    -- The number of buckets; nil: a single node, without buckets.
    bucket_count = nil,
}
