"""Fuzz the event parsers, guided by coverage: `python -m tests.fuzz`.

libFuzzer chooses what to change further by the branches that an input reaches. It stops at the
first input that raises, and keeps it in `.cache/fuzz/`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random

from tests.fuzz.mutation import EVENTS, MAX_LENGTH, mutate

KEPT = Path(".cache/fuzz")

_EXAMPLES = """examples:
  python -m tests.fuzz                     a million inputs, a few minutes
  python -m tests.fuzz --runs 20000        a first look
  python -m tests.fuzz .cache/fuzz/crash-x one input again, with its traceback
"""


def main() -> int:
    """Run libFuzzer with the golden events as its first inputs; it ends the process itself."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Fuzz the event parsers: whatever the body, no exception and a usable answer.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "input", nargs="?", type=Path, help="a file to try once, instead of fuzzing"
    )
    parser.add_argument("--runs", type=int, default=1_000_000, help="how many inputs (1000000)")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (1)")
    args = parser.parse_args()
    try:
        import atheris  # noqa: PLC0415 - there are no wheels of it for every platform
    except ImportError:
        sys.exit("fuzz: atheris is not installed; it needs Linux on x86-64 and Python 3.11 to 3.13")
    with atheris.instrument_imports(include=["controller"]):
        from tests.fuzz.target import one_input  # noqa: PLC0415 - instrumented on import
    if args.input is not None:
        one_input(args.input.read_bytes())
        sys.stderr.write("fuzz: this input raises nothing\n")
        return 0

    def mutated(data: bytes, max_size: int, seed: int) -> bytes:
        rng = Random(seed)  # noqa: S311 - chance for tests, not for secrets
        if rng.random() < 0.2:
            return bytes(atheris.Mutate(data, max_size))
        return mutate(data, rng)[:max_size]

    found = KEPT / "corpus"
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-runs={args.runs}", f"-seed={args.seed}", f"-max_len={MAX_LENGTH}"]
    options += [
        "-reduce_inputs=0",
        f"-artifact_prefix={KEPT}/",
        "-print_final_stats=1",
        str(found),
        str(EVENTS),
    ]
    atheris.Setup([sys.argv[0], *options], one_input, custom_mutator=mutated)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
