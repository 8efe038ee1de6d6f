#!/usr/bin/env python3
"""The benchmark's four-species step as sparse matrices in scipy: what a Python user writes who thinks in matrices.

Measures seconds a step of the step problem (problem.h), forward Euler in single precision: one matrix a species holds
diffusion and decay, a step is its product with the levels plus the source. Checked on 32^3 against double precision
after 12 steps. scipy's product runs on one thread.

Needs scipy and numpy (pip install scipy). Usage: scipy_step.py N [least seconds of a timing]. A line of JSON.
"""

import json
import statistics
import sys
import time

import numpy as np
import scipy.sparse

import problem


def matrix(n, s):
    face, keep, _ = problem.tables()
    label = problem.labels(n)
    number = np.arange(n**3, dtype=np.int32).reshape(n, n, n)
    rows, columns, values, diagonal = [], [], [], keep[s][label].ravel().copy()
    for axis in range(3):
        low = tuple(slice(0, -1) if k == axis else slice(None) for k in range(3))
        high = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
        t, i, j = face[s][label[low], label[high]].ravel(), number[low].ravel(), number[high].ravel()
        rows += [i, j]
        columns += [j, i]
        values += [t, t]
        diagonal[i] -= t
        diagonal[j] -= t
    rows.append(number.ravel())
    columns.append(number.ravel())
    values.append(diagonal)
    triplets = (np.concatenate(values).astype(np.float32), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_array(triplets, shape=(n**3, n**3))


def prepare(n):
    gain = problem.tables()[2]
    label = problem.labels(n).ravel()
    return ([matrix(n, s) for s in range(problem.SPECIES)],
            [gain[s][label].astype(np.float32) for s in range(problem.SPECIES)],
            list(problem.levels(n).reshape(problem.SPECIES, -1).astype(np.float32)))


def advance(system, steps):
    matrices, sources, state = system
    began = time.perf_counter()
    for _ in range(steps):
        for s, a in enumerate(matrices):
            state[s] = a @ state[s] + sources[s]
    return (time.perf_counter() - began) / steps


def main():
    n, least = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.2
    small = prepare(32)
    advance(small, 12)
    error = float(np.abs(np.stack(small[2]) - problem.reference(32, 12).reshape(problem.SPECIES, -1)).max())
    system = prepare(n)
    steps = max(1, int(np.ceil(least / advance(system, 1))))
    seconds = [advance(system, steps) for _ in range(5)]
    print(json.dumps({"peer": "scipy sparse", "size": n, "labels": "tissues", "seconds": statistics.median(seconds),
                      "least_s": min(seconds), "threads": 1, "error": error,
                      "verdict": "PASS" if error < 2e-6 else "FAIL"}))


if __name__ == "__main__":
    main()
