-- Workflows: projects, their trees of tasks, the states that runs leave, and what happened (docs/workflows.md).

local function create_trees()
    box.schema.sequence.create('project_id')
    local projects = box.schema.space.create('projects', {
        format = {
            { 'id', 'unsigned' },
            { 'name', 'string' },
            { 'label', 'scalar', is_nullable = true }, -- what documents call `id`: kept and given back
        },
    })
    projects:create_index('pk', { parts = { 'id' }, sequence = 'project_id' })
    projects:create_index('name', { parts = { 'name' } })

    box.schema.sequence.create('workflow_id')
    local workflows = box.schema.space.create('workflows', {
        format = {
            { 'id', 'unsigned' },
            { 'project_id', 'unsigned' },
            { 'name', 'string' },
            { 'label', 'scalar', is_nullable = true },
            { 'layout', 'unsigned' }, -- rises with each change of the tree
            { 'next_task_id', 'unsigned' },
            { 'task_count', 'unsigned' },
            { 'status', 'string' }, -- of the last run; 'not run'
            { 'run_id', 'unsigned', is_nullable = true }, -- the job of the last run
            { 'run_task', 'unsigned' }, -- the only task that it runs; 0: all of them
            { 'run_started', 'number', is_nullable = true }, -- seconds of the epoch, as all times
            { 'run_ended', 'number', is_nullable = true },
            { 'run_by', 'string', is_nullable = true },
            { 'stop_by', 'string', is_nullable = true }, -- who asked for its end
            { 'whole_run_id', 'unsigned' }, -- the last run of all tasks; 0: there was none
            { 'whole_below', 'unsigned' }, -- that run had the tasks with smaller ids
            { 'order', 'array' }, -- task ids by place
        },
    })
    workflows:create_index('pk', { parts = { 'id' }, sequence = 'workflow_id' })
    workflows:create_index('project', { parts = { 'project_id', 'name' } })
    workflows:create_index('name', { parts = { 'name', 'id' } })

    local tasks = box.schema.space.create('workflow_tasks', {
        format = {
            { 'workflow_id', 'unsigned' },
            { 'task_id', 'unsigned' }, -- from 1 in each workflow, never used twice
            { 'name', 'string' },
            { 'label', 'scalar', is_nullable = true },
            { 'exec', 'string' }, -- await, parallel
            { 'function', 'string' },
            { 'params', 'array' },
            { 'env', 'map' },
            { 'tries', 'unsigned' },
            { 'timeout_s', 'number', is_nullable = true },
            { 'grace_s', 'number' },
        },
    })
    tasks:create_index('pk', { parts = { 'workflow_id', 'task_id' } })
    tasks:create_index('name', { parts = { 'workflow_id', 'name' } })
    -- Ids of workflows that were deleted and whose rows are still to be removed.
    local leftovers = box.schema.space.create('workflow_leftovers', { format = { { 'workflow_id', 'unsigned' } } })
    leftovers:create_index('pk', { parts = { 'workflow_id' } })
end

local function create_runs()
    local states = box.schema.space.create('workflow_states', {
        format = {
            { 'workflow_id', 'unsigned' },
            { 'task_id', 'unsigned' },
            { 'run_id', 'unsigned' }, -- which run left it; 0: none, it was forced before the first run
            { 'status', 'string' },
            { 'code', 'integer', is_nullable = true }, -- exit code; of `terminated` the signal, below 0
            { 'pid', 'unsigned', is_nullable = true }, -- while there is a process
            { 'pid_start', 'scalar', is_nullable = true }, -- with boot_id: what tells the process from later ones
            { 'boot_id', 'string', is_nullable = true },
            { 'attempt', 'unsigned' },
            { 'started', 'number', is_nullable = true },
            { 'ended', 'number', is_nullable = true },
            { 'cause', 'string', is_nullable = true }, -- JSON text
            { 'log_run', 'unsigned' }, -- the run whose log is kept, under its job; 0: none
            { 'log_end', 'unsigned' }, -- bytes
            { 'version', 'unsigned' }, -- of its workflow's states; rises with each change but those of the log
        },
    })
    states:create_index('pk', { parts = { 'workflow_id', 'task_id' } })
    states:create_index('version', { parts = { 'workflow_id', 'version' } })

    box.schema.sequence.create('workflow_history_id')
    local history = box.schema.space.create('workflow_history', {
        format = {
            { 'id', 'unsigned' },
            { 'workflow_id', 'unsigned' },
            { 'run_id', 'unsigned', is_nullable = true },
            { 'task', 'string' }, -- its name; '': the run itself
            { 'status', 'string' },
            { 'code', 'integer', is_nullable = true },
            { 'pid', 'unsigned', is_nullable = true },
            { 'at', 'number' },
            { 'by', 'string' }, -- a user, 'run'
            { 'why', 'string', is_nullable = true },
        },
    })
    history:create_index('pk', { parts = { 'id' }, sequence = 'workflow_history_id' })
    history:create_index('workflow', { parts = { 'workflow_id', 'id' } })
    history:create_index('task', { parts = { 'workflow_id', 'task', 'id' } })

    local runs = box.schema.space.create('workflow_runs', {
        format = {
            { 'run_id', 'unsigned' },
            { 'workflow_id', 'unsigned' },
            { 'task', 'string' }, -- the name of the only task that it runs; '': all of them
            { 'status', 'string' },
            { 'started', 'number' },
            { 'ended', 'number', is_nullable = true },
            { 'by', 'string' },
            { 'lease', 'unsigned' }, -- of the last step that was stored
            { 'seq', 'unsigned' }, -- its number under that lease
        },
    })
    runs:create_index('pk', { parts = { 'run_id' } })
    runs:create_index('workflow', { parts = { 'workflow_id', 'run_id' } })

    -- Statuses that people set on tasks of a run that goes on, and that it acts on.
    box.schema.sequence.create('workflow_forced_id')
    local forced = box.schema.space.create('workflow_forced', {
        format = {
            { 'run_id', 'unsigned' },
            { 'id', 'unsigned' },
            { 'task_id', 'unsigned' },
            { 'status', 'string' },
            { 'by', 'string' },
        },
    })
    forced:create_index('pk', { parts = { 'run_id', 'id' } })
end

local function up()
    create_trees()
    create_runs()
end

return { up = up }
