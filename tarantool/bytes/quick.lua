-- The switch between the two ways of reading and writing rows: by their bytes, where this version of Tarantool can
-- (is_possible of each module in bytes/), or as Lua objects. Off: Lua objects everywhere, and no filter index
-- (SVODKA_INSERT=plain).

return { is_on = true }
