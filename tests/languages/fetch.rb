# Fetches /data over TLS, once in a thread and once without blocking: fetch.rb PORT CERTIFICATE
require "openssl"
require "socket"

PORT = Integer(ARGV[0])
CONTEXT = OpenSSL::SSL::SSLContext.new
CONTEXT.ca_file = ARGV[1]
CONTEXT.verify_mode = OpenSSL::SSL::VERIFY_PEER

def connected
  socket = OpenSSL::SSL::SSLSocket.new(TCPSocket.new("127.0.0.1", PORT), CONTEXT)
  socket.sync_close = true
  yield socket
  socket.write("GET /data HTTP/1.0\r\n\r\n")
  socket
end

def without_blocking(socket)
  yield
rescue IO::WaitReadable
  socket.to_io.wait_readable(10)
  retry
rescue IO::WaitWritable
  socket.to_io.wait_writable(10)
  retry
end

one = Thread.new do
  socket = connected(&:connect)
  socket.read.tap { socket.close }
end.value
socket = connected { |new| without_blocking(new) { new.connect_nonblock } }
other = +"".b
begin
  loop { other << without_blocking(socket) { socket.read_nonblock(5000) } }
rescue EOFError
  socket.close
end
abort "not the same" if one.b != other
$stdout.binmode.write(one.b.split("\r\n\r\n", 2).last)
