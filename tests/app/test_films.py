"""Pictures of a run: a film has one scale although it was found on the way, differences start at their moment, files say
how to make them again, and pngcheck, ImageMagick and PIL read them at 8 and 16 bits. A resumed run writes the same."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

SCENE = """format: 1
title: Films
geometry: {phantom: thigh, spacing: 6 mm, length: 24 mm}
subject: {sex: female, age: 45 y}
clock: {until: 12 y}
output:
  every: 3 y
  checkpoint: signal
  frames:
    - {show: adipokine, pixels: 400}
    - {show: f_fat, difference: start, pixels: 400}
    - {show: osteokine, difference: age 50 y, pixels: 400, dark: true}
    - {show: [tissue, myokine, u_myokine], axis: [x, z], pixels: 700}
    - {show: adipokine, normal: [1, 0.5, 2], at: [-3 mm, 3 mm], depth: 16, pixels: 500, height: 450}
"""


def texts(path):
    """Keyword -> text of a PNG, from its chunks."""
    found = {}
    data = open(path, "rb").read()
    at = 8
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


def pixels(path):
    """The compressed pixels of a PNG; its texts say other things when another command made it."""
    data, at, found = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        found += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    return found


def films(out):
    series = {}
    for path in sorted(glob.glob(os.path.join(out, "frames", "*.png"))):
        series.setdefault(os.path.basename(path)[:-9], []).append(path)
    return series


def check_readers(path, depth):
    if shutil.which("pngcheck"):
        said = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True)
        if said.returncode or said.stdout.strip():
            running.fail("pngcheck: " + said.stdout + said.stderr)
    if shutil.which("identify"):
        said = subprocess.run(["identify", "-format", "%w %h %[bit-depth] %k", path], capture_output=True, text=True)
        if said.returncode:
            running.fail("ImageMagick: " + said.stderr)
        width, height, bits, colours = map(int, said.stdout.split())
        if bits != depth or colours < 50:
            running.fail("%s: %d bits, %d colours" % (path, bits, colours))
        if depth == 16 and colours < 2000:
            running.fail("%s: only %d colours in 16 bits" % (path, colours))
        return width, height
    return None


with running.scratch() as folder:
    scene = os.path.join(folder, "films.yaml")
    open(scene, "w").write(SCENE)
    out = os.path.join(folder, "out")
    running.run(scene, out)
    series = films(out)
    want = {"adipokine_z2": 6, "f_fat_change_z2": 6, "osteokine_change_z2": 4,
            "tissue-myokine-u_myokine_montage": 6, "adipokine_montage": 6}
    have = {name: len(paths) for name, paths in series.items()}
    # The reference at 50 y is a frame of its own: 0, 3, 5, 6, 9 and 12 years.
    if sorted(have.values()) != sorted(want.values()) or len(have) != len(want):
        running.fail("films and frames: %s, not %s" % (have, want))
    if glob.glob(os.path.join(out, "frames", ".film*")):
        running.fail("what films are drawn again from was left behind")

    for name, paths in series.items():
        about = [texts(p) for p in paths]
        limits = {a.get("Limits") for a in about}
        if len(limits) != 1 or limits == {None}:
            running.fail("%s: more than one scale: %s" % (name, limits))
        for key in ("Title", "Scene", "Scene file", "Time", "Field", "Units", "Request", "Command", "Software"):
            if not all(a.get(key) for a in about):
                running.fail("%s: no %s in %s" % (name, key, paths[0]))
        for path in (paths[0], paths[-1]):
            check_readers(path, 16 if name == "adipokine_montage" else 8)

    low, high = map(float, re.match(r"adipokine (\S+) to (\S+) pM", texts(series["adipokine_z2"][0])["Limits"]).groups())
    if not (low == 0 and high > 3):
        running.fail("the adipokine rises with age, its scale ends at %g" % high)
    about = texts(series["osteokine_change_z2"][-1])
    low, high = map(float, re.match(r"osteokine (\S+) to (\S+) pM", about["Limits"]).groups())
    if not low == -high:
        running.fail("a difference on a scale from %g to %g" % (low, high))
    if "change since age 50 y" not in about["Title"]:
        running.fail("the title of a difference: " + about["Title"])
    if "no change" not in texts(series["osteokine_change_z2"][0])["Description"]:
        running.fail("the reference itself has no change, and should say so")

    # What a file says makes the same picture again.
    path = series["osteokine_change_z2"][-1]
    about = texts(path)
    request = json.loads(about["Request"])
    again = os.path.join(folder, "again")
    words = about["Command"].split()
    if words[:2] != ["crosstalk", "run"] or words[2] != about["Scene file"]:
        running.fail("the command: " + about["Command"])
    running.run(about["Scene file"], again, sets=["output.frames=[%s]" % json.dumps(request)])
    made = films(again)
    if pixels(made["osteokine_change_z2"][-1]) != pixels(path):
        running.fail("the request in the file does not make the same picture again")
print("films: %s" % have)
