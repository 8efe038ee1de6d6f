"""Every scene that ships runs, on a coarse grid and for a short time, and proves what every run must prove.

The young reference must not change at all; a label volume written by `crosstalk mesh` stands for a real one."""
import glob
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

COARSE = ["geometry.spacing=3 mm", "geometry.length=3 mm"]
# How each scene is made small: long enough that its events and its clock matter.
SMALL = {
    "thigh": COARSE + ["clock.until=84 d"],
    "aged_sedentary": COARSE + ["clock.until=84 d"],
    "aged_trained": COARSE + ["clock.until=84 d"],
    "young_sedentary": COARSE + ["clock.until=1 y", "output.series=28 d"],
    "bed_rest": COARSE + ["clock.until=90 d"],
    "acute_bout": COARSE + ["clock.until=3 h"],
    "interface": ["geometry.window.size=[3 mm, 1 mm, 0.4 mm]", "geometry.window.origin=[95.35 mm, 82.1 mm, 5 mm]",
                  "clock.until=28 d"],
    "real_thigh": ["clock.until=28 d", "clock.acute=1 h", "drivers.bout_start=672.5 h",
                   "geometry.labels.map={0: outside, 1: cortex, 3: marrow, 4: muscle, 5: fat, 8: fascia, 10: skin}"],
}


def check_proofs(name, out):
    record = running.record(out)
    if record["status"] != "done":
        running.fail("%s: status %r" % (name, record["status"]))
    for species, defect in record["balance"].items():
        if not 0 <= defect < 1e-6:
            running.fail("%s: mass balance of %s is off by %g" % (name, species, defect))
    if not 0 <= record["fraction_defect"] < 1e-6:
        running.fail("%s: fractions sum to one within %g only" % (name, record["fraction_defect"]))
    if running.leftovers(out):
        running.fail("%s: left %s" % (name, running.leftovers(out)))
    return record


def check_series(name, out):
    rows = running.series(out)
    for column in running.COLUMNS:
        if column not in rows[0]:
            running.fail("%s: series.csv lacks %s" % (name, column))
    for row in rows:
        if not all(math.isfinite(value) for value in row.values()):
            running.fail("%s: not finite: %r" % (name, row))
    if len(rows) < 2 or rows[0]["time [d]"] != 0:
        running.fail("%s: %d rows" % (name, len(rows)))
    return rows


def check_frames(name, out, record):
    wanted = len(record["scene"]["output"]["frames"])
    paths = glob.glob(os.path.join(out, "frames", "*.png"))
    if len(paths) < 2 * wanted: # at the start and at the end at least
        running.fail("%s: %d pictures of %d kinds" % (name, len(paths), wanted))
    for path in paths:
        width, _, _, pixels = running.png(path)
        if width < 300 or len(set(pixels)) < 8:
            running.fail("%s shows nothing" % path)


def main():
    scenes = {os.path.splitext(os.path.basename(path))[0]: path
              for path in glob.glob(os.path.join(running.ROOT, "scenes", "*.yaml"))}
    if set(scenes) != set(SMALL):
        running.fail("scenes/ and this test differ: %s" % sorted(set(scenes) ^ set(SMALL)))
    with running.scratch() as folder:
        volume = os.path.join(folder, "thigh.nii.gz")
        running.call([running.BINARY, "mesh", scenes["thigh"], "-o", volume, "--set", "geometry.spacing=3 mm", "--set",
                      "geometry.length=6 mm"])
        rows = {}
        for name in sorted(scenes):
            out = os.path.join(folder, name)
            sets = SMALL[name] + (["geometry.labels.file=" + volume] if name == "real_thigh" else [])
            running.run(scenes[name], out, sets)
            record = check_proofs(name, out)
            rows[name] = check_series(name, out)
            check_frames(name, out, record)
            print("%-16s %d rows, %g s" % (name, len(rows[name]), record["wall_s"]))
    young = rows["young_sedentary"]
    for column in running.COLUMNS[2:]:
        first, last = young[0][column], young[-1][column]
        if abs(last - first) > 2e-4 * abs(first): # 0.1 % in 5 years
            running.fail("young_sedentary: %s went from %g to %g in a year" % (column, first, last))
    if not rows["aged_trained"][-1]["muscle_mass [1]"] > rows["aged_sedentary"][-1]["muscle_mass [1]"]:
        running.fail("three months of training build no muscle")
    bed = {row["time [d]"]: row["muscle_mass [1]"] for row in rows["bed_rest"]}
    if not 0.80 < bed[60] < 0.92:
        running.fail("60 days in bed leave %g of the muscle" % bed[60])
    if not bed[90] > bed[60] + 0.02:
        running.fail("muscle does not come back after bed rest: %g, %g" % (bed[60], bed[90]))
    bout = rows["acute_bout"]
    peak = max(row["plasma_osteokine [pM]"] for row in bout)
    if not 1.75 < peak / bout[0]["plasma_osteokine [pM]"] < 2.05:
        running.fail("the bout raises the osteokine in plasma to %g pM" % peak)
    if abs(bout[-1]["plasma_adipokine [pM]"] / bout[0]["plasma_adipokine [pM]"] - 1) > 1e-3:
        running.fail("the bout changes the adipokine: %g pM" % bout[-1]["plasma_adipokine [pM]"])


main()
