-- What the user of replication may call, beside following: replicas, and the commands in bin/.

local replication = require('replication')

return {
    ['operator.replication.state'] = replication.state,
    ['operator.replication.step_down'] = replication.step_down,
    ['operator.replication.take_over'] = replication.take_over,
}
