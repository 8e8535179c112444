#!/usr/bin/env bash
# Every published crate builds with the oldest compiler that the manifests name, with its default features and with all of them.
# What it is tested with (dev-dependencies) may want a newer one, and is left out.
#
# Takes that compiler from rustup if it is installed (`rustup toolchain install 1.85`), else from Debian 13, whose rustc is of
# this version: its packages are unpacked below the target folder, and nothing of the system is changed. Where neither is to be
# had this says so and gives 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/published.sh
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/msrv"
target=$(cd "$target" && pwd)/msrv
version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

from_rustup() {
    RUSTUP_TOOLCHAIN=$(rustup toolchain list 2>/dev/null | grep -o "^$version[.-][^ ]*" | head -n 1) || return 1
    export RUSTUP_TOOLCHAIN
}
from_debian() {
    local root=$target/debian release=trixie
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    if [ ! -e "$root/complete" ]; then
        command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ -e "$keys" ] && [ "$(uname -m)" = x86_64 ] || return 1
        rm -rf "$root" && mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/tree" "$root/bin" || return 1
        printf '%s\n' "Types: deb" "URIs: http://deb.debian.org/debian" "Suites: $release" "Components: main" \
            "Signed-By: $keys" >"$root/debian.sources"
        # As if nothing were installed, so that the libraries come too.
        local apt=(-qq -o "Dir::Etc::sourcelist=$root/debian.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$root/lists"
            -o Dir::State::status=/dev/null -o "Dir::Cache=$root" -o APT::Sandbox::User=)
        apt-get "${apt[@]}" update >&2 || return 1
        case $(apt-cache "${apt[@]}" policy rustc | awk '/Candidate:/ { print $2 }') in "$version".*) ;; *) return 1 ;; esac
        # The linker is this machine's, and so is what it links against.
        local packages
        packages=$(apt-get "${apt[@]}" install --no-install-recommends --print-uris -y cargo | awk '{ print $2 }' | sed 's/_.*//' |
            grep -vE '^(gcc|cpp|binutils|linux-libc|rpcsvc|libc-dev-bin|lib(c6|crypt|gcc-14)-dev|lib(.san|hwasan|itm|gomp|cc1|quadmath|atomic|binutils|gprofng|ctf))') || return 1
        # shellcheck disable=SC2086
        (cd "$root/archives" && apt-get "${apt[@]}" download $packages >&2 && for deb in *.deb; do dpkg -x "$deb" ../tree; done) || return 1
        # Debian 13's own loader and libraries: an older system's do not have what these programs ask for.
        for program in cargo rustc; do
            cat >"$root/bin/$program" <<WRAPPER || return 1
#!/bin/sh
exec $root/tree/usr/lib64/ld-linux-x86-64.so.2 --library-path $root/tree/usr/lib/x86_64-linux-gnu --argv0 "\$0" $root/tree/usr/bin/$program "\$@"
WRAPPER
            chmod +x "$root/bin/$program" && "$root/bin/$program" --version >&2 || return 1
        done
        rm -rf "$root/archives" "$root/lists"
        touch "$root/complete"
    fi
    export PATH=$root/bin:$PATH RUSTC=$root/bin/rustc
}
from_rustup || from_debian || {
    echo "skipped: no Rust $version; rustup toolchain install $version"
    exit 0
}
rustc --version
export CARGO_TARGET_DIR=$target/build
for features in "" --all-features; do
    cargo check --quiet --locked "${packages[@]}" $features
    echo "builds${features:+ with $features}: ${published[*]}"
done
