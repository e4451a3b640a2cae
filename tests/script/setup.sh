#!/usr/bin/env bash
# setup.sh SOURCE: script/setup on machines that this one is not, made up by the programs that it finds: without
# apt-get, with everything there, with one package missing as root, by sudo, and without any right. Nothing is
# installed.
set -euo pipefail
source=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

program() { # name, what it does
  printf '#!/bin/bash\n%s\n' "$2" >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}
machine() { # which packages are missing, number of the user
  rm -rf "${scratch:?}/bin" "$scratch/asked"
  mkdir "$scratch/bin"
  local tool
  for tool in bash dirname env grep sed; do ln -s "$(command -v "$tool")" "$scratch/bin/$tool"; done
  program dpkg-query "shift 2; for p; do [[ ' $1 ' == *\" \$p \"* ]] || echo \"installed \$p\"; done"
  program apt-get "echo \"apt-get \$*\" >>'$scratch/asked'"
  program id "echo $2"
}
expect() { # exit code, what is said on both outputs, what apt-get was asked at last
  local code=0 said asked=nothing
  said=$(PATH=$scratch/bin "$source/script/setup" 2>&1) || code=$?
  [ ! -e "$scratch/asked" ] || asked=$(tail -n 1 "$scratch/asked")
  [ "$code" -eq "$1" ] && [[ $said == *"$2"* ]] && [[ $asked == *"$3"* ]] && return
  printf 'exit %d, said: %s\nasked: %s\n' "$code" "$said" "$asked"
  printf 'not: exit %d, saying %s, asking %s\n' "$@"
  exit 1
}
packages=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$source/script/packages.txt")

machine "" 0
rm "$scratch/bin/apt-get"
expect 2 "this system has no apt-get" nothing
expect 2 "$packages" nothing

machine "" 1000
expect 0 "Every package is installed." nothing

machine "libwebp-dev" 0
expect 0 "Installed 1 packages." " libwebp-dev"

machine "libwebp-dev" 1000
expect 2 "neither root nor sudo" nothing
expect 2 "libwebp-dev" nothing
program sudo "echo \"sudo \$*\" >>'$scratch/asked'"
expect 0 "Installed 1 packages." "sudo env DEBIAN_FRONTEND=noninteractive apt-get install"
echo "script/setup does on each machine what it should."
