# shellcheck shell=bash
# What the scripts share: where things are, how to say what happens, packages, the build.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Where the build goes; another folder lets a second build live beside the first.
scratch=${SLUICE_SCRATCH:-$root/.build}
# shellcheck disable=SC2034
bin=$scratch/release
# shellcheck disable=SC2034
# What scripts/docs-assets fetches.
docs_folder=$scratch/docs
build_flags=(-c release --scratch-path "$scratch" --explicit-target-dependency-import-check error)

# shellcheck disable=SC2034
# What the toolchain itself needs (git to fetch packages, the C library, ncurses, libxml2), and what Sluice links.
build_packages=(
    binutils ca-certificates curl git libc6-dev libgcc-12-dev libncurses6 libstdc++-12-dev libxml2 pkg-config tzdata
    libbrotli-dev libc-ares-dev libcrypt-dev libcurl4-openssl-dev libjwt-dev libnghttp2-dev libpcre2-dev libsqlite3-dev libssl-dev
    libzstd-dev zlib1g-dev
)
# What firewalls load when there is one.
# shellcheck disable=SC2034
runtime_packages=(libhyperscan5 libmodsecurity3 modsecurity-crs)
# shellcheck disable=SC2034
test_packages=("${runtime_packages[@]}" nghttp2-client openssl python3 python3-venv)
# Real clients and origins; the tests that want them are skipped without. CI installs them.
# shellcheck disable=SC2034
peer_packages=(brotli chromium nginx-light redis-server strace wrk zstd)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: $*"
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]
}

# Installs the Debian packages that are missing, and asks nothing when there is none.
need_packages() {
    local package missing=()
    command -v dpkg-query >/dev/null || fail "this is no Debian; install by hand what corresponds to: $*"
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    step "Installing ${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# The same for packages that bring a service along: it is not started.
need_packages_without_services() {
    local policy=/usr/sbin/policy-rc.d
    if [ -e $policy ]; then
        need_packages "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin $policy
    need_packages "$@"
    as_root rm -f $policy
}

need_swift() {
    local version
    command -v swift >/dev/null || fail 'no swift in PATH. Sluice needs the Swift 6.3 toolchain: https://www.swift.org/install/linux/'
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p')
    printf '6.3\n%s\n' "$version" | sort -V -C || fail "this is Swift $version; Sluice needs 6.3 or later."
}

# One line in forty is enough to see that it moves. (mawk, Debian's awk, would hold lines back until it has a block of them.)
show_progress() {
    local line count=0
    while IFS= read -r line; do
        if [[ $line != '['[0-9]*/* ]] || ((count++ % 40 == 0)); then
            printf '%s\n' "$line"
        fi
    done
}

# swift build with the project's flags. All scripts build with the same ones, so that none builds again what another has
# built. On a terminal swift shows its own progress.
build() {
    if [ -t 1 ]; then
        swift build "${build_flags[@]}" "$@"
    else
        swift build "${build_flags[@]}" "$@" 2>&1 | show_progress
    fi
}
