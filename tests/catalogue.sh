#!/usr/bin/env bash
# Fails when a suite is missing in tests/README.md, or is named there and does not exist.
set -euo pipefail
cd "$(dirname "$0")"

listed=$(grep -oE '\<test_[a-z0-9_]+\>' README.md | sort -u)
there=$(find . -name 'test_*.c' -printf '%f\n' | sed 's/\.c$//' | sort -u)
if ! diff <(echo "$listed") <(echo "$there"); then
  echo "tests/README.md: '<' marks what it names and is not there, '>' what it does not name" >&2
  exit 1
fi
