-- Procedures that the replication user may call: the questions that two instances ask each other.

local replication = require('replication')

return {
    ['peer.replication.state'] = replication.state,
    ['peer.replication.step_down'] = replication.step_down,
}
