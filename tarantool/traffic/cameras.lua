-- Camera types and cameras: what the web side may call.

local devices = require('traffic.cameras.devices')
local types = require('traffic.cameras.types')

return {
    procedures = {
        ['svodka.cameras.types'] = types.list,
        ['svodka.cameras.type_versions'] = types.versions,
        ['svodka.cameras.catalog_version'] = types.version,
        ['svodka.cameras.put_type'] = types.put,
        ['svodka.cameras.delete_type'] = types.delete,
        ['svodka.cameras.recent_records'] = types.recent_records,
        ['svodka.cameras.register'] = devices.register,
        ['svodka.cameras.get'] = devices.require,
        ['svodka.cameras.list'] = devices.list,
        ['svodka.cameras.update'] = devices.update,
        ['svodka.cameras.delete'] = devices.delete,
        ['svodka.cameras.set_token'] = devices.set_token,
    },
}
