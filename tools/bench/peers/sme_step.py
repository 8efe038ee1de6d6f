#!/usr/bin/env python3
"""Spatial Model Editor (sme), a simulator of reaction and diffusion in cells: forward Euler steps of its pixel solver.

Measures species-voxel-steps a second on its own three-dimensional example, single-compartment-diffusion-3d: two
species with uniform diffusivity in one compartment, which is easier than the benchmark's problem, so only the rate is
compared. The time step is fixed by asking for forward Euler with a small largest step; the number of steps is then
known, and the cost of a start is taken out by running two lengths.

Needs sme (pip install sme). Usage: sme_step.py [steps]. A line of JSON.
Source: https://spatial-model-editor.github.io
"""

import json
import math
import os
import statistics
import sys
import time

import sme


def run(steps, step):
    """Seconds of a run of so many steps."""
    model = sme.open_example_model("single-compartment-diffusion-3d")
    pixel = model.simulation_settings.options.pixel
    pixel.integrator = sme.PixelIntegratorType.RK101
    pixel.max_timestep = step
    pixel.enable_multithreading = True
    pixel.max_threads = os.cpu_count()
    began = time.perf_counter()
    model.simulate(steps * step, steps * step, simulator_type=sme.SimulatorType.Pixel, return_results=False)
    return time.perf_counter() - began


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    model = sme.open_example_model("single-compartment-diffusion-3d")
    compartment = model.compartments[0]
    voxels = int(compartment.geometry_mask.sum())
    fastest = max(species.diffusion_constant for species in compartment.species)
    step = 0.05 / fastest  # voxels of 1: well inside the limit of 1/6
    seconds = [(run(3 * steps, step) - run(steps, step)) / (2 * steps) for _ in range(3)]
    second = statistics.median(seconds)
    print(json.dumps({"peer": "sme pixel", "voxels": voxels, "species": len(compartment.species), "seconds": second,
                      "species_voxel_steps_per_s": len(compartment.species) * voxels / second,
                      "threads": os.cpu_count(), "verdict": "PASS" if math.isfinite(second) and second > 0 else "FAIL"}))


if __name__ == "__main__":
    main()
