#!/usr/bin/env bash
# Succeeds if a source of Lathe, or a folder of sources, is newer than the file STAMP, or if there is no STAMP.
# usage: eng/stale.sh STAMP PROJECT_FOLDER
[[ -e $1 ]] || exit 0
newer=$(find src bench/Lathe.Peers "$2" Directory.*.props global.json \( -name bin -o -name obj \) -prune -o -newer "$1" \
    \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name '*.proto' -o -name '*.json' \) -print -quit)
[[ -n $newer ]]
