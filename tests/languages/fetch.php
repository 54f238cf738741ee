<?php
// Fetches /data over TLS, once as a file and once without blocking: fetch.php PORT CERTIFICATE
$port = $argv[1];
$context = stream_context_create(["ssl" => ["cafile" => $argv[2]]]);
$one = file_get_contents("https://localhost:$port/data", false, $context);

$stream = stream_socket_client("tls://localhost:$port", $code, $error, 10, STREAM_CLIENT_CONNECT, $context);
fwrite($stream, "GET /data HTTP/1.0\r\n\r\n");
stream_set_blocking($stream, false);
$other = "";
while (!feof($stream)) {
    $read = [$stream];
    $write = $except = null;
    stream_select($read, $write, $except, 10);
    $other .= fread($stream, 5000);
}
if ($one === false || $one !== explode("\r\n\r\n", $other, 2)[1]) {
    fwrite(STDERR, "not the same\n");
    exit(1);
}
echo $one;
