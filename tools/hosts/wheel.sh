# shellcheck shell=bash disable=SC2154 # "recipe" sets the variables
# Recipe: the libssl bundled in a binary wheel, with just the libraries that it needs.

fetch_wheel() {
    pip download --no-deps --only-binary=:all: --python-version 3.6 --implementation cp --abi cp36m \
        --platform manylinux1_x86_64 --dest "$work" "$what" || die "pip could not download $what"
    python3 -m zipfile -e "$work"/*.whl "$work/wheel"
}

needed() { "$patchelf" --print-needed "$1"; }

# take FILE: into the host, with everything it needs that the wheel has.
take() {
    local file=$1 dep
    [[ -e $out/${file##*/} ]] && return
    cp "$file" "$out/"
    for dep in $(needed "$file"); do
        if [[ $dep != libresolv-* && -e ${file%/*}/$dep ]]; then take "${file%/*}/$dep"; fi
    done
}

# The bundled libresolv wants a private symbol of the glibc it came from, so the system's takes its place.
use_system_resolver() {
    local file=$1 dep
    for dep in $(needed "$file"); do
        if [[ $dep == libresolv-* ]]; then "$patchelf" --replace-needed "$dep" libresolv.so.2 "$file"; fi
    done
}

make_host() {
    [[ $(uname -m) == x86_64 ]] || die "the wheel is for x86_64"
    need find
    patchelf=$(pip_tool patchelf==0.17.2.4 bin/patchelf)
    fetch_wheel
    local libssl file
    libssl=$(find "$work/wheel" -name "$lib")
    [[ -n $libssl ]] || die "$what holds no $lib"
    take "$libssl"
    chmod u+w "$out"/*
    for file in "$out"/*; do
        use_system_resolver "$file"
        own_folder_first "$file"
    done
}
