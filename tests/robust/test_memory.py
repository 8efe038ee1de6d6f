"""The default model takes at most 200 bytes a tissue voxel on the device, beside at most 16 MiB with which small grids
solve several species at once, 100 more in acute mode, and `crosstalk check` says so beforehand."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

MOST = {"thigh": 200, "acute_bout": 300}
BATCH = 16 * 2**20
# In slabs thinner than a block of 4 voxels, and on grids of a few thousand voxels, padding and fixed tables weigh more.
GRIDS = {
    "thigh": ["geometry.spacing='1 mm'", "geometry.length='16 mm'"],
    "acute_bout": ["geometry.spacing='1.5 mm'", "geometry.length='30 mm'", "clock.until='0.1 h'", "output.every=none"],
}

with running.scratch() as folder:
    for name, sets in GRIDS.items():
        scene = "scenes/%s.yaml" % name
        if name == "thigh":
            sets = sets + ["clock.until='2 d'"]
            sets += ["clock.step='1 d'", "output.every=none"]
        sets = sets + ["output.frames=[]", "output.volumes={}"]
        words = [running.BINARY, "check", scene]
        for text in sets:
            words += ["--set", text]
        said = running.call(words)
        promised = re.search(r"(\d+(?:\.\d+)?) bytes a tissue voxel", said.stdout)
        if not promised:
            running.fail("check does not say how many bytes a voxel takes:\n" + said.stdout)
        promised = float(promised.group(1))
        out = os.path.join(folder, name)
        running.run(scene, out, sets=sets)
        mesh = running.record(out)["mesh"]
        measured = mesh["device_bytes_per_voxel"]
        print("%s: %d voxels, %.1f bytes each, promised %.1f" % (name, mesh["voxels"], measured, promised))
        if measured > MOST[name] + BATCH / mesh["voxels"]:
            running.fail("%s: %.1f bytes a voxel, more than %d" % (name, measured, MOST[name]))
        if abs(promised / measured - 1) > 0.05:
            running.fail("%s: %.1f bytes a voxel were promised and %.1f were taken" % (name, promised, measured))
