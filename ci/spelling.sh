#!/usr/bin/env bash
# Common misspellings, in pages, comments and names.
#
# Needs codespell, which it takes from PyPI if it is not installed. Words that are meant so are in ci/spelling.words.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/tools.sh
python_tool codespell codespell || skip "codespell cannot be installed"
git ls-files -z -- '*.md' '*.rs' '*.toml' '*.sh' '*.py' '.ci/run' 'ci/full' | xargs -0 codespell --ignore-words ci/spelling.words
echo "no misspelling by codespell $(codespell --version)"
