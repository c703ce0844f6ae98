#!/usr/bin/env bash
# Installs the system libraries that Lathe uses, where they are missing; does nothing, quickly, where they are not.
# usage: eng/setup.sh [--tests] [--npm]
#   --tests  also what only the test suite needs: the ONNX test data, a C compiler, and an AArch64 one with an emulator
#   --npm    also npm, where there is none, for eng/fetch.sh
set -euo pipefail

packages=(ca-certificates libllvm19 lld-19 libturbojpeg0 libpng16-16)
for option in "$@"; do
    case "$option" in
        --tests) packages+=(libonnx-testdata gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static) ;;
        --npm) command -v npm >/dev/null || packages+=(npm) ;;
        *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
    esac
done

if ! sdks=$(dotnet --list-sdks 2>/dev/null) || ! grep -q '^10\.' <<<"$sdks"; then
    echo "setup: the .NET 10 SDK was not found. Install it (https://dotnet.microsoft.com/download/dotnet/10.0)" >&2
    echo "setup: and see that 'dotnet --list-sdks' shows a line that begins with 10." >&2
    exit 1
fi

installed=" "
if command -v dpkg-query >/dev/null; then
    installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' "${packages[@]}" 2>/dev/null || true)"
fi
missing=()
for package in "${packages[@]}"; do
    [[ "$installed" == *" installed:$package "* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: not a Debian system; going on without what Debian calls: ${missing[*]}" >&2
    echo "setup: without LLVM 19 only the managed target works (LATHE_TARGET=managed)" >&2
    exit 0
fi
if [[ $(id -u) -ne 0 ]]; then
    echo "setup: not root; going on without: ${missing[*]}" >&2
    echo "setup: to install them: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 0
fi

echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -q && apt-get install -yq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get could not install: ${missing[*]}" >&2
    echo "setup: going on; without LLVM 19 only the managed target works (LATHE_TARGET=managed)" >&2
fi
