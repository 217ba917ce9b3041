/**
 * Changes a citizen and its relatives in one script, which Redis runs as a whole. KEYS: the import's hash. ARGV: the id,
 * the changes as JSON. Returns the citizen as JSON; `{}` for no citizen; `{unknown ids}` for relatives that are not there.
 * cjson writes an empty list as `{}` and ids with 14 digits: both are as good as Redis has them.
 */
export const PATCH_SCRIPT = `
local key, id, changes = KEYS[1], ARGV[1], cjson.decode(ARGV[2])
local function load(one)
  local text = redis.call('HGET', key, one)
  return text and cjson.decode(text)
end
local function store(one, citizen)
  local text = cjson.encode(citizen):gsub('"relatives":{}', '"relatives":[]')
  redis.call('HSET', key, one, text)
  return text
end
local citizen = load(id)
if not citizen then return {} end
if changes.relatives then
  local own, old, wanted, others, unknown = citizen.citizen_id, {}, {}, {}, {}
  for _, one in ipairs(citizen.relatives) do old[one] = true end
  for _, one in ipairs(changes.relatives) do
    wanted[one] = true
    if not old[one] then
      others[one] = load(string.format('%.0f', one))
      if not others[one] then table.insert(unknown, string.format('%.0f', one)) end
    end
  end
  if #unknown > 0 then return unknown end
  for one, other in pairs(others) do
    table.insert(other.relatives, own)
    store(string.format('%.0f', one), other)
  end
  for one in pairs(old) do
    if not wanted[one] then
      local other, kept = load(string.format('%.0f', one)), {}
      for _, each in ipairs(other.relatives) do
        if each ~= own then table.insert(kept, each) end
      end
      other.relatives = kept
      store(string.format('%.0f', one), other)
    end
  end
end
for name, value in pairs(changes) do citizen[name] = value end
return store(id, citizen)
`;
