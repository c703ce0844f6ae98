#!/usr/bin/env bash
# Builds a program of this repository into .cache/bin/NAME if a source is newer than what is there, compiled ahead of time
# where the SDK can do so, because that halves the time to start.
# usage: eng/publish.sh PROJECT_FOLDER NAME
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/env.sh
project=$1 name=$2
bin=.cache/bin/$name stamp=.cache/bin/$name.stamp log=.cache/bin/$name.log
mkdir -p .cache/bin

exec 9>.cache/bin/lock
flock 9
eng/stale.sh "$stamp" "$project" || exit 0

[[ -t 2 ]] && echo "building $name ..." >&2
case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) rid=linux-x64 ;;
    Linux-aarch64) rid=linux-arm64 ;;
    Darwin-arm64) rid=osx-arm64 ;;
    *) rid= ;;
esac
# Its own folder for intermediate files: an ordinary 'dotnet build' beside this one is not disturbed and disturbs nothing.
common=("$project" --artifacts-path "$PWD/.cache/build" -nologo -v:q)
touch "$stamp.new"
# The lock must not pass to the build servers that MSBuild leaves running.
{
    ahead=()
    if [[ -n $rid ]]; then
        if dotnet restore "${common[@]}" -r "$rid" -p:PublishReadyToRun=true; then
            ahead=(-r "$rid" --no-self-contained --no-restore -p:PublishReadyToRun=true)
        else
            echo "(no ahead-of-time compiler for $rid; going on without)"
        fi
    fi
    rm -rf "$bin.new"
    dotnet publish "${common[@]}" -c Release "${ahead[@]}" -p:UseAppHost=false -o "$bin.new"
} >"$log" 2>&1 9>&- || {
    cat "$log" >&2
    echo "the build of $name failed" >&2
    exit 1
}
rm -rf "$bin.old"
[[ ! -d $bin ]] || mv -T "$bin" "$bin.old"
mv -T "$bin.new" "$bin"
rm -rf "$bin.old"
mv "$stamp.new" "$stamp"
