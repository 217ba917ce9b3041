-- Makes the replica that runs with this environment the primary:  tarantool tarantool/bin/takeover.lua [--lossy]
-- Run it where the replica runs (docker exec). Exit code 0: it is the primary. docs/operations.md, Replication.

local fio = require('fio')
local here = fio.dirname(fio.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = fio.dirname(here) .. '/?.lua;' .. package.path

local net_box = require('net.box')
local report = require('lib.report')

local CONNECT_SECONDS = 5
-- It may wait for the old primary's last writes, and for a connection to nobody.
local CALL_SECONDS = 60

local settings = require('lib.settings').read(os.getenv)
if settings.replication_password == nil then
    report.fail('SETTINGS_INVALID', 'SVODKA_REPLICATION_PASSWORD or SVODKA_REPLICATION_PASSWORD_FILE is needed')
end

-- What listens on all addresses is reached by loopback.
local uri = settings.listen:gsub('^0%.0%.0%.0:', '127.0.0.1:'):gsub('^%[::%]:', '[::1]:')
local connection = net_box.connect(uri, {
    user = settings.replication_user,
    password = settings.replication_password,
    connect_timeout = CONNECT_SECONDS,
})
local ok, is_answered, answer = pcall(
    connection.call,
    connection,
    'operator.replication.take_over',
    { arg[1] == '--lossy' },
    { timeout = CALL_SECONDS }
)
if not ok or not is_answered then
    print('the instance at ' .. uri .. ' does not answer: ' .. tostring(connection.error or answer or is_answered))
    os.exit(1)
end
print(answer.text)
if answer.ok then
    print('lost: ' .. answer.lost)
end
os.exit(answer.ok and 0 or 1)
