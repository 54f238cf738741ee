# shellcheck shell=bash disable=SC2154 # "recipe" sets the variables
# Recipe: BoringSSL as Debian packages it for Android's tools.

packages=("$what" "$what-dev")

# A private folder of package lists: nothing on the system changes, and root is not needed.
with_own_lists() {
    mkdir -p "$work/lists/partial"
    apt-get "$@" -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o APT::Sandbox::User="$(id -un)"
}

download() {
    (
        cd "$work" || exit
        apt-get download "${packages[@]}" -o APT::Sandbox::User="$(id -un)" && exit
        with_own_lists update && with_own_lists download "${packages[@]}"
    )
}

unpack() {
    local deb
    for deb in "$work"/*.deb; do dpkg -x "$deb" "$work/root"; done
}

make_host() {
    need apt-get dpkg
    download || die "apt could not download ${packages[*]}"
    unpack
    local libs
    libs=$(dirname "$(find "$work/root" -name "$lib")")
    cp "$libs/$lib" "$libs/libcrypto${lib#libssl}" "$out/"
    own_folder_first "$out"/*.so.*
    mkdir "$out/include"
    cp -r "$(dirname "$(find "$work/root" -path '*/openssl/ssl.h')")" "$out/include/openssl"
    ln -s "$lib" "$out/libssl.so"
    ln -s "libcrypto${lib#libssl}" "$out/libcrypto.so"
}
