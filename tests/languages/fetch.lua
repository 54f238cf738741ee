-- Fetches /data over TLS without blocking: fetch.lua PORT CERTIFICATE
local socket = require "socket"
local ssl = require "ssl"

local connection = socket.tcp()
assert(connection:connect("127.0.0.1", tonumber(arg[1])))
local tls = assert(ssl.wrap(connection, { mode = "client", protocol = "any", cafile = arg[2], verify = "peer" }))
tls:sni("localhost")
tls:settimeout(0)

local function wait(why)
  if why == "wantread" then
    socket.select({ tls }, nil, 10)
  elseif why == "wantwrite" then
    socket.select(nil, { tls }, 10)
  else
    return false
  end
  return true
end

local done, why
repeat
  done, why = tls:dohandshake()
until done or not wait(why)
assert(done, why)

local request, from = "GET /data HTTP/1.0\r\n\r\n", 1
local last, reason, sent
repeat
  last, reason, sent = tls:send(request, from)
  from = (last or sent) + 1
until last or not wait(reason)
assert(last, reason)

local parts = {}
while true do
  local all, reason, part = tls:receive(5000)
  table.insert(parts, all or part)
  if not all and not wait(reason) then break end
end
local answer = table.concat(parts)
local _, last = answer:find("\r\n\r\n", 1, true)
io.write(answer:sub(last + 1))
