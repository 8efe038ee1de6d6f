#!/usr/bin/env python3
"""The benchmark's four-species step in numba: what a Python user writes who knows of compiled loops.

Measures seconds a step of the step problem (problem.h), forward Euler in single precision: a parallel loop over z,
plain loops within, tables looked up by label. Checked on 32^3 against double precision after 12 steps.

Needs numba and numpy (pip install numba). Usage: numba_step.py N [least seconds of a timing]. A line of JSON.
"""

import json
import statistics
import sys
import time

import numba
import numpy as np

import problem


@numba.njit(parallel=True, fastmath=True, cache=True)
def step(now, after, label, face, keep, gain):
    species, n = now.shape[0], now.shape[1]
    for z in numba.prange(n):
        below, above = max(z - 1, 0), min(z + 1, n - 1)
        for y in range(n):
            south, north = max(y - 1, 0), min(y + 1, n - 1)
            for s in range(species):
                for x in range(n):
                    left, right = max(x - 1, 0), min(x + 1, n - 1)
                    t, c = label[z, y, x], now[s, z, y, x]
                    after[s, z, y, x] = (
                        keep[s, t] * c + gain[s, t]
                        + face[s, t, label[z, y, left]] * (now[s, z, y, left] - c)
                        + face[s, t, label[z, y, right]] * (now[s, z, y, right] - c)
                        + face[s, t, label[z, south, x]] * (now[s, z, south, x] - c)
                        + face[s, t, label[z, north, x]] * (now[s, z, north, x] - c)
                        + face[s, t, label[below, y, x]] * (now[s, below, y, x] - c)
                        + face[s, t, label[above, y, x]] * (now[s, above, y, x] - c))


def advance(n, steps, state=None):
    face, keep, gain = (np.ascontiguousarray(table, np.float32) for table in problem.tables())
    label = problem.labels(n)
    now = problem.levels(n).astype(np.float32) if state is None else state
    after = np.empty_like(now)
    began = time.perf_counter()
    for _ in range(steps):
        step(now, after, label, face, keep, gain)
        now, after = after, now
    return now, (time.perf_counter() - began) / steps


def main():
    n, least = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.2
    error = float(np.abs(advance(32, 12)[0] - problem.reference(32, 12)).max())
    state, seconds = advance(n, 2)
    steps = max(2, int(np.ceil(least / seconds)))
    seconds = [advance(n, steps, state)[1] for _ in range(5)]
    print(json.dumps({"peer": "numba", "size": n, "labels": "tissues", "seconds": statistics.median(seconds),
                      "least_s": min(seconds), "threads": numba.get_num_threads(), "error": error,
                      "verdict": "PASS" if error < 2e-6 else "FAIL"}))


if __name__ == "__main__":
    main()
