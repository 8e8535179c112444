#!/usr/bin/env bash
# Which module of the core may use which: the order of the floors in docs/src/internals.md. Needs python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v python3 >/dev/null || { echo "skipped: python3 is not installed" >&2; exit 0; }
python3 ci/layers.py
