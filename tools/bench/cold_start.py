#!/usr/bin/env python3
"""Seconds from the start of `crosstalk run` to its first picture: with empty caches (every kernel is compiled) and
with the caches that the first run left.

    tools/bench/cold_start.py [--crosstalk build/crosstalk] [--scene scenes/thigh.yaml] [--set KEY=VALUE ...]
                              [--cold 3] [--warm 5] [--json FILE]

A picture counts when it has its final name: complete and on disk. Caches are fresh folders: XDG_CACHE_HOME (ours),
POCL_CACHE_DIR (PoCL's), CUDA_CACHE_PATH (NVIDIA's). Other drivers keep theirs where they like. The run is stopped
once the picture is there. Prints every time and the medians.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def first_picture(arguments, caches):
    """Seconds to the first .png under frames/."""
    room = tempfile.mkdtemp(prefix="first-picture-")
    out = os.path.join(room, "out")
    frames = os.path.join(out, "frames")
    command = [arguments.crosstalk, "run", arguments.scene, "-o", out, "--quiet"]
    for setting in arguments.set:
        command += ["--set", setting]
    environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(caches, "xdg"),
                       POCL_CACHE_DIR=os.path.join(caches, "pocl"), CUDA_CACHE_PATH=os.path.join(caches, "cuda"))
    began = time.monotonic()
    try:
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        shutil.rmtree(room, ignore_errors=True)
        sys.exit(f"cold_start: {arguments.crosstalk}: {error.strerror}; build it, or name it with --crosstalk")
    try:
        while True:
            ended = process.poll() is not None
            if os.path.isdir(frames) and any(name.endswith(".png") for name in os.listdir(frames)):
                return time.monotonic() - began
            if ended:
                sys.exit("cold_start: the run wrote no picture: " + process.stderr.read())
            time.sleep(0.002)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate()
        shutil.rmtree(room, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crosstalk", default=os.path.join(ROOT, "build", "crosstalk"))
    parser.add_argument("--scene", default=os.path.join(ROOT, "scenes", "thigh.yaml"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--cold", type=int, default=3, help="runs with empty caches (3)")
    parser.add_argument("--warm", type=int, default=5, help="runs with what the last of them left (5)")
    parser.add_argument("--json", metavar="FILE", help="also write the times there")
    arguments = parser.parse_args()
    cold, warm = [], []
    for repeat in range(arguments.cold):
        caches = tempfile.mkdtemp(prefix="caches-")
        try:
            for name in ("xdg", "pocl", "cuda"):
                os.mkdir(os.path.join(caches, name))
            cold.append(first_picture(arguments, caches))
            if repeat == arguments.cold - 1:
                warm = [first_picture(arguments, caches) for _ in range(arguments.warm)]
        finally:
            shutil.rmtree(caches, ignore_errors=True)
    result = {"scene": arguments.scene, "set": arguments.set, "cold_s": cold, "warm_s": warm}
    for name, times in (("cold", cold), ("warm", warm)):
        if times:
            result[f"{name}_median_s"] = statistics.median(times)
            print(f"{name}: {statistics.median(times):.2f} s to the first picture"
                  f" ({', '.join(f'{t:.2f}' for t in times)})")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
