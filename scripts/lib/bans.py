"""What does not stand in Sources/, each with its reason. Prints every place; exits 1 when there is one."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONGEST_FILE = 500

# (pattern, reason)
BANNED = [
    (r"\bfatalError\(", "a broken invariant costs one connection, not the process"),
    (r"\bpreconditionFailure\(", "a broken invariant costs one connection, not the process"),
    (r"\btry!", "traps on an error"),
    (r"\bas!", "traps on another type"),
    (r"\bURLSession\b", "does not keep connections apart and drags in FoundationNetworking; use ControlClient"),
]

# These may be right, where a comment directly above says why: "// Justified: ..."
TO_BE_JUSTIFIED = [
    (r"@unchecked Sendable", "the compiler checks nothing here"),
    (r"nonisolated\(unsafe\)", "the compiler checks nothing here"),
]

# Only the mains read the environment: everything else takes its settings as arguments.
ENVIRONMENT = (r"\bgetenv\(|\bsecure_getenv\(|processInfo\.environment\b|\benviron\b", "only the sluice* mains read the environment")


def code_of(line: str) -> str:
    """The line without strings and without its comment, well enough for a ban."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return line.split("//", 1)[0]


def is_justified(lines: list[str], index: int) -> bool:
    """Whether the block of comments and attributes above the line, or the line itself, holds a justification."""
    if "// Justified:" in lines[index]:
        return True
    above = index - 1
    while above >= 0 and re.match(r"\s*(//|@)", lines[above]):
        if "Justified:" in lines[above]:
            return True
        above -= 1
    return False


def faults_of(path: pathlib.Path):
    lines = path.read_text(encoding="utf-8").split("\n")
    if len(lines) - 1 > LONGEST_FILE:
        yield 1, f"{len(lines) - 1} lines: a file answers one question in at most {LONGEST_FILE}"
    is_main = path.relative_to(ROOT / "Sources").parts[0].startswith("sluice")
    rules = BANNED if is_main else [*BANNED, ENVIRONMENT]
    for index, line in enumerate(lines):
        code = code_of(line)
        for pattern, reason in rules:
            if re.search(pattern, code):
                yield index + 1, f"{line.strip()}: {reason}"
        for pattern, reason in TO_BE_JUSTIFIED:
            if re.search(pattern, code) and not is_justified(lines, index):
                yield index + 1, f"{line.strip()}: {reason}; say why it holds in a comment above, '// Justified: ...'"


def main() -> int:
    count = 0
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for line, fault in faults_of(path):
            print(f"{path.relative_to(ROOT)}:{line}: {fault}")
            count += 1
    return 1 if count else 0


sys.exit(main())
