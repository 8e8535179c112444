# Sourced by the scripts beside it: `published`, the names of the crates that are published, and `packages`, the same as cargo
# takes them.
mapfile -t published < <(grep -L '^publish = false' crates/*/Cargo.toml | xargs -n 1 dirname | xargs -n 1 basename)
packages=()
for name in "${published[@]}"; do
    packages+=(-p "$name")
done
