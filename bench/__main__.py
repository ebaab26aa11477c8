"""`make bench`: every comparison in one run; writes JSON and a Markdown table, and prints the table.

Each case runs in a fresh process, cases in turn, several rounds; medians are shown, so that a busy moment of the
machine does not favour one of them.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from bench.cases import CASES, ONCE, campus_clip

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "reference" / "benchmarks.md"


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case (default 3)")
    parser.add_argument("--only", help="run one case only, in this process, and print its JSON")
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder for the JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(CASES[options.only](campus_clip())))
        return
    rounds = [{name: _run(name) for name in CASES if turn == 0 or name not in ONCE} for turn in range(options.rounds)]
    results = {name: _median([one[name] for one in rounds if name in one]) for name in CASES}
    options.out.mkdir(exist_ok=True)
    (options.out / "bench.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    table = _table(results, options.rounds)
    DOCS.write_text(table, encoding="utf-8")
    print(table)


def _run(name: str) -> dict[str, float]:
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, "-m", "bench", "--only", name], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _table(results: dict[str, dict[str, float]], rounds: int) -> str:
    """Return the results as a Markdown page; a ratio is a peer's cost over ours in the same run."""
    lines = [
        "# Benchmarks",
        "",
        f"Medians of {rounds} runs on `vtest.avi` (768x576, 10 fps, {platform.machine()}, {platform.system()}).",
        "CPU seconds per camera-second; ratios are against custodes in the same run of `make bench`.",
        f"The ledger's cases use no footage; run once: {', '.join(sorted(ONCE))}.",
        "",
        "| case | figure | value | ratio to custodes |",
        "|---|---|---|---|",
    ]
    for name, figures in results.items():
        ours = results.get(f"{name.split(':')[0]}: custodes", {})
        for key, value in figures.items():
            ratio = f"{value / ours[key]:.2f}" if ours.get(key) and "cpu" in key else ""
            lines.append(f"| {name} | {key.replace('_', ' ')} | {value:.4g} | {ratio} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
