#!/usr/bin/env bash
# Sets up what it needs and fetches ONNX Runtime once, then measures it and Lathe in turns on the same models. An otherwise idle machine gives steady figures.
# usage: eng/bench.sh [--models resnet50,mobilenetv2,squeezenet1.1] [--threads 1,2] [--rounds 7] [--json FILE] [--peer-only] [--help]
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/env.sh

eng/setup.sh --npm
eng/fetch.sh --bench
dotnet build bench/Lathe.Bench -c Release -v:q -nologo -clp:NoSummary >&2
exec dotnet bench/Lathe.Bench/bin/Release/net10.0/Lathe.Bench.dll "$@"
