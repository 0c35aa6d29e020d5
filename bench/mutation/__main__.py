"""Plants faults in the code that decides, and lists those that no test sees.

    python -m bench.mutation [--module NAME]... [--most N] [--seed N] [--jobs N] [--again]

Makes so many mutants of each module as its target says, or `--most`, at even steps that begin where
`--seed` says, and runs the tests that bear on it on each; with `--again` only those that survived
the last time, of the same `--most` and `--seed`. Keeps what it finds in results.json, writes
docs/mutation.md anew, and exits with 1 if tests of a part see fewer mutants than they have to, or
if a survivor is not explained in explained.csv.
"""

from __future__ import annotations

import argparse
import sys

from bench.mutation.judge import Judge
from bench.mutation.mutants import sampled_mutants
from bench.mutation.results import (
    ModuleResult,
    Survivor,
    keep_results,
    read_results,
    shortcomings,
)
from bench.mutation.targets import TARGETS


def main() -> int:
    """Run what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description="Mutation testing of the code that decides.")
    parser.add_argument("--module", action="append", help="as in survivors: stages/disposition.py")
    parser.add_argument("--most", type=int, help="mutants of one module; else as targets.py says")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="those that survived, once more")
    given = parser.parse_args()
    names = [target.module(path) for target in TARGETS for path in target.paths]
    unknown = sorted(set(given.module or ()) - set(names))
    if unknown:
        parser.error(f"no such module: {', '.join(unknown)}; there are {', '.join(names)}")

    for target in TARGETS:
        wanted = [p for p in target.paths if target.module(p) in (given.module or names)]
        if not wanted:
            continue
        judge = Judge(target)
        for path in wanted:
            module = target.module(path)
            everything, mutants = sampled_mutants(path, given.most or target.most, given.seed)
            made = len(mutants)
            if given.again:
                kept = read_results()[module]
                named = {(each.was, each.becomes) for each in kept.survivors}
                mutants = [each for each in mutants if (each.was, each.becomes) in named]
                if (everything, made, len(mutants)) != (
                    kept.mutants,
                    kept.made,
                    len(kept.survivors),
                ):
                    parser.error(f"{module} has other mutants now: run it without --again")
            survivors = []
            for outcome in judge.judge(mutants, given.jobs):
                mutant = outcome.mutant
                if outcome.seen_by is None:
                    survivors.append(Survivor(mutant.line, mutant.was, mutant.becomes))
                    print(f"{module}:{mutant.line}: {mutant.was} => {mutant.becomes}", flush=True)
            survivors.sort(key=lambda each: (each.line, each.was, each.becomes))
            print(f"{module}: {len(mutants)} judged, {len(survivors)} survived", flush=True)
            result = ModuleResult(everything, made, tuple(survivors))
            others = {name: each for name, each in read_results().items() if name in names}
            keep_results(others | {module: result})
    found = shortcomings(read_results())
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
