"""What the scripts that read Sources/ share."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def swift_files():
    """Every Swift file of Sources/ with its target and its lines."""
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        yield path.relative_to(ROOT), path.relative_to(ROOT / "Sources").parts[0], path.read_text("utf-8").split("\n")


def code_of(line: str) -> str:
    """The line without strings and without its comment, well enough for a search."""
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//", 1)[0]


def is_justified(lines: list[str], index: int) -> bool:
    """Whether the comments and attributes above the line, or the line itself, hold a justification."""
    if "// Justified:" in lines[index]:
        return True
    above = index - 1
    while above >= 0 and re.match(r"\s*(//|@)", lines[above]):
        if "Justified:" in lines[above]:
            return True
        above -= 1
    return False


def report(faults) -> int:
    """Prints every fault; the exit code."""
    faults = list(faults)
    for fault in faults:
        print(fault)
    return 1 if faults else 0
