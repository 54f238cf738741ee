# Stands in for the upstream script of this name, which the crates of OpenSSL 3 and later leave out:
# turns a list of public symbols (--ordinals FILE) into the version script of a shared library for GNU ld.
# Symbols of other systems and of disabled features may stay: GNU ld passes over what no object defines.
use strict;
use warnings;
use Getopt::Long qw(:config pass_through);

my $ordinals;
GetOptions('ordinals=s' => \$ordinals);
die "mkdef.pl: no --ordinals\n" unless $ordinals;
open my $list, '<', $ordinals or die "mkdef.pl: $ordinals: $!\n";

my %symbols;
while (<$list>) {
    my ($name, undef, $version, $kind) = split;
    push @{$symbols{$version}}, $name if $kind && $kind =~ /^EXIST:/;
}

sub number { return sprintf '%03d%03d%03d', split /_/, shift }

my $parent = '';
for my $version (sort { number($a) cmp number($b) } keys %symbols) {
    my $node = 'OPENSSL_' . $version =~ tr/_/./r;
    my $local = $parent ? '' : "    local: *;\n";
    print "$node {\n    global:\n", (map {"        $_;\n"} sort @{$symbols{$version}}), "$local}$parent;\n";
    $parent = " $node";
}
