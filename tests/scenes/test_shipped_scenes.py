"""Every shipped scene, on a coarse grid and for a short time, runs and leaves what other people's scripts rely on."""
import glob
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

COARSE = ["geometry.spacing='4 mm'", "geometry.length='12 mm'"]
SHRUNK = {
    "thigh": COARSE + ["clock.until='age 26 y'"],
    "aged_sedentary": COARSE + ["clock.until='age 26 y'"],
    "aged_trained": COARSE + ["clock.until='age 26 y'"],
    "young_sedentary": COARSE,
    "bed_rest": COARSE + ["clock.until='90 d'"],
    "acute_bout": COARSE + ["clock.until='3 h'", "output.every='1.5 h'"],
    "interface": ["geometry.spacing='0.5 mm'", "clock.until='90 d'"],
    "real_thigh": ["clock.until='age 26 y'", "clock.acute='1 h'"],
}
KEYS = ["scene", "version", "device", "mesh", "balance", "fraction_defect", "solver", "stages", "wall_s", "wall", "warnings", "status"]
SPECIES = ["osteokine", "myokine", "adipokine", "vesicle"]


def label_volume(path):
    """A limb in 24 x 24 x 6 voxels of 5 mm: cortex and marrow, muscle, fat and skin, as NIfTI-1."""
    n, depth, voxel = 24, 6, 5.0
    labels = bytearray()
    for _ in range(depth):
        for j in range(n):
            for i in range(n):
                r = ((i - 11.5) ** 2 + (j - 11.5) ** 2) ** 0.5
                labels.append(3 if r < 1.5 else 1 if r < 3 else 4 if r < 8 else 5 if r < 10 else 6 if r < 11 else 0)
    header = bytearray(348)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, n, n, depth, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 2, 8)  # unsigned bytes
    struct.pack_into("<8f", header, 76, 1, voxel, voxel, voxel, 0, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352)
    header[123] = 2  # mm
    struct.pack_into("<hh", header, 252, 0, 1)
    for row in range(3):
        struct.pack_into("<4f", header, 280 + 16 * row, *(voxel if row == k else 0.0 for k in range(4)))
    header[344:348] = b"n+1\0"
    with open(path, "wb") as file:
        file.write(bytes(header) + b"\0\0\0\0" + bytes(labels))


def check_record(name, out, worst):
    record = running.record(out)
    missing = [key for key in KEYS if key not in record]
    if missing:
        running.fail("%s: run.json lacks %s" % (name, ", ".join(missing)))
    if record["status"] != "done":
        running.fail("%s: status '%s'" % (name, record["status"]))
    if len(record["mesh"]["dims"]) != 3 or len(record["mesh"]["spacing_mm"]) != 3 or not record["mesh"]["voxels"] > 0:
        running.fail("%s: mesh %s" % (name, record["mesh"]))
    if sorted(record["balance"]) != sorted(SPECIES):
        running.fail("%s: balance of %s" % (name, sorted(record["balance"])))
    for species, defect in record["balance"].items():
        worst[0] = max(worst[0], (defect, "%s, %s" % (name, species)))
        if not 0 <= defect < 1e-6:
            running.fail("%s: mass balance of %s is off by %g" % (name, species, defect))
    worst[1] = max(worst[1], (record["fraction_defect"], name))
    if not 0 <= record["fraction_defect"] < 1e-6:
        running.fail("%s: fractions miss one by %g" % (name, record["fraction_defect"]))
    if not record["solver"]["iterations"] > 0 or not 0 < record["solver"]["worst_residual"] < 1e-5:
        running.fail("%s: solver %s" % (name, record["solver"]))
    for stage in record["stages"]:
        if not {"name", "seconds", "bytes", "share_of_copy_bandwidth"} <= set(stage):
            running.fail("%s: stage %s" % (name, stage))
    parts = sum(part["seconds"] for part in record["wall"]["parts"])
    if abs(parts - record["wall_s"]) > 1e-6 * record["wall_s"] or len(record["wall"]["parts"]) < 5:
        running.fail("%s: the parts of the wall time add up to %s, not %s" % (name, parts, record["wall_s"]))
    if not record["wall_s"] > 0 or not record["device"]["name"]:
        running.fail("%s: wall_s %s, device %s" % (name, record["wall_s"], record["device"]))
    if not record["scene"].get("expect"):
        running.fail("%s does not say what to expect" % name)
    for other in (text for text in record["warnings"] if "decay" not in text and "resolve" not in text):
        print("  %s warns: %s" % (name, other))
    return record


def check_pictures(name, out, record):
    pictures = sorted(glob.glob(os.path.join(out, "frames", "*.png")))
    films = len(record["scene"]["output"]["frames"])
    if films == 0 or len(pictures) < 2 * films:
        running.fail("%s: %d pictures of %d films" % (name, len(pictures), films))
    for path in pictures:
        width, height, _, pixels = running.png(path)
        if width < 200 or height < 150 or len(set(pixels[: 200 * width])) < 4:
            running.fail("%s is empty" % path)
    return len(pictures)


def check_series(name, out):
    rows = running.series(out)
    missing = [column for column in running.COLUMNS if column not in rows[0]]
    if missing:
        running.fail("%s: series.csv lacks %s" % (name, ", ".join(missing)))
    if list(rows[0])[: len(running.COLUMNS)] != running.COLUMNS:
        running.fail("%s: series.csv has its columns in another order" % name)
    times = [row["time [d]"] for row in rows]
    if times[0] != 0 or times != sorted(set(times)):
        running.fail("%s: times %s" % (name, times))
    for column in running.COLUMNS[2:13]:
        if rows[0][column] != 1:
            running.fail("%s: %s starts at %g" % (name, column, rows[0][column]))
    return rows


with running.scratch() as folder:
    found = sorted(os.path.splitext(os.path.basename(path))[0] for path in glob.glob("scenes/*.yaml"))
    if set(SHRUNK) - set(found):
        running.fail("missing scenes: %s" % ", ".join(sorted(set(SHRUNK) - set(found))))
    worst = [(0, ""), (0, "")]
    for name in found:
        sets = SHRUNK.get(name)
        if sets is None:
            running.fail("this test does not know how to shrink scenes/%s.yaml" % name)
        if name == "real_thigh":
            label_volume(os.path.join(folder, "thigh.nii"))
            sets = sets + ["geometry.labels.file=" + os.path.join(folder, "thigh.nii")]
        out = os.path.join(folder, name)
        running.run("scenes/%s.yaml" % name, out, sets=sets)
        record = check_record(name, out, worst)
        pictures = check_pictures(name, out, record)
        rows = check_series(name, out)
        if record["scene"]["output"]["volumes"]["at_end"] and not os.path.exists(os.path.join(out, "volumes.pvd")):
            running.fail(name + ": no volumes.pvd")
        if name == "young_sedentary":
            for column in running.COLUMNS[2:13]:
                drift = max(abs(row[column] - 1) for row in rows)
                if not drift < 1e-3:
                    running.fail("young_sedentary: %s drifts by %g in five years" % (column, drift))
            print("  young_sedentary drifts by %.2g" % max(
                abs(row[column] - 1) for row in rows for column in running.COLUMNS[2:13]))
        print("%-16s %6d voxels, %2d rows, %2d pictures, %.1f s" % (
            name, record["mesh"]["voxels"], len(rows), pictures, record["wall_s"]))
    print("worst mass balance %.2g (%s), worst sum of fractions off by %.2g (%s)" % (worst[0] + worst[1]))
