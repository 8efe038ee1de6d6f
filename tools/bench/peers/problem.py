"""The benchmark's step problem for peers in Python: the same as problem.h, as numpy arrays."""

import numpy as np

SPECIES, TISSUES = 4, 6


def labels(n):
    """Tissue of every voxel, [z, y, x]."""
    line = (np.arange(n) + 0.5) * 2 / n - 1
    w, v, u = np.meshgrid(line, line, line, indexing="ij")
    tissue = (u**2 / 0.9 + v**2 / 0.8 + w**2 < 0.95).astype(np.int8)
    core = (u - 0.3) ** 2 / 0.2 + (v - 0.1) ** 2 / 0.3 + (w + 0.1) ** 2 / 0.25 < 1
    tissue[(tissue > 0) & core] = 2
    r2 = (u + 0.4) ** 2 + (v - 0.2) ** 2 + (w - 0.1) ** 2
    tissue[r2 < 0.12] = 3
    tissue[r2 < 0.03] = 4
    along, across = 0.8 * u + 0.6 * v, 0.8 * v - 0.6 * u - 0.1
    filament = (np.abs(across) < 0.04) & (np.abs(w - 0.2 * np.sin(3 * along)) < 0.04)
    filament |= (np.abs(v + 0.3) < 0.035) & (np.abs(u - 0.1 * np.sin(5 * w)) < 0.035)
    tissue[(tissue > 0) & filament] = 5
    return tissue


def tables():
    """face [species, tissue, tissue], keep [species, tissue], gain [species, tissue]; in units of the step."""
    t, s = np.arange(TISSUES), np.arange(SPECIES)[:, None]
    diffusion = np.where(t == 0, 0.002, 0.125 / (1 + (t * 3 + s * 5) % 7)) * np.where(s == 0, 1, 0.5 + 0.1 * s)
    p, q = diffusion[:, :, None], diffusion[:, None, :]
    keep = 1 - 0.0005 * (1 + (t + s) % 4)
    gain = np.where(t == 5, 0.01, np.where(t == 3, 0.002, 0)) * (1 + s)
    return 2 * p * q / (p + q), keep, gain


def levels(n):
    """First level, [species, z, y, x]."""
    z, y, x = np.meshgrid(np.arange(n), np.arange(n), np.arange(n), indexing="ij")
    return np.stack([0.5 + 0.5 * np.sin(0.1 * x * (s + 1) + 0.07 * y * (2 + s) + 0.05 * z * (3 - s))
                     for s in range(SPECIES)])


def reference(n, steps):
    """The levels after some steps, in double precision, by plain array arithmetic."""
    face, keep, gain = tables()
    tissue, c = labels(n), levels(n)
    for _ in range(steps):
        after = np.empty_like(c)
        for s in range(SPECIES):
            after[s] = keep[s][tissue] * c[s] + gain[s][tissue]
            for axis in range(3):
                low = tuple(slice(0, -1) if k == axis else slice(None) for k in range(3))
                high = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
                flux = face[s][tissue[low], tissue[high]] * (c[s][high] - c[s][low])
                after[s][low] += flux
                after[s][high] -= flux
        c = after
    return c
