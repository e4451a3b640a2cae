#!/usr/bin/env bash
# hardened.sh BUILD: whether the programs and the library are built as SECURITY.md says.
set -euo pipefail
cd "$1"

failed=0
require() { # file, what it lacks, command...
  local file=$1 what=$2
  shift 2
  "$@" || { echo "$file: $what" && failed=1; }
}
has() { # pattern, command...
  local pattern=$1 output
  shift
  output=$("$@")
  grep -qE "$pattern" <<<"$output"
}
lacks() {
  ! has "$@"
}

# What functions look like on processors whose instructions for it we know.
case $(uname -m) in
x86_64)
  # A page of the stack is touched before the next is taken.
  probe="(or|sub)[bwlq]? +\\\$0x0,(0x[0-9a-f]+)?\\(%rsp"
  entry=endbr64
  ;;
*) probe='' entry='' ;;
esac
marked() { # pattern, file
  [ -z "$1" ] || objdump --disassemble --no-show-raw-insn "$2" | grep -E "$1" >/dev/null
}

checked=0
for file in bin/* libexec/siamese/* libsiamese.so; do
  has '^.ELF' head -c 4 "$file" || continue
  checked=$((checked + 1))
  require "$file" 'lies at a fixed address' has 'Type: +DYN' readelf --file-header "$file"
  require "$file" 'its relocations stay writable' has GNU_RELRO readelf --program-headers "$file"
  require "$file" 'binds lazily' has 'BIND_NOW|Flags:.* NOW' readelf --dynamic "$file"
  require "$file" 'its stack may be executed' lacks 'GNU_STACK.* RWE' readelf --wide --program-headers "$file"
  require "$file" 'its stack frames are not guarded' has __stack_chk_fail readelf --wide --dyn-syms "$file"
  require "$file" 'its stack may leap over the page that guards it (-fstack-clash-protection)' marked "$probe" "$file"
  require "$file" 'its functions may be entered anywhere (-fcf-protection)' marked "$entry" "$file"
  require "$file" 'its copies are not checked' has '__[a-z]+_chk' readelf --wide --dyn-syms "$file"
done
echo "$checked files"
[ "$failed" -eq 0 ] && [ "$checked" -ge 9 ]
