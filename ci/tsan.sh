#!/usr/bin/env bash
# Thread sanitizer over the tests of the workspace, with an instrumented standard library: 0 reports, no suppressions.
#
# Instrumenting the standard library takes its source, which rustup's `rust-src` is and Debian's packages bring too:
# rustc-web, libstd-rust-web and rust-web-src are one release of the compiler, its library and the library's source, and
# libclang-rt-22-dev the sanitizer's runtime. They are unpacked below the build folder, not installed, so that rustup's
# compiler stays the one that is used for everything else. `ci/tsan.sh -p purview-tests` looks at one package. Where neither
# is to be had this says so and gives 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/record.sh
. ci/left-out.sh

target=x86_64-unknown-linux-gnu
from_rustup() {
    local nightly sysroot
    nightly=$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -n 1) || return 1
    sysroot=$(rustc "+$nightly" --print sysroot)
    [ -d "$sysroot/lib/rustlib/src/rust/library" ] || return 1
    export RUSTUP_TOOLCHAIN=$nightly
}
from_debian() {
    command -v apt-get >/dev/null || return 1
    local root=$builds/debian-rust clang=/usr/lib/llvm-22/lib/clang/22/lib/linux/libclang_rt.tsan-x86_64.a
    if [ ! -e "$root/complete" ]; then
        rm -rf "$root" && mkdir -p "$root"
        # libllvm22 and the runtime are libraries beside whatever is installed; the compiler is only unpacked.
        apt-get install -y --no-install-recommends libllvm22 libclang-rt-22-dev >&2 || return 1
        local version
        version=$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')
        [ -n "$version" ] && [ "$version" != "(none)" ] || return 1
        local release
        release=$(printf '%s' "$version" | cut -d. -f1,2)
        (cd "$root" && apt-get download "rustc-web=$version" "libstd-rust-web-dev=$version" "rust-web-src=$version" \
            "libstd-rust-web-$release=$version" >&2 && for deb in *.deb; do dpkg -x "$deb" .; done && rm ./*.deb) || return 1
        # Under the name by which a stable compiler looks for it.
        cp "$clang" "$root/usr/lib/rustlib/$target/lib/librustc-stable_rt.tsan.a" || return 1
        touch "$root/complete"
    fi
    export RUSTC=$root/usr/bin/rustc LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu RUSTC_BOOTSTRAP=1
    "$RUSTC" --version >&2
}
from_rustup || from_debian || skip tsan "no source of the standard library: rustup component add rust-src, or Debian's rust-web-src"

packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(--workspace)
kinds=(--lib --tests)
[[ " $* " == *" --test "* ]] && kinds=()
# Instrumented programs are slow; in full size the tests are run without.
export PURVIEW_MODEL_PROGRAMS=${PURVIEW_MODEL_PROGRAMS:-2000} PURVIEW_WAKERS=${PURVIEW_WAKERS:-50000}
export PURVIEW_RACES=${PURVIEW_RACES:-5000} PURVIEW_CHILDREN=${PURVIEW_CHILDREN:-20000} PURVIEW_CASES=${PURVIEW_CASES:-1000}
export PURVIEW_SOAK_SPAWNS=${PURVIEW_SOAK_SPAWNS:-1000} PURVIEW_SOAK_SCOPES=${PURVIEW_SOAK_SCOPES:-100}
export PURVIEW_HANG=${PURVIEW_HANG:-1200} RUST_BACKTRACE=0
export RUSTFLAGS="-Zsanitizer=thread" CARGO_TARGET_DIR=$builds/tsan TSAN_OPTIONS=halt_on_error=0
log=$results/tsan.log
status=0
leaving_out 'counts|many|size'
# The programs that some tests start, with the same instrumentation.
[[ " $* " == *" --test "* ]] || cargo build -Zbuild-std --target "$target" --all-features --examples "${packages[@]}"
cargo test -Zbuild-std --target "$target" --all-features "${kinds[@]}" --no-fail-fast "${packages[@]}" -- "${skips[@]}" \
    2>&1 | tee "$log" || status=$?

reports=$(grep -c 'WARNING: ThreadSanitizer' "$log" || true)
record tsan reports="$reports" tests="$(passed "$log")" failed="$(failed "$log")" over="$(echo "${packages[@]}")"
[ "$reports" -eq 0 ] && exit "$status"
grep -nE -A3 'SUMMARY: ThreadSanitizer' "$log" | sort | uniq -c | sort -rn >&2
exit 1
