"""Holds Package.swift, the imports in Sources/ and ARCHITECTURE.md together. Exits 1 when they differ.

Package.swift has the arrows, the table of ARCHITECTURE.md each target's layer: | `Target` | layer | what it is |
"""

import json
import re
import subprocess
import sys

from sources import ROOT, code_of, is_justified, report, swift_files

IMPURE_IMPORTS = {
    "Glibc", "Musl", "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch", "CLinux", "Synchronization",
}
IMPURE_CALLS = (
    r"\b(SystemRandomNumberGenerator|ContinuousClock|SuspendingClock|CommandLine)\b|\.random\(in:(?!.*using)")
ENVIRONMENT = r"\b(secure_)?getenv\(|processInfo\.environment\b|\benviron\b(?!:)"
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package |public |private |internal |fileprivate )?import\s+"
    r"(?:struct |enum |func |class |protocol |let |var |typealias )?(\w+)")


def manifest() -> dict[str, set[str]]:
    """Every target of ours with its dependencies on targets of ours."""
    text = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = {target["name"]: target for target in json.loads(text)["targets"] if target["type"] != "test"}
    return {
        name: {next(iter(dependency.values()))[0] for dependency in target["dependencies"]} & set(targets)
        for name, target in targets.items()
    }


def layers(text: str) -> dict[str, int]:
    """The rows of the table; one row may name several targets."""
    rows = re.findall(r"^\|([^|]*)\|\s*(\d+)\s*\|", text, re.MULTILINE)
    return {target: int(layer) for names, layer in rows for target in re.findall(r"`([\w-]+)`", names)}


def differences(arrows: dict[str, set[str]], layer: dict[str, int], text: str):
    for name in sorted(set(layer) - set(arrows)):
        yield f"{name}: a row of ARCHITECTURE.md, and no target of Package.swift"
    for name, dependencies in sorted(arrows.items()):
        if name not in layer and f"`{name}`" not in text:
            yield f"{name}: a target of Package.swift that ARCHITECTURE.md does not name"
        for dependency in sorted(dependencies & set(layer)):
            if layer.get(name, 99) <= layer[dependency]:
                yield f"{name} -> {dependency}: an arrow that does not point down"


def breaches(arrows: dict[str, set[str]], layer: dict[str, int]):
    """Imports without an arrow; impurity in layers 0 and 1; the environment outside the mains."""
    for path, target, lines in swift_files():
        is_pure = layer.get(target, 99) <= 1 or target == "Routing"
        for index, line in enumerate(lines):
            where, code = f"{path}:{index + 1}", code_of(line)
            found = IMPORT.match(line)
            module = found.group(1) if found else None
            if module in arrows and module != target and module not in arrows.get(target, set()):
                yield f"{where}: imports {module}, which Package.swift does not declare for {target}"
            if is_pure and module in IMPURE_IMPORTS:
                yield f"{where}: imports {module}; layers 0 and 1 do no I/O and read no clock"
            if is_pure and re.search(IMPURE_CALLS, code) and not is_justified(lines, index):
                yield f"{where}: {line.strip()}: time and randomness are arguments in layers 0 and 1"
            if not target.startswith("sluice") and re.search(ENVIRONMENT, code):
                yield f"{where}: {line.strip()}: only the sluice* mains read the environment"


def main() -> int:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    arrows, layer = manifest(), layers(text)
    return report([*differences(arrows, layer, text), *breaches(arrows, layer)])


sys.exit(main())
