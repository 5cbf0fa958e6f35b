-- A short text for a long one: equal texts have the same, others have another but by chance.

--- FNV-1a of 64 bits (Fowler, Noll & Vo).
---@param text string
---@return string
return function(text)
  local h = 0xcbf29ce484222325 + 0
  for place = 1, #text, 4096 do
    for _, byte in ipairs{text:byte(place, place + 4095)} do h = (h ~ byte) * 0x100000001b3 end
  end
  return ("%016x"):format(h)
end
