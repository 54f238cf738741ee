# make          the library, with its symlinks, and the command sslmode, in target/release
# make demo     the main job on real input: needs curl, python3 and openssl
# make check    for every commit, under two minutes
# make test     everything that proves the library works, under 15 minutes
# make compat   the C tests and 200,000 random sequences on every libssl that tools/hosts can get, and real programs
#               under faults with many seeds; profiles beside old libssls, 100,000 sequences a pair; writes COMPAT.md
# make bench    instructions per call, and per request of nginx, under callgrind; requests per second under trace; our
#               libssl beside OpenSSL 3.0: heap, bulk data, handshakes, mode calls
# make fuzz     every target of fuzz/, for FUZZ_SECONDS each (60)
# make header   writes include/sslmode.h anew
# make exports  writes the table in libssl/README.md anew
# make findings writes man/sslmode-findings.7 anew
# make install / uninstall, with PREFIX and DESTDIR

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
COMPLETIONS ?= $(PREFIX)/share
CC ?= cc

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SONAME := libsslmode.so.0
RELEASE := target/release
LIBRARY := $(RELEASE)/libsslmode.so
COMMAND := $(RELEASE)/sslmode
LIBSSL := target/libssl/libssl.so.3
CTESTS := $(patsubst ctests/%.c,target/ctests/%,$(wildcard ctests/*.c))
CTEST_FLAGS := -std=c99 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -g -O1 -pthread -Iinclude -Ictests

TEST_HOSTS := openssl-3.0 openssl-1.0.2k openssl-0.9.8e
# With so many seeds the real programs meet each fault.
SEEDS := 10
OURS := ours ours:openssl-1.0.2 ours:openssl-1.1.1
# Real libssls under the rules of older ones.
TEST_PROFILES := openssl-3.0:openssl-1.0.2 openssl-4.0.3:openssl-1.0.2
PROFILES := $(foreach host,openssl-1.1.1w openssl-3.0 openssl-3.6.3 openssl-4.0.3,\
    $(addprefix $(host):,openssl-0.9.8 openssl-1.0.2 openssl-1.0.2l)) \
    openssl-3.0:openssl-1.1.1 openssl-3.6.3:openssl-1.1.1 openssl-4.0.3:openssl-1.1.1 \
    openssl-3.6.3:openssl-3 openssl-4.0.3:openssl-3
# Of those, the ones whose old version is here to be compared with, in random sequences.
TWINS := $(filter-out %:openssl-0.9.8,$(PROFILES))
COMPAT_HOSTS := $(shell tools/hosts/get --list | cut -f 1)

.PHONY: all deps demo check test test-memory test-instructions compat bench fuzz header exports findings ctests install uninstall clean FORCE

all: $(RELEASE)/$(SONAME) $(LIBSSL)

# Cargo knows best whether anything is to be done, and in one go keeps all processors busy.
$(LIBRARY): FORCE
	cargo build --release --locked -p sslmode -p sslmode-cli -p sslmode-libssl

# Programs linked here ask for the soname.
$(RELEASE)/$(SONAME): $(LIBRARY)
	ln -sf libsslmode.so $@

# Our libssl, in a folder of its own: what looks for a libssl in target/release must not find it.
$(LIBSSL): $(LIBRARY) FORCE
	libssl/link $(RELEASE)/libsslmode_libssl.a $(@D)

deps:
	tools/deps

header:
	SSLMODE_WRITE_HEADER=1 cargo build --release --locked

exports:
	SSLMODE_WRITE_EXPORTS=1 cargo test -q --locked -p sslmode-libssl --test exports the_readme_has_the_table

findings:
	SSLMODE_WRITE_FINDINGS=1 cargo test -q --locked -p sslmode-cli --test findings

demo: all
	examples/demo

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	cargo test --workspace --lib --bins --locked

ctests: $(CTESTS)

target/ctests/%: ctests/%.c $(wildcard ctests/*.h) include/sslmode.h $(RELEASE)/$(SONAME)
	@mkdir -p $(@D)
	$(CC) $(CTEST_FLAGS) $< -o $@ -L$(RELEASE) -lsslmode -ldl -Wl,-rpath,$(abspath $(RELEASE))

test: deps all ctests
	cargo test --workspace --locked
	tools/ctests $(TEST_HOSTS) $(OURS) $(TEST_PROFILES)
	# Neither minds what else the machine does.
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target test-memory test-instructions
	tools/install-test
	examples/demo

test-memory:
	tools/ctests --valgrind openssl-3.0

test-instructions:
	benches/instructions

compat: all ctests
	tools/ctests $(COMPAT_HOSTS) $(OURS) $(PROFILES)
	SSLMODE_TEST_SEEDS=$(SEEDS) cargo test --locked --test programs
	cargo build --release --locked -p sslmode-compare
	target/release/sslmode-compare run $(COMPAT_HOSTS) ours --sequences 200000
	for profile in $(patsubst ours:%,%,$(filter ours:%,$(OURS))); do \
	    SSLMODE_OPTIONS=profile=$$profile target/release/sslmode-compare run ours --sequences 200000 || exit; \
	done
	for pair in $(TWINS); do \
	    target/release/sslmode-compare profile $${pair#*:} --host $${pair%:*} --sequences 100000 || exit; \
	done
	target/release/sslmode-compare table --output COMPAT.md

bench: deps all
	benches/instructions
	benches/nginx
	benches/libssl

fuzz:
	tools/fuzz

CMAKEDIR = $(LIBDIR)/cmake/sslmode
# Of its own: our libssl never stands where the system's is looked for.
LIBSSLDIR = $(LIBDIR)/sslmode
# A section of our own: OpenSSL's pages of the same names stay.
MODE_PAGE := SSL_CTX_set_mode.3sslmode
LINK_PAGES := $(foreach function,CTX_clear CTX_get set clear get,SSL_$(function)_mode.3sslmode)

# Below the prefix by its name, so that pkg-config can move it.
from_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
fill_in = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@SONAME@|$(SONAME)|'
write = install -m 644 /dev/stdin

# Where bash, zsh and fish look for what completes a command.
BASH_COMPLETION := bash-completion/completions/sslmode
ZSH_COMPLETION := zsh/site-functions/_sslmode
FISH_COMPLETION := fish/vendor_completions.d/sslmode.fish

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1
	install -m 755 $(COMMAND) $(DESTDIR)$(BINDIR)/sslmode
	install -m 644 man/sslmode.1 $(DESTDIR)$(MANDIR)/man1/sslmode.1
	install -d $(addprefix $(DESTDIR)$(COMPLETIONS)/,$(dir $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)))
	$(COMMAND) completions bash | $(write) $(DESTDIR)$(COMPLETIONS)/$(BASH_COMPLETION)
	$(COMMAND) completions zsh | $(write) $(DESTDIR)$(COMPLETIONS)/$(ZSH_COMPLETION)
	$(COMMAND) completions fish | $(write) $(DESTDIR)$(COMPLETIONS)/$(FISH_COMPLETION)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(MANDIR)/man7
	install -m 644 $(LIBRARY) $(DESTDIR)$(LIBDIR)/libsslmode.so.$(VERSION)
	ln -sf libsslmode.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libsslmode.so
	install -m 644 include/sslmode.h $(DESTDIR)$(INCLUDEDIR)/sslmode.h
	$(fill_in) -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call from_prefix,$(LIBDIR))|' \
	    -e 's|@INCLUDEDIR@|$(call from_prefix,$(INCLUDEDIR))|' sslmode.pc.in | \
	    $(write) $(DESTDIR)$(LIBDIR)/pkgconfig/sslmode.pc
	install -d $(DESTDIR)$(CMAKEDIR)
	$(fill_in) -e "s|@INCLUDEDIR@|$$(realpath -ms --relative-to=$(LIBDIR) $(INCLUDEDIR))|" \
	    cmake/sslmodeConfig.cmake.in | $(write) $(DESTDIR)$(CMAKEDIR)/sslmodeConfig.cmake
	$(fill_in) cmake/sslmodeConfigVersion.cmake.in | $(write) $(DESTDIR)$(CMAKEDIR)/sslmodeConfigVersion.cmake
	install -m 644 man/SSL_CTX_set_mode.3 $(DESTDIR)$(MANDIR)/man3/$(MODE_PAGE)
	for page in $(LINK_PAGES); do \
	    echo '.so man3/$(MODE_PAGE)' | $(write) $(DESTDIR)$(MANDIR)/man3/$$page || exit; \
	done
	install -m 644 man/sslmode.7 $(DESTDIR)$(MANDIR)/man7/sslmode.7
	install -m 644 man/sslmode-findings.7 $(DESTDIR)$(MANDIR)/man7/sslmode-findings.7
	install -d $(DESTDIR)$(LIBSSLDIR)
	install -m 644 $(LIBSSL) $(DESTDIR)$(LIBSSLDIR)/libssl.so.3
	ln -sf libssl.so.3 $(DESTDIR)$(LIBSSLDIR)/libssl.so
	$(fill_in) -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBSSLDIR@|$(call from_prefix,$(LIBSSLDIR))|' \
	    libssl/sslmode-libssl.pc.in | $(write) $(DESTDIR)$(LIBDIR)/pkgconfig/sslmode-libssl.pc

uninstall:
	rm -f $(DESTDIR)$(LIBSSLDIR)/libssl.so.3 $(DESTDIR)$(LIBSSLDIR)/libssl.so
	test ! -d $(DESTDIR)$(LIBSSLDIR) || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(LIBSSLDIR)
	rm -f $(DESTDIR)$(LIBDIR)/pkgconfig/sslmode-libssl.pc
	rm -f $(DESTDIR)$(BINDIR)/sslmode $(DESTDIR)$(MANDIR)/man1/sslmode.1
	rm -f $(addprefix $(DESTDIR)$(COMPLETIONS)/,$(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))
	rm -f $(DESTDIR)$(LIBDIR)/libsslmode.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/libsslmode.so
	rm -f $(DESTDIR)$(INCLUDEDIR)/sslmode.h $(DESTDIR)$(LIBDIR)/pkgconfig/sslmode.pc
	rm -f $(addprefix $(DESTDIR)$(CMAKEDIR)/sslmodeConfig,.cmake Version.cmake)
	test ! -d $(DESTDIR)$(CMAKEDIR) || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(CMAKEDIR)
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man3/,$(MODE_PAGE) $(LINK_PAGES))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man7/,sslmode.7 sslmode-findings.7)

clean:
	cargo clean
