"""What a run writes, VTK and nibabel read: values, places, names with units, times."""
import glob
import os
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

try:
    import nibabel
    import numpy as np
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy
except ImportError as missing:
    running.skip(missing)

SCENE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chronic.yaml")
TISSUES = {1: "cortex", 2: "trabecular", 3: "marrow", 4: "muscle", 5: "fat"}  # in the model's order


def read_vti(path):
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName(path)
    reader.Update()
    image = reader.GetOutput()
    data = image.GetCellData()
    arrays = {data.GetArrayName(k): vtk_to_numpy(data.GetArray(k)) for k in range(data.GetNumberOfArrays())}
    return image, arrays


with running.scratch() as folder:
    out = os.path.join(folder, "out")
    running.run(SCENE, out, sets=["clock.until='60 d'", "clock.acute='0 h'", "events=[]", "output.every=none",
                                  "output.volumes.every='30 d'", "model.set={surface_rate: 0.0207 mm/y}",
                                  "drivers.bout_start=none"])
    record = running.record(out)
    collection = xml.etree.ElementTree.parse(os.path.join(out, "volumes.pvd")).getroot().find("Collection")
    listed = [(float(entry.get("timestep")), entry.get("file")) for entry in collection]
    if [time for time, _ in listed] != [0, 30, 60]:
        running.fail("volumes.pvd lists the times %s" % [time for time, _ in listed])
    for time, name in listed:
        image, arrays = read_vti(os.path.join(out, name))
        cells = tuple(n - 1 for n in image.GetDimensions())
        if cells != tuple(record["mesh"]["dims"]) or not np.allclose(image.GetSpacing(), record["mesh"]["spacing_mm"]):
            running.fail("%s: %s cells of %s mm" % (name, cells, image.GetSpacing()))
        stamp = image.GetFieldData().GetArray("TimeValue")
        if stamp is None or stamp.GetValue(0) != time:
            running.fail(name + " does not carry its time")
    # The names carry units; the values are those the run reports of itself.
    print("arrays:", sorted(arrays))
    for wanted, unit in (("myokine", "pM"), ("f_bone", "1"), ("u_adipokine", "1"), ("formation", "1")):
        found = [name for name in arrays if name.startswith(wanted)]
        if len(found) != 1 or unit not in found[0]:
            running.fail("no array '%s [%s]' among %s" % (wanted, unit, sorted(arrays)))
    pick = {word: next(values for name, values in arrays.items() if name.startswith(word))
            for word in ("tissue", "myokine", "f_bone", "u_adipokine", "formation")}
    tissue = pick["tissue"].reshape(cells[::-1])
    if not set(np.unique(tissue)) <= {0, *range(1, 20)} or len(np.unique(tissue)) != 5:
        running.fail("tissues %s" % np.unique(tissue))
    low, high = record["range_pM"]["myokine"]
    myokine = pick["myokine"][np.isfinite(pick["myokine"])]
    if not np.isclose(myokine.min(), low, rtol=1e-6) or not np.isclose(myokine.max(), high, rtol=1e-6):
        running.fail("myokine from %g to %g, the run says %g to %g" % (myokine.min(), myokine.max(), low, high))
    bone = pick["f_bone"].reshape(cells[::-1])
    centre, corner = tuple(n // 2 for n in cells[::-1]), (0, 0, 0)
    if not bone[corner] == 0 or not 0.9 < bone.max() < 0.96:
        running.fail("bone is %g in the corner, at most %g" % (bone[corner], bone.max()))
    # where the shells are: the cortex between 4.1 and 5.2 mm from the centre
    index = np.indices(bone.shape) + 0.5
    radius = np.sqrt(sum((index[k] * record["mesh"]["spacing_mm"][2 - k] - 8) ** 2 for k in range(3)))
    if not 4 < radius[bone > 0.9].mean() < 5.3:
        running.fail("the cortex lies at %g mm" % radius[bone > 0.9].mean())
    # the same by nibabel
    volumes = sorted(glob.glob(os.path.join(out, "volumes", "*.nii*")))
    if not volumes:
        running.fail("no NIfTI was written")
    last = {}
    for path in volumes:
        image = nibabel.load(path)
        if image.shape[:3] != cells or not np.allclose(image.header.get_zooms()[:3], record["mesh"]["spacing_mm"]):
            running.fail("%s: %s voxels of %s" % (path, image.shape, image.header.get_zooms()))
        if image.header.get_xyzt_units()[0] != "mm" or image.header["sform_code"] == 0 or image.header["qform_code"] == 0:
            running.fail("%s: unit or place is not said" % path)
        if not np.allclose(image.get_sform(), image.get_qform(), atol=1e-4):
            running.fail("%s: sform and qform differ" % path)
        for word in pick:
            if os.path.basename(path).startswith(word + "_") or os.path.basename(path).startswith(word + "."):
                last[word] = np.asarray(image.dataobj)
    for word, values in last.items():
        dense = pick[word].reshape(cells[::-1]).transpose(2, 1, 0)
        if not np.allclose(np.nan_to_num(values.reshape(dense.shape)), np.nan_to_num(dense), rtol=1e-6):
            running.fail("%s: NIfTI and VTI differ" % word)
    if set(last) != set(pick):
        running.fail("NIfTI of %s only, in %s" % (sorted(last), [os.path.basename(path) for path in volumes]))
    print("VTK and nibabel agree with the run")
