# Sourced by the scripts beside it: the oldest compiler that the manifests name.
#
# `oldest_rust` sets RUSTUP_TOOLCHAIN to it if rustup has it (`rustup toolchain install 1.85`). Else it takes it from Debian 13,
# whose rustc is of this version, and puts it into PATH and RUSTC: the packages are unpacked below the target folder, and nothing of
# the system is changed. Among them is the standard library for wasm32.
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

oldest_rust() { from_rustup || from_debian; }
from_rustup() {
    local toolchain
    toolchain=$(rustup toolchain list 2>/dev/null | grep -o "^$oldest[.-][^ ]*" | head -n 1) || return 1
    export RUSTUP_TOOLCHAIN=$toolchain
}
from_debian() {
    local root=${CARGO_TARGET_DIR:-target}/oldest release=trixie
    mkdir -p "$root" || return 1
    root=$(cd "$root" && pwd)
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    if [ ! -e "$root/complete" ]; then
        command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ -e "$keys" ] && [ "$(uname -m)" = x86_64 ] || return 1
        # The mirror that this machine installs from.
        local mirror
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed -n 1p) || return 1
        [ -n "$mirror" ] || return 1
        rm -rf "$root" && mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/tree" "$root/bin" || return 1
        printf '%s\n' "Types: deb" "URIs: $mirror" "Suites: $release" "Components: main" \
            "Signed-By: $keys" >"$root/debian.sources"
        # As if nothing were installed, so that the libraries come too.
        local apt=(-qq -o "Dir::Etc::sourcelist=$root/debian.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$root/lists"
            -o Dir::State::status=/dev/null -o "Dir::Cache=$root" -o APT::Sandbox::User=)
        apt-get "${apt[@]}" update >&2 || return 1
        case $(apt-cache "${apt[@]}" policy rustc | awk '/Candidate:/ { print $2 }') in "$oldest".*) ;; *) return 1 ;; esac
        # The linker is this machine's, and so is what it links against.
        local packages
        packages=$(apt-get "${apt[@]}" install --no-install-recommends --print-uris -y cargo libstd-rust-dev-wasm32 | awk '{ print $2 }' | sed 's/_.*//' |
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
