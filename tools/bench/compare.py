#!/usr/bin/env python3
"""Crosstalk beside its peers on this machine: the same fixed problems, one after the other in turn, and the ratios.

    tools/bench/peers/build.sh
    tools/bench/compare.py [--size 64 --size 128 ...] [--rounds 3] [--python VENV/bin/python] [--json FILE]

A round runs each program once at each size, so that all of them meet the same moods of the machine; figures are
medians over the rounds, and a ratio is the median of the rounds' ratios. `crosstalk bench` verifies its own results
and every peer checks itself against double precision: what does not pass is shown as FAIL and not compared. Peers that
are not there are left out and named at the end. The table goes to standard output as Markdown.

The machine must be idle otherwise: OpenMP and MPI wait by spinning, and lose far more than their share to a neighbour.
"""

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
ROOT = os.path.dirname(os.path.dirname(HERE))


def lines_of_json(command, **options):
    """The JSON objects that a peer prints, a line each; none and a word why if it cannot run."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=1800, **options)
    except (FileNotFoundError, PermissionError) as error:
        return [], str(error)
    except subprocess.TimeoutExpired:
        return [], "took more than 30 minutes"
    if ran.returncode != 0:
        return [], (ran.stderr.strip().splitlines() or ["exit status %d" % ran.returncode])[-1]
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")], ""


class Figures:
    """Seconds by name and size, a round each, and what else was said of them."""

    def __init__(self):
        self.seconds = collections.defaultdict(dict)
        self.round = 0
        self.said = {}
        self.missing = {}

    def add(self, name, size, seconds, said):
        if said.get("verdict", "PASS") != "PASS":
            self.missing["%s at %s" % (name, size)] = said["verdict"] + (": " + said["why"] if "why" in said else "")
            return
        self.seconds[name, size][self.round] = seconds
        self.said[name, size] = said

    def median(self, name, size):
        return statistics.median(self.seconds[name, size].values()) if self.seconds[name, size] else None

    def ratio(self, slow, fast, size):
        """How many times as long `slow` takes: the median over the rounds that have both. Names or lists of them, of
        which the best counts."""
        best = []
        for names in (slow, fast):
            series = [self.seconds.get((name, size), {}) for name in ([names] if isinstance(names, str) else names)]
            best.append({k: min(s[k] for s in series if k in s) for k in set().union(*series)})
        both = best[0].keys() & best[1].keys()
        return statistics.median(best[0][k] / best[1][k] for k in both) if both else None


def run_ours(figures, arguments, size):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record.json")
        command = [arguments.crosstalk, "bench", "--size", str(size), "--json", path]
        if arguments.device:
            command += ["--device", arguments.device]
        if arguments.kernel:
            command += ["--kernel", arguments.kernel]
        try:
            ran = subprocess.run(command, capture_output=True, text=True)
        except OSError as error:
            sys.exit(f"compare: {arguments.crosstalk}: {error.strerror}; build it, or name it with --crosstalk")
        if not os.path.exists(path):
            sys.exit("compare: crosstalk bench left no record: " + ran.stderr.strip())
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    for one in record if isinstance(record, list) else [record]:
        figures.said["device"] = one["device"]
        for row in one["results"]:
            if row["size"] == size and "seconds" in row:
                seconds = size**3 / row["updates_per_s"]  # of one step, where a pass is several
                figures.add("crosstalk " + row["kernel"], size, seconds, row)
                figures.add("copy beside " + row["kernel"], size, seconds * row.get("share_of_copy", float("nan")),
                            {"verdict": row["verdict"]})


def run_peers(figures, arguments, size):
    mpi = dict(os.environ, OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_ALLOW_RUN_AS_ROOT="1",
               OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    programs = {
        "OpenMP": ([os.path.join(arguments.peers, "openmp_step"), str(size), "0.1"], {}),
        "hypre": (["mpirun", "-n", "2", os.path.join(arguments.peers, "hypre"), str(size), "3"], {"env": mpi}),
        "numba": ([arguments.python, os.path.join(PEERS, "numba_step.py"), str(size), "0.1"], {}),
        "scipy": ([arguments.python, os.path.join(PEERS, "scipy_step.py"), str(size), "0.1"], {}),
    }
    for name, (command, options) in programs.items():
        if name in arguments.skip or (name == "scipy" and size > 128):
            continue
        found, why = lines_of_json(command, **options)
        if not found:
            figures.missing[name] = why
        for row in found:
            figures.add(row["peer"], size, row["seconds"], row)


def write_times(figures, sizes):
    names = sorted({name for name, _ in figures.seconds if not name.startswith("copy beside")},
                   key=lambda name: (not name.startswith("crosstalk"), name))
    print("| milliseconds, median | " + " | ".join("%d³" % size for size in sizes) + " |")
    print("|---|" + "---:|" * len(sizes))
    for name in names:
        row = []
        for size in sizes:
            seconds = figures.median(name, size)
            extra = figures.said.get((name, size), {})
            row.append("–" if seconds is None else "%.3g" % (1e3 * seconds)
                       + (" (%d iterations)" % extra["iterations"] if "iterations" in extra else ""))
        print("| %s | %s |" % (name, " | ".join(row)))
    print()


def write_ratios(figures, sizes):
    ours = ["crosstalk step", "crosstalk step_blocked"]
    hand = ["OpenMP, single pass", "OpenMP, blocked"]
    rows = [("best four-species step, share of copy bandwidth", "≥ 0.85 at 128³, ≥ 0.95 at 256³",
             ["copy beside step", "copy beside step_blocked"], ours),
            ("single pass, share of copy bandwidth", "≥ 0.60", "copy beside step", "crosstalk step"),
            ("random labels against the fixed body", "≥ 0.5", "crosstalk step", "crosstalk step_random"),
            ("growing from zero against the fixed body", "≥ 0.9", "crosstalk step", "crosstalk step_from_zero"),
            ("times faster than one work-item a voxel", "≥ 4", "crosstalk step_naive", ours),
            ("against the best hand-tuned OpenMP", "≥ 0.85", hand, ours),
            ("times faster than naive OpenMP", "", "OpenMP, naive", ours),
            ("times faster than numba", "≥ 10", "numba", ours),
            ("times faster than scipy", "", "scipy sparse", ours),
            ("elliptic solve: times faster than hypre", "≥ 3 at 128³, ≥ 4 at 256³", "hypre PCG+PFMG",
             "crosstalk elliptic")]
    print("| ratio | goal | " + " | ".join("%d³" % size for size in sizes) + " |")
    print("|---|---|" + "---:|" * len(sizes))
    result = {}
    for what, goal, slow, fast in rows:
        ratios = [figures.ratio(slow, fast, size) for size in sizes]
        if any(ratio is not None for ratio in ratios):
            result[what] = dict(zip(map(str, sizes), ratios))
            print("| %s | %s | %s |" % (what, goal, " | ".join("–" if r is None else "%.2f" % r for r in ratios)))
    print()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crosstalk", default=os.path.join(ROOT, "build", "crosstalk"))
    parser.add_argument("--peers", default=os.path.join(ROOT, "build", "peers"), help="where build.sh put them")
    parser.add_argument("--python", default=sys.executable, help="a Python that has numba and scipy")
    parser.add_argument("--size", type=int, action="append", help="voxels along an edge (64, 128)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", help="for crosstalk bench")
    parser.add_argument("--kernel", help="for crosstalk bench: only these kernels")
    parser.add_argument("--skip", action="append", default=[], help="a peer to leave out: OpenMP, hypre, numba, scipy")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    sizes = arguments.size or [64, 128]
    figures = Figures()
    for figures.round in range(arguments.rounds):
        for size in sizes:
            run_ours(figures, arguments, size)
            run_peers(figures, arguments, size)
    print("%s, %d rounds\n" % (figures.said.get("device", ""), arguments.rounds))
    write_times(figures, sizes)
    ratios = write_ratios(figures, sizes)
    for name, why in figures.missing.items():
        print("not compared: %s (%s)" % (name, why))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"seconds": {"%s, %d" % key: list(times.values()) for key, times in figures.seconds.items()},
                       "ratios": ratios, "missing": figures.missing}, file, indent=1)


if __name__ == "__main__":
    main()
