# shellcheck shell=bash disable=SC2154 # "recipe" sets the variables
# Recipe: an upstream OpenSSL built from the source in a crate.

# What a crate leaves out of the source must not be asked for.
features() {
    case $what in
        openssl-1-1-1) echo no-tests ;;
        *) echo no-tests no-docs no-apps no-module ;;
    esac
}

target() {
    case $(uname -m) in
        x86_64) echo linux-x86_64 ;;
        aarch64) echo linux-aarch64 ;;
        *) die "no OpenSSL target is set for $(uname -m)" ;;
    esac
}

# \$$ORIGIN: once through make and once through its shell.
configure() {
    # shellcheck disable=SC2046
    (cd "$work/build" && perl "$1/Configure" "$(target)" shared $(features) \
        '-Wl,-rpath,\$$ORIGIN' -Wl,--disable-new-dtags) || die "Configure failed"
}

keep() {
    local src=$1 so=${lib#libssl}
    cp "$work/build/libssl$so" "$work/build/libcrypto$so" "$out/"
    strip --strip-debug "$out"/*
    mkdir -p "$out/include/openssl"
    # Some headers are in the source, the others were generated.
    cp "$src"/include/openssl/*.h "$out/include/openssl/"
    cp "$work"/build/include/openssl/*.h "$out/include/openssl/"
    # As a linker wants them.
    ln -s "libssl$so" "$out/libssl.so"
    ln -s "libcrypto$so" "$out/libcrypto.so"
}

# The crates of 3 and later lack one script, without which a shared library cannot be linked.
complete_source() {
    cp -r "$1" "$2"
    chmod -R u+w "$2"
    [[ -e $2/util/mkdef.pl ]] || cp "$recipes/crates/mkdef.pl" "$2/util/"
}

make_host() {
    need perl make "${CC:-cc}" strip
    local src crate
    crate=$(crate_source "$what")
    src=$work/src
    complete_source "$crate/openssl" "$src"
    mkdir "$work/build"
    configure "$src"
    make -C "$work/build" -j"$(nproc)" build_libs || die "make failed"
    keep "$src"
}
