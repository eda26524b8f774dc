"""What does not stand in Sources/, each with its reason. Prints every place; exits 1 when there is one."""

import re
import sys

from sources import code_of, is_justified, report, swift_files

LONGEST_FILE = 500

# (pattern, reason)
BANNED = [
    (r"\bfatalError\(", "a broken invariant costs one connection, not the process"),
    (r"\bpreconditionFailure\(", "a broken invariant costs one connection, not the process"),
    (r"\btry!", "traps on an error"),
    (r"\bas!", "traps on another type"),
    (r"\bURLSession\b", "does not keep connections apart and drags in FoundationNetworking; use ControlClient"),
]

# These may be right, where a comment directly above says why.
TO_BE_JUSTIFIED = [r"@unchecked Sendable", r"nonisolated\(unsafe\)"]


def faults():
    for path, _, lines in swift_files():
        if len(lines) - 1 > LONGEST_FILE:
            yield f"{path}: {len(lines) - 1} lines: a file answers one question in at most {LONGEST_FILE}"
        for index, line in enumerate(lines):
            code = code_of(line)
            for pattern, reason in BANNED:
                if re.search(pattern, code):
                    yield f"{path}:{index + 1}: {line.strip()}: {reason}"
            if any(re.search(pattern, code) for pattern in TO_BE_JUSTIFIED) and not is_justified(lines, index):
                yield f"{path}:{index + 1}: {line.strip()}: say why it holds in a comment above: // Justified: ..."


sys.exit(report(faults()))
