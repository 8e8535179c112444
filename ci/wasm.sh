#!/usr/bin/env bash
# The core, the facade and the test runtime compile for wasm32-unknown-unknown, and work there: the tests in ci/fixtures/wasm are run
# under node. The example of the book's page on WebAssembly is the library that they test.
#
# Takes the target's standard library from rustup (`rustup target add wasm32-unknown-unknown`), else that of the oldest compiler;
# see ci/oldest.sh. Where neither is to be had this says so and gives 0. To run the tests it also needs node, a linker, which
# rustup's toolchains bring, and wasm-bindgen's test runner, which it installs from crates.io.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/oldest.sh
. ci/tools.sh
target=wasm32-unknown-unknown
page=docs/src/guide/wasm.md fixture=ci/fixtures/wasm
diff <(sed -n '/^```rust,ignore$/,/^```$/{/^```/d;p}' "$page") "$fixture/lib.rs" ||
    { echo "the example of $page is not $fixture/lib.rs" >&2; exit 1; }

has_target() { [ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$target/lib" ]; }
# The compiler for what runs on this machine, and its linker.
native_path=$PATH lld=$(echo "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld)
has_target || { oldest_rust && has_target; } || skip "no standard library for $target; rustup target add $target"
rustc --version
CARGO_TARGET_DIR=$(mkdir -p "${CARGO_TARGET_DIR:-target}/wasm" && cd "${CARGO_TARGET_DIR:-target}/wasm" && pwd)
export CARGO_TARGET_DIR
# Nothing is run but macros and build scripts, and optimizing those takes longer than it saves.
quick=(--config 'profile.dev.package."*".opt-level=0')
# No tokio, smol or async-std: they do not compile for this target.
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview-core --all-features
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview --features rate-limit,tracing
cargo check --quiet "${quick[@]}" --locked --target "$target" -p purview-test
echo "purview-core, purview and purview-test compile for $target"

command -v node >/dev/null || skip "no node to run the tests with"
# The versions that everything else is tested with.
cp Cargo.lock "$fixture/"
cd "$fixture"
cargo tree --quiet --target "$target" >/dev/null
version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
runner=$tools/wasm-bindgen-$version
[ -x "$runner/bin/wasm-bindgen-test-runner" ] ||
    (
        PATH=$native_path
        unset RUSTC RUSTUP_TOOLCHAIN
        install_tool --no-default-features --root "$runner" --version "$version" wasm-bindgen-cli
    ) || skip "no wasm-bindgen-test-runner $version to run the tests with"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$runner/bin/wasm-bindgen-test-runner
# Debian's compiler comes without a linker.
if ! compgen -G "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/*/bin/rust-lld" >/dev/null; then
    [ -x "$lld" ] || lld=$(command -v rust-lld || command -v wasm-ld) || skip "no linker to build the tests with"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$lld
fi
cargo test --target "$target"
echo "the tests in $fixture pass under node $(node --version)"
