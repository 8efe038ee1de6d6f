#!/usr/bin/env python3
"""Layering, from the text of the sources: tools/check_layers.py [ROOT]

app -> step, observe, render, report, bench, scene; step -> solve, tissue -> fields -> mesh, model -> scene -> base;
bench -> solve, tissue, render; what computes -> device -> base; observe, render -> fields, mesh, draw; report -> mesh, draw
-> base.  An arrow reaches everything behind it.  Physics never includes observe; solve and tissue never include each
other.  Only host/app and host/base/log.c print, only host/app exits, only host/device calls OpenCL.
Prints each violation as file:line and returns 1 if there are any.
"""
import pathlib
import re
import sys

BASE = {"base"}
DEVICE = BASE | {"device"}
SCENE = BASE | {"scene"}
MODEL = SCENE | {"model"}
MESH = SCENE | DEVICE | {"mesh"}
FIELDS = MESH | MODEL | {"fields"}
MAY_INCLUDE = {
    "base": BASE,
    "device": DEVICE,
    "scene": SCENE,
    "model": MODEL,
    "mesh": MESH,
    "fields": FIELDS,
    "solve": FIELDS | {"solve"},
    "tissue": FIELDS | {"tissue"},
    "step": FIELDS | {"solve", "tissue", "step"},
    "draw": BASE | {"draw"},
    "observe": FIELDS | {"draw", "observe"},
    "render": FIELDS | {"draw", "render"},
    "report": MESH | {"draw", "report"},
    "bench": FIELDS | {"solve", "tissue", "draw", "render", "bench"},
    "app": FIELDS | {"solve", "tissue", "step", "draw", "observe", "render", "report", "bench", "app"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"')
PRINTS = re.compile(r"\b(?:v?printf|puts|putchar|perror)\s*\(|\b(?:stdout|stderr)\b")
EXITS = re.compile(r"\b(?:_?exit|abort|quick_exit|assert)\s*\(")
CALLS_OPENCL = re.compile(r"\bcl[A-Z]\w*\s*\(")
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """The same number of lines, nothing else."""
    return re.sub(r"[^\n]", " ", match.group())


def includes(root, path, room, text):
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        name = found.group(1)
        target = name.split("/")[0]
        if "/" not in name or ".." in name:
            yield number, f'"{name}": includes are written "room/name.h"'
        elif target == "crosstalk":
            if not (root / "include" / name).is_file():
                yield number, f'"{name}" is not in include/'
        elif room == "include":
            yield number, f'"{name}": public headers include public headers only'
        elif target not in MAY_INCLUDE or not (root / "host" / name).is_file():
            yield number, f'"{name}" is not in host/'
        elif target not in MAY_INCLUDE[room]:
            yield number, f"{room} may not include {target}"


def habits(relative, room, text):
    code = COMMENT_OR_STRING.sub(blank, text)
    rules = []
    if room != "app" and relative != "host/base/log.c":
        rules.append((PRINTS, "only host/app and host/base/log.c print"))
    if room != "app":
        rules.append((EXITS, "only host/app ends the program"))
    if room != "device":
        rules.append((CALLS_OPENCL, "only host/device calls OpenCL"))
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, what in rules:
            if pattern.search(line):
                yield number, what


def main(root):
    violations = 0
    sources = sorted([*root.glob("host/**/*.[ch]"), *root.glob("include/**/*.h")])
    if not sources:
        sys.exit(f"check_layers: no sources in {root}")
    for path in sources:
        relative = path.relative_to(root).as_posix()
        room = relative.split("/")[1] if relative.startswith("host/") else "include"
        if room != "include" and room not in MAY_INCLUDE:
            print(f"{relative}:1: host/{room} is not a room")
            violations += 1
            continue
        text = path.read_text(encoding="utf-8")
        for number, what in [*includes(root, path, room, text), *habits(relative, room, text)]:
            print(f"{relative}:{number}: {what}")
            violations += 1
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
