package.path = arg[0]:match('^.*test/') .. '?.lua;' .. package.path

local support = require('support')
local bucket_check = require('shards.bucket_check')

support.start_box()

local function set(name, buckets)
    return { set = name, instance = name .. '-a', is_primary = true, buckets = buckets }
end

support.run('check of buckets', {
    {
        'a cluster in which each bucket is on one set has no fault',
        function(t)
            local one = set('one', { { 1, 'active', 0 }, { 3, 'pinned', 0 } })
            local two = set('two', { { 2, 'active', 4 } })
            t:is_deeply(bucket_check.compare({ one, two }, 3), { doubled = {}, missing = {}, moving = 0 })
        end,
    },
    {
        'a bucket that is active on two sets is named with both, the later generation first',
        function(t)
            local one = set('one', { { 1, 'active', 2 }, { 2, 'active', 0 } })
            local two = set('two', { { 1, 'active', 3 } })
            local three = set('three', { { 1, 'pinned', 1 } })
            local found = bucket_check.compare({ one, two, three }, 2)
            t:is_deeply(found.doubled, { { 1, { { 'two', 3 }, { 'one', 2 }, { 'three', 1 } } } })
            t:is_deeply(found.missing, {})
        end,
    },
    {
        'a bucket that no set has is named, one on its way or already sent is not',
        function(t)
            local one = set('one', { { 1, 'sending', 0 }, { 2, 'sent', 0 }, { 4, 'garbage', 0 } })
            local two = set('two', { { 1, 'receiving', 1 }, { 2, 'active', 1 } })
            t:is_deeply(bucket_check.compare({ one, two }, 4), { doubled = {}, missing = { 3, 4 }, moving = 1 })
        end,
    },
})
