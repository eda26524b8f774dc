"""Holds Package.swift, the imports in Sources/ and the table of ARCHITECTURE.md together. Exits 1 when they differ.

A row of the table: | `Target` | layer | what it is | `Dependency`, `Dependency` |
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Layers 0 and 1 do no I/O and read no clock, environment or random source.
PURE = ["GatewayModel", "HTTPWire", "Routing", "Balancing", "ControlProtocol", "Policies"]
IMPURE_IMPORTS = {
    "Glibc", "Musl", "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "CLinux", "Synchronization",
}
IMPURE_CALLS = r"\b(SystemRandomNumberGenerator|ContinuousClock|SuspendingClock|CommandLine)\b|\.random\(in: [^)]*\)(?!.*using)"

IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package |public |private |internal |fileprivate )?import\s+(?:struct |enum |func |class |protocol |let |var |typealias )?(\w+)")


def manifest() -> dict[str, set[str]]:
    """Every target of ours with its dependencies on targets of ours."""
    text = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = {target["name"]: target for target in json.loads(text)["targets"] if target["type"] != "test"}
    arrows = {}
    for name, target in targets.items():
        names = {next(iter(dependency.values()))[0] for dependency in target["dependencies"]}
        arrows[name] = names & set(targets)
    return arrows


def table(names: set[str]) -> dict[str, tuple[int | None, set[str]]]:
    """The rows of ARCHITECTURE.md whose first cell is one of `names`: layer and dependencies. One row may name several."""
    rows = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 4:
            continue
        layer = int(cells[1]) if cells[1].isdigit() else None
        dependencies = set(re.findall(r"[A-Za-z][\w-]*", cells[-1])) & names
        for target in re.findall(r"`([\w-]+)`", cells[0]):
            if target in names:
                rows[target] = (layer, dependencies)
    return rows


def compare(arrows: dict[str, set[str]]):
    if not (ROOT / "ARCHITECTURE.md").exists():
        yield "there is no ARCHITECTURE.md"
        return
    rows = table(set(arrows))
    for name, dependencies in sorted(arrows.items()):
        if name not in rows:
            yield f"{name}: a target of Package.swift without a row in ARCHITECTURE.md"
            continue
        layer, written = rows[name]
        for extra in sorted(dependencies - written):
            yield f"{name} -> {extra}: in Package.swift, not in ARCHITECTURE.md"
        for missing in sorted(written - dependencies):
            yield f"{name} -> {missing}: in ARCHITECTURE.md, not in Package.swift"
        for dependency in sorted(dependencies & set(rows)):
            below = rows[dependency][0]
            if layer is not None and below is not None and below > layer:
                yield f"{name} -> {dependency}: an arrow from layer {layer} up to layer {below}"


def imports(arrows: dict[str, set[str]]):
    """An import of a target that is not a declared dependency, and impure imports and calls in layers 0 and 1."""
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        target = path.relative_to(ROOT / "Sources").parts[0]
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            found = IMPORT.match(line)
            module = found.group(1) if found else None
            if module in arrows and module != target and module not in arrows.get(target, set()):
                yield f"{where}: imports {module}, which {target} does not declare"
            if target in PURE and module in IMPURE_IMPORTS:
                yield f"{where}: imports {module}; layers 0 and 1 do no I/O and read no clock"
            if target in PURE and re.search(IMPURE_CALLS, line.split("//", 1)[0]):
                yield f"{where}: {line.strip()}: time and randomness are arguments in layers 0 and 1"


def main() -> int:
    arrows = manifest()
    faults = [*compare(arrows), *imports(arrows)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
