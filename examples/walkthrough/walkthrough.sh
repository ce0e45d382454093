#!/bin/sh
# The whole job against a sandbox, as a person would do it by hand:
#
#   make build
#   PATH="$PWD/bin:$PATH" examples/walkthrough/walkthrough.sh
#
# Everything lies in a fresh folder and is gone at the end; KEEP=1 leaves it.
set -eu

work=$(mktemp -d)
sandbox=
leave() {
  [ -z "$sandbox" ] || kill "$sandbox"
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap leave EXIT
cd "$work"

step() { printf '\n# %s\n' "$1"; }
check() { # WHAT GOT WANTED
  [ "$2" = "$3" ] || { echo "$1: got $2, wanted $3" >&2; exit 1; }
}

step "a platform to try it on, which loses the answer to every tenth order"
bulkimport sandbox --listen 127.0.0.1:0 --tenants 40 --seed 7 --provisioning 500ms \
  --fault lost=0.1 --orders orders.jsonl >settings &
sandbox=$!
tries=0
until [ "$(grep -c '^export' settings)" = 4 ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { echo "the sandbox does not start" >&2; exit 1; }
  sleep 0.1
done
. ./settings
# The settings name a ledger of their own; this one goes with the folder.
export BULKIMPORT_LEDGER="$work/ledger.db"
bulkimport doctor

step "1. download what is ready for import"
bulkimport download -o accounts.csv

step "2. fill in the plans, as in a spreadsheet: one cell is cut short"
bulkimport plans
plan=$(bulkimport plans | head -n 1 | cut -d ' ' -f 1)
sed "2,\$s/,,/,$plan,/" accounts.csv >filled.csv
sed "4s/,$plan,/,$(echo "$plan" | cut -c 1-13),/" filled.csv >wrong.csv
status=0
bulkimport validate wrong.csv || status=$?
check "exit status of validate with a wrong cell" "$status" 4

step "   mended"
bulkimport validate filled.csv

step "3. import"
bulkimport import filled.csv --results results.csv --concurrency 8 --settle 2s --yes
check "rows completed" "$(grep -c ',completed,' results.csv)" 40
check "orders of the platform" "$(wc -l <orders.jsonl | tr -d ' ')" 40

step "the same again, as after a power cut: nothing is ordered twice"
bulkimport import filled.csv --results results.csv --settle 2s --yes
check "rows existing" "$(grep -c ',existing,' results.csv)" 40
check "orders of the platform" "$(wc -l <orders.jsonl | tr -d ' ')" 40

step "afterwards"
bulkimport audit results.csv
bulkimport status
bulkimport report results.csv -o results.html
[ -s results.html ]

step "done: 40 subscriptions, 40 orders"
