# Fetches /data over TLS, once blocking and once not: fetch.pl PORT CERTIFICATE
use strict;
use warnings;
use IO::Socket::SSL qw(SSL_WANT_READ SSL_WANT_WRITE);
use IO::Select;

my ($port, $certificate) = @ARGV;

sub body { my ($answer) = @_; $answer =~ s/^.*?\r\n\r\n//s; return $answer }

sub connected {
    my ($blocking) = @_;
    my $socket = IO::Socket::SSL->new(PeerAddr => "localhost:$port", SSL_ca_file => $certificate)
        or die "connect: $IO::Socket::SSL::SSL_ERROR";
    print $socket "GET /data HTTP/1.0\r\n\r\n";
    $socket->blocking($blocking);
    return $socket;
}

my ($socket, $one, $other) = (connected(1), '', '');
while (sysread($socket, my $part, 5000)) { $one .= $part }
close $socket;

$socket = connected(0);
my $select = IO::Select->new($socket);
while (1) {
    my $length = sysread($socket, my $part, 5000);
    if ($length) { $other .= $part }
    elsif (defined $length) { last }
    elsif ($IO::Socket::SSL::SSL_ERROR == SSL_WANT_READ) { $select->can_read(10) }
    elsif ($IO::Socket::SSL::SSL_ERROR == SSL_WANT_WRITE) { $select->can_write(10) }
    else { last }
}

die 'not the same' if $one ne $other;
binmode STDOUT;
print body($one);
