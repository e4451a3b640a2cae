#!/usr/bin/env bash
# commands.sh SOURCE BUILD: runs every command line that README.md, docs/, datasets/README.md and the
# examples of each --help show, in a folder with small data under the names that they use. A command must exit
# with 0, a comparison with 0 or 1. Trainings are cut to a few steps and measurements to one round; nothing else
# is changed. What cannot run here is on the list below with its reason, and printed as skipped.
set -uo pipefail
source=$(cd "$1" && pwd) build=$(cd "$2" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export PATH=$build/bin:$PATH

reason_to_skip() { # command line
  case $1 in
    script/*) echo "installs, builds and runs all tests: .ci/run runs script/test, and script/demo is the demo" ;;
    build/tests/augment_sheet*) echo "takes placeholders" ;;
    build/tests/peer_*) echo "compares with libraries that are no dependencies: tests/peers is run by hand" ;;
    siamese-import-*) echo "needs downloaded data; tests/datasets tries these programs on made-up ones" ;;
    *) return 1 ;;
  esac
}

# Lines of code blocks: indented by four, or between fences, with or without a prompt.
lines_of_docs() {
  awk '/^```/ { fenced = !fenced; next } fenced || /^    / { print }' "$source/README.md" "$source"/docs/*.md \
    "$source"/docs/benchmarks/*.md "$source/datasets/README.md" | sed -E 's/^ +//; s/^\$ //; s/ +# .*//'
}
lines_of_help() {
  local program
  for program in "$build"/bin/{siamese-{train,compare,eval,embed,devices,bench,tune,import-mnist,glyphs},weight-sharing}; do
    "$program" --help | sed -nE 's/^ +((siamese-|weight-sharing).*)/\1/p'
  done
}
commands() {
  { lines_of_docs; lines_of_help; } | sed 's#^build/bin/##' | grep -E '^(siamese-[a-z-]+|weight-sharing|script/[a-z]+|build/tests/[a-z_]+)( |$)' |
    grep -vE '\[(OPTION|-)|\.\.\.$' | awk '!seen[$0]++'
}

# Forty letters to train on, so that those held out make pairs enough for a threshold at 1 %; six others to
# judge, and pairs of both.
prepare() {
  siamese-glyphs -o build/glyphs >/dev/null || return 1
  mkdir pictures held-out images_background_small1 faces docs
  ln -s "$build/tests" build/tests
  local folders=(build/glyphs/train/{Greek,Cyrillic}/*/) i
  for ((i = 0; i < 46; i++)); do
    cp -r "${folders[i]}" "$([ $i -lt 40 ] && echo pictures || echo held-out)/letter$i"
  done
  cp -r pictures/* images_background_small1/
  ln -s pictures unlabelled && ln -s pictures labelled && ln -s held-out unseen
  write_pairs pictures >pairs.csv
  write_pairs held-out >held-out.csv
  local first=(pictures/letter0/*.png)
  cp "${first[0]}" a.png && cp "${first[1]}" b.png
  ln -s alphabets small2-unseen
  number_pictures && siamese-omniglot-runs alphabets -o all_runs --runs 1 >/dev/null
  local model
  for model in my shapes faces omniglot; do
    siamese-train pictures/ -o $model.siamese --steps 5 -q >/dev/null || return 1
  done
}
write_pairs() { # folder of classes
  local classes=("$1"/*/) i one two
  echo a,b,label
  for ((i = 0; i + 1 < ${#classes[@]}; i++)); do
    one=("${classes[i]}"*.png) two=("${classes[i + 1]}"*.png)
    echo "${one[0]},${one[1]},1"
    echo "${one[2]},${two[0]},0"
  done
}
# An alphabet of 20 characters with pictures by drawers 01 … 20, as Omniglot's are named.
number_pictures() {
  local folders=(build/glyphs/train/Latin/*/) i d pictures
  for ((i = 0; i < 20; i++)); do
    pictures=("${folders[i]}"*.png)
    mkdir -p "alphabets/Latin/character$i"
    for ((d = 1; d <= 20; d++)); do
      ln -s "$scratch/${pictures[d - 1]}" "$(printf 'alphabets/Latin/character%d/0_%02d.png' $i $d)"
    done
  done
}

shorten() { # command line
  case $1 in
    *--check*) echo "$1" ;;
    siamese-train*) echo "$1 --steps 5" | sed -E 's/ --(minutes|epochs|steps) [0-9.]+( .*--steps 5)/\2/' ;;
    weight-sharing*--study*) echo "$1 --seeds 2 --steps 10" ;;
    weight-sharing*--language-model*) echo "$1 --steps 200" ;;
    *pointing_game*) echo "${1% *} 4" ;;
    siamese-bench*) echo "$1" | sed -E 's/ --repeats [0-9]+//; s/^siamese-bench/& --quiet --repeats 1 --batch 2/' ;;
    # Other tests may run meanwhile, and must not change their ways of computing under way.
    siamese-tune*) echo "SIAMESE_CACHE_DIR=cache $1" | sed -E 's/ --(minutes|batch) [0-9.]+//g; s/siamese-tune/& -q --minutes 0.01 --batch 1/' ;;
    *) echo "$1" ;;
  esac
}

prepare || { echo "the data could not be prepared"; exit 1; }
passed=0 failed=0 skipped=0
while IFS= read -r line; do
  if reason=$(reason_to_skip "$line"); then
    echo "skipped: $line ($reason)"
    skipped=$((skipped + 1))
    continue
  fi
  rm -rf build/glyphs.old
  case $line in siamese-glyphs*) mv build/glyphs build/glyphs.old ;; esac
  code=0
  output=$(bash -c "$(shorten "$line")" 2>&1 </dev/null) || code=$?
  most=0
  case $line in siamese-compare*) most=1 ;; esac
  if [ "$code" -le "$most" ]; then
    passed=$((passed + 1))
  else
    printf 'FAILED (exit %d): %s\n%s\n' "$code" "$line" "$output"
    failed=$((failed + 1))
  fi
done < <(commands)
echo "$passed command lines ran, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -ge 20 ]
