"""`scripts/bench PROFILE`: runs one profile, prints its table, writes its figures."""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from . import (access, apply, counters, endpoints, exactness, fleet, handshakes, idle, jwt, large, limits, lossless, plain, propagation, routes,
               tls_h2, tokens, waf, writes)
from .process import Failure

profiles = {
    "plain": (plain.plain, plain.table),
    "routes": (routes.routes, routes.table),
    "propagation": (propagation.propagation, propagation.table),
    "counters": (counters.counters, counters.table),
    "tls-h2": (tls_h2.tls_h2, tls_h2.table),
    "access": (access.access, access.table),
    "jwt": (jwt.jwt, jwt.table),
    "limits": (limits.limits, limits.table),
    "exactness": (exactness.exactness, exactness.table),
    "waf": (waf.waf, waf.table),
    "handshakes": (handshakes.handshakes, handshakes.table),
    "idle": (idle.idle, idle.table),
    "endpoints": (endpoints.endpoints, endpoints.table),
    "lossless": (lossless.lossless, lossless.table),
    "apply": (apply.apply, apply.table),
    "writes": (writes.writes, writes.table),
    "fleet": (fleet.fleet, fleet.table),
    "large": (large.large, large.table),
    "tokens": (tokens.tokens, tokens.table),
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("profile", choices=profiles)
    parser.add_argument("--runs", type=int, default=5, help="rounds per candidate (5)")
    parser.add_argument("--seconds", type=int, default=4, help="length of a round (4)")
    parser.add_argument("--bytes", type=int, default=1024, help="size of the origin's answer (1024)")
    parser.add_argument("--only", action="append", choices=[*plain.peers.starters, *plain.peers.variants], help="take part: only these; repeat")
    parser.add_argument("--routes", type=int, help="routes, large: 100000; propagation: 10000; writes, fleet: 1000")
    parser.add_argument("--replicas", type=int, default=500, help="fleet: how many replicas (500)")
    parser.add_argument("--matchers", action="store_true", help="routes: with conditions on more than the path")
    parser.add_argument("--spread", type=int, default=1000, help="routes: how many different routes are asked for (1000)")
    parser.add_argument("--changes", type=int, default=200, help="propagation, fleet, lossless: how many changes (200)")
    parser.add_argument("--workers", type=int, default=1, help="propagation: worker processes per replica (1)")
    parser.add_argument("--connections", type=int, default=4000, help="idle: how many connections (4000)")
    parser.add_argument("--window", type=int, default=60, help="exactness: how many seconds are looked at (60)")
    parser.add_argument("--callers", action="store_true", help="counters: also say who allocates and retains")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    if arguments.profile != "tokens" and not shutil.which("wrk"):
        print("bench: wrk is not installed", file=sys.stderr)
        return 1
    measure, table = profiles[arguments.profile]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        try:
            result = measure(arguments, Path(folder))
        except Failure as failure:
            print(f"bench: {failure}", file=sys.stderr)
            return 1
    print(table(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


sys.exit(main())
