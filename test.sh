#!/usr/bin/env bash
# Sets up what the tests need, builds everything, checks the formatting, and runs the test suite.
# usage: ./test.sh [--filter EXPRESSION] [other options of 'dotnet test']
# Given options, it runs the tests only and leaves out the formatting. The last line is 'N passed, N failed, N skipped'.
set -euo pipefail
cd "$(dirname "$0")"
. eng/env.sh

eng/setup.sh --tests --npm
eng/fetch.sh || echo "test: going on; tests that read the MNIST images will be skipped" >&2

dotnet build Lathe.slnx -c Release -v:q -nologo -clp:NoSummary
status=0
if [[ $# -eq 0 ]]; then
    dotnet format Lathe.slnx --verify-no-changes --no-restore || {
        echo "test: the formatting differs; 'dotnet format Lathe.slnx' sets it right" >&2
        status=1
    }
fi

results=$PWD/.cache/test-results
rm -rf "$results"
run=0
# --blame-hang names the test that hangs instead of leaving the run without an answer.
dotnet test tests/Lathe.Tests -c Release --no-build --nologo --results-directory "$results" \
    --logger "trx;LogFileName=tests.trx" --logger "console;verbosity=minimal" \
    --blame-hang-timeout 4m --blame-hang-dump-type none "$@" || run=$?

counters=$(grep -o '<Counters [^>]*' "$results/tests.trx" 2>/dev/null) || {
    echo "test: the run left no results" >&2
    exit 1
}
count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
total=$(count total) executed=$(count executed) passed=$(count passed)
failed=$((executed - passed)) skipped=$((total - executed))
[[ $failed -eq 0 ]] || status=1
[[ $total -gt 0 || $# -gt 0 ]] || { echo "test: no test was found" >&2; status=1; }
[[ $run -eq 0 || $failed -gt 0 ]] || { echo "test: the run ended early or failed outside a test; see above" >&2; status=1; }
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
