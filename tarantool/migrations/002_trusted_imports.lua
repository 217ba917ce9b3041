-- How many bytes an import came in and when it was published; which Idempotency-Key stored which import.

local function up()
    -- First: a space that holds tuples takes a new format only before the transaction has written anything.
    -- Older imports have neither field.
    box.space.imports:format({
        { 'import_id', 'unsigned' },
        { 'state', 'string' },
        { 'citizens', 'unsigned' },
        { 'version', 'unsigned' },
        { 'created_at', 'number' },
        { 'bytes', 'unsigned', is_nullable = true }, -- of the body, decoded
        { 'published_at', 'number', is_nullable = true }, -- seconds of the epoch
    })

    local keys = box.schema.space.create('idempotency_keys', {
        format = {
            { 'key', 'string' },
            { 'fingerprint', 'string' }, -- of the request that the key was sent with
            { 'import_id', 'unsigned' },
            { 'expires_at', 'number' }, -- seconds of the epoch
        },
    })
    keys:create_index('pk', { parts = { 'key' } })
    keys:create_index('expires_at', { parts = { 'expires_at', 'key' } })
end

return { up = up }
