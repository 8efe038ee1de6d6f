"""What we write, VTK reads: values, names, place, orientation, time."""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

writer = os.path.join(os.environ.get("BUILD", "build"), "tests", "mesh.test_vti")
i = np.arange(60)
expected = {
    "tissue": (i % 7).astype(np.uint8),
    'a "b" <c> & d (pM)': np.float32(0.25) * i.astype(np.float32),
    "flux (pM mm/h)": (np.arange(180, dtype=np.float32) - np.float32(10.5)).reshape(60, 3),
}
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([writer, folder], check=True)
    for name in ("raw", "packed"):
        reader = vtk.vtkXMLImageDataReader()
        reader.SetFileName(os.path.join(folder, name + ".vti"))
        reader.Update()
        image = reader.GetOutput()
        assert image.GetNumberOfCells() == 60, name
        data = image.GetCellData()
        assert data.GetNumberOfArrays() == 3
        for array, values in expected.items():
            got = vtk_to_numpy(data.GetArray(array))
            assert got.dtype == values.dtype and np.array_equal(got, values), (name, array)
        # centre of cell 0,0,0 is where the affine says, and so is that of the last
        bounds = [0.0] * 6
        for cell, index in ((0, (0, 0, 0)), (59, (4, 2, 3))):
            image.GetCellBounds(cell, bounds)
            centre = [(bounds[2 * a] + bounds[2 * a + 1]) / 2 for a in range(3)]
            want = (10 - index[1], 20 + 0.5 * index[0], 30 + 2 * index[2])
            assert np.allclose(centre, want), (name, cell, centre, want)
        time = image.GetFieldData().GetArray("TimeValue")
        assert time is not None and time.GetValue(0) == 1.5
    text = open(os.path.join(folder, "all.pvd")).read()
    assert 'timestep="1.5" part="0" file="packed.vti"' in text
print("VTK agrees")
