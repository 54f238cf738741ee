# shellcheck shell=bash disable=SC2154 # "recipe" sets the variables
# Recipe: AWS-LC built from the source in a crate, with its own plain symbol names.

find_cmake() {
    if type cmake >/dev/null 2>&1; then
        echo cmake
    else
        # It is large and needed once: it goes when the recipe ends.
        tools=$work/tools pip_tool cmake==3.31.6 cmake/data/bin/cmake
    fi
}

make_host() {
    need make "${CC:-cc}" "${CXX:-c++}" strip
    local cmake src
    cmake=$(find_cmake)
    src=$(crate_source "$what")/aws-lc
    "$cmake" -S "$src" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DBUILD_TESTING=OFF \
        -DBUILD_TOOL=OFF -DDISABLE_GO=ON -DDISABLE_PERL=ON -DENABLE_SOURCE_MODIFICATION=OFF || die "cmake failed"
    "$cmake" --build "$work/build" --parallel "$(nproc)" --target crypto ssl || die "the build failed"
    cp "$work/build/ssl/libssl.so" "$work/build/crypto/libcrypto.so" "$out/"
    strip --strip-debug "$out"/*.so
    own_folder_first "$out"/*.so
    cp -r "$src/include" "$out/include"
}
