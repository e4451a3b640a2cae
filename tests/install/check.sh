#!/usr/bin/env bash
# Installs the build folder $1 into a scratch prefix and compiles a small program against that copy, in each
# of the four ways offered: pkg-config and the CMake package, shared and static.
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/first" >/dev/null
# Moved after the installation: nothing in it may remember where it was put.
mv "$scratch/first" "$scratch/prefix"
prefix=$scratch/prefix
library=$(find "$prefix" -name libsiamese.so)
PKG_CONFIG_PATH=$(dirname "$library")/pkgconfig
LD_LIBRARY_PATH=$(dirname "$library")
export PKG_CONFIG_PATH LD_LIBRARY_PATH

echo "The shared library shows what the headers declare and nothing else."
shown=$(nm --dynamic --defined-only "$library" | awk '{print $3}' | sort -u)
declared=$(cat "$prefix"/include/siamese/*.h | tr '\n' ' ' | grep -oE 'SIAM_API [^;]*;' |
  grep -oE '\bsiam_[a-z0-9_]+\(' | tr -d '(' | sort -u)
diff <(echo "$declared") <(echo "$shown")

echo "Every program that reads its options by a table has the manual page and the completion of that table."
for program in "$prefix"/bin/*; do
  name=${program##*/}
  [ "$(head -c 2 "$program")" != '#!' ] || continue
  diff <("$program" --man-page) "$prefix/share/man/man1/$name.1"
  diff <("$program" --completion) "$prefix/share/bash-completion/completions/$name"
done
[ "$(find "$prefix/share/man/man1" -name '*.1' | wc -l)" -ge 9 ]

echo "The program that decodes pictures is found where it was moved to, from commands and from the library."
"$prefix/bin/siamese-devices" | grep -q 'decoded in processes without rights'

echo "pkg-config"
read -ra shared < <(pkg-config --cflags --libs siamese)
read -ra static < <(pkg-config --cflags --libs --static siamese | sed "s#-lsiamese#$(dirname "$library")/libsiamese.a#")
"${CC:-cc}" "$here/program.c" "${shared[@]}" -o "$scratch/shared"
"${CC:-cc}" "$here/program.c" "${static[@]}" -o "$scratch/static"
"$scratch/shared" | grep 'decoded in processes without rights'
"$scratch/static"
echo "The program in docs/weight-sharing.md"
awk '/^```/ { printed = $0 == "```c"; next } printed' "$here/../../docs/weight-sharing.md" >"$scratch/tied.c"
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror "$scratch/tied.c" "${shared[@]}" -o "$scratch/tied"
(cd "$scratch" && ./tied)
[[ $(ldd "$scratch/shared") == *libsiamese* ]]
[[ $(ldd "$scratch/static") != *libsiamese* ]]

echo "CMake package"
cmake -G Ninja -S "$here" -B "$scratch/consumer" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$scratch/consumer" >/dev/null
"$scratch/consumer/with_shared"
"$scratch/consumer/with_static"
