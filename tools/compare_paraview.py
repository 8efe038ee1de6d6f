#!/usr/bin/env python3
"""Our pictures beside ParaView's: tools/compare_paraview.py RUN -o FOLDER

For every picture of one slice across an axis at the end of the run in RUN, ParaView draws the same quantity of the last
volume in the same plane with what it offers at the first click: a slice, coloured by the array, its default map, a colour bar
and the axes. FOLDER gets the pairs side by side, ours at the left. Needs Debian's paraview, which cannot
draw without a display, hence xvfb and xauth; and imagemagick. Its python3-paraview and python3-vtk9, which the tests need,
exclude each other: tools/install-deps.sh tests brings the latter back."""
import argparse
import glob
import json
import os
import subprocess
import sys


def texts(path):
    """Keyword -> text of a PNG."""
    found, at = {}, 8
    data = open(path, "rb").read()
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + size]
        if kind == b"tEXt":
            key, value = body.split(b"\0", 1)
            found[key.decode()] = value.decode("latin-1")
        elif kind == b"iTXt":
            key, rest = body.split(b"\0", 1)
            found[key.decode()] = rest[2:].split(b"\0", 2)[2].decode()
        at += 12 + size
    return found


def place(text, size):
    """mm from the box's first corner."""
    if text is None:
        return size / 2
    if isinstance(text, str):
        value, unit = text.split()
        return float(value) * {"mm": 1, "cm": 10, "m": 1000, "um": 1e-3}[unit]
    return text * size


def draw(job):
    """Inside pvpython: one picture of ParaView's."""
    from paraview import simple
    reader = simple.XMLImageDataReader(FileName=[job["volume"]])
    reader.UpdatePipeline()
    low, _, south, _, bottom, _ = reader.GetDataInformation().GetBounds()
    names = [array.Name for array in reader.CellData]
    array = [n for n in names if n == job["field"] or n.startswith(job["field"] + " [")]
    if not array:
        sys.exit("no array '%s' in %s, only %s" % (job["field"], job["volume"], ", ".join(names)))
    axis = "xyz".index(job["axis"])
    normal, origin = [0, 0, 0], [low, south, bottom]
    normal[axis] = 1
    origin[axis] += place(job["at"], job["box"][axis])
    view = simple.CreateRenderView()
    view.ViewSize = [job["width"], job["height"]]
    cut = simple.Slice(Input=reader)
    cut.SliceType.Origin = origin
    cut.SliceType.Normal = normal
    shown = simple.Show(cut, view)
    simple.ColorBy(shown, ("CELLS", array[0]))
    shown.RescaleTransferFunctionToDataRange(True, False)
    shown.SetScalarBarVisibility(view, True)
    camera = {0: ([1, 0, 0], [0, 0, 1]), 1: ([0, -1, 0], [0, 0, 1]), 2: ([0, 0, 1], [0, 1, 0])}[axis]
    view.CameraFocalPoint = [0, 0, 0]
    view.CameraPosition = camera[0]
    view.CameraViewUp = camera[1]
    simple.ResetCamera(view)
    simple.SaveScreenshot(job["out"], view, ImageResolution=view.ViewSize)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    volumes = sorted(glob.glob(os.path.join(arguments.run, "volumes", "*.vti")))
    if not volumes:
        sys.exit("%s has no volumes/*.vti; run the scene with --set output.volumes.at_end=true" % arguments.run)
    mesh = json.load(open(os.path.join(arguments.run, "run.json")))["mesh"]
    box = [n * s for n, s in zip(mesh["dims"], mesh["spacing_mm"])]
    os.makedirs(arguments.output, exist_ok=True)
    last = {}
    for path in sorted(glob.glob(os.path.join(arguments.run, "frames", "*.png"))):
        last[os.path.basename(path)[:-9]] = path
    pairs = 0
    for name, path in last.items():
        request = json.loads(texts(path).get("Request", "{}"))
        single = all(not isinstance(request.get(key), list) for key in ("show", "axis", "at", "normal"))
        if not request or not single or request.get("peak") or request.get("difference", "none") != "none":
            continue
        if request["show"].startswith("u_"):
            continue  # volumes hold it only where they were asked to
        size = subprocess.run(["identify", "-format", "%w %h", path], capture_output=True, text=True, check=True)
        width, height = map(int, size.stdout.split())
        theirs = os.path.join(arguments.output, name + "_paraview.png")
        job = {"volume": os.path.abspath(volumes[-1]), "field": request["show"], "axis": request["axis"],
               "at": request.get("at"), "box": box, "width": width, "height": height, "out": os.path.abspath(theirs)}
        for _ in range(3):  # under a virtual display it now and then dies at the start
            done = subprocess.run(["xvfb-run", "-a", "pvpython", os.path.abspath(__file__), "--draw", json.dumps(job)],
                                  capture_output=True, text=True)
            if done.returncode == 0 and os.path.exists(theirs):
                break
        else:
            sys.exit("pvpython: " + (done.stderr or done.stdout)[-2000:])
        subprocess.run(["convert", path, theirs, "+append", os.path.join(arguments.output, name + ".png")], check=True)
        pairs += 1
    print("%d pairs in %s" % (pairs, arguments.output))


if __name__ == "__main__":
    if "--draw" in sys.argv:
        draw(json.loads(sys.argv[sys.argv.index("--draw") + 1]))
    else:
        main()
