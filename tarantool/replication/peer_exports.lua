-- What the user of replication may call, beside following: what the two instances ask each other.

local replication = require('replication')

return {
    ['peer.replication.state'] = replication.state,
    ['peer.replication.step_down'] = replication.step_down,
}
