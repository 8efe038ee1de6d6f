"""What VTK writes, in every way it can, we read: values, names, place, time."""
import itertools
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

reader = os.path.join(os.environ.get("BUILD", "build"), "tests", "mesh.test_vti_read")
rng = np.random.default_rng(1)
TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


def image_of(points):
    image = vtk.vtkImageData()
    image.SetExtent(2, 9, -1, 5, 0, 4)  # 7 x 6 x 4 cells
    image.SetSpacing(0.5, 1.5, 2)
    image.SetOrigin(10, 20, 30)
    image.SetDirectionMatrix(0, -1, 0, 1, 0, 0, 0, 0, 1)
    count = image.GetNumberOfPoints() if points else image.GetNumberOfCells()
    arrays = {}
    for kind in TYPES:
        if kind.startswith("float"):
            values = (rng.standard_normal((count, 2)) * 1e3).astype(kind)
            values[3, 1] = np.nan
        else:
            info = np.iinfo(kind)
            low, high = max(info.min, -(2**24)), min(info.max, 2**24)  # exact as single precision
            values = rng.integers(low, high, (count, 1), endpoint=True).astype(kind)
        array = numpy_to_vtk(values, deep=True)
        array.SetName(f"{kind}_values")
        (image.GetPointData() if points else image.GetCellData()).AddArray(array)
        arrays[f"{kind}_values"] = values
    time = vtk.vtkDoubleArray()
    time.SetName("TimeValue")
    time.InsertNextValue(1 / 3)
    image.GetFieldData().AddArray(time)
    return image, arrays


def check(path, image, arrays, points, what):
    done = subprocess.run([reader, path], capture_output=True, text=True)
    assert done.returncode == 0, (what, done.stderr)
    lines = done.stdout.splitlines()
    dims = [7 + points, 6 + points, 4 + points]
    assert lines[0] == "dims %d %d %d" % tuple(dims), (what, lines[0])
    affine = np.array(lines[1].split()[1:], float).reshape(3, 4)
    bounds = [0.0] * 6
    for index in ((0, 0, 0), (dims[0] - 1, dims[1] - 1, dims[2] - 1)):
        if points:
            centre = image.GetPoint(image.ComputePointId([index[0] + 2, index[1] - 1, index[2]]))
        else:
            image.GetCellBounds(image.ComputeCellId([index[0] + 2, index[1] - 1, index[2]]), bounds)
            centre = [(bounds[2 * a] + bounds[2 * a + 1]) / 2 for a in range(3)]
        ours = affine[:, :3] @ index + affine[:, 3]
        assert np.allclose(ours, centre), (what, index, ours, centre)
    assert abs(float(lines[2].split()[1]) - 1 / 3) < 1e-9, (what, lines[2])
    for line, (name, values) in zip(lines[3:], arrays.items()):
        words = line.split()
        assert words[0] == name, (what, words[0], name)
        got = np.array(words[3:], "float32")
        want = values.ravel().astype("float32")
        digits = 1e-5 if what[0] == "Ascii" and name.startswith("float") else 0  # VTK's text has few digits
        assert np.allclose(got, want, rtol=digits, atol=0, equal_nan=True), (what, name)


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a.vti")
    ways = list(itertools.product(("Ascii", "Binary", "Appended", "AppendedRaw"), (False, True), (32, 64),
                                  ("little", "big"), (False, True)))
    for mode, packed, bits, order, points in ways:
        if mode == "Ascii" and (packed or bits == 64 or order == "big"):
            continue
        image, arrays = image_of(points)
        writer = vtk.vtkXMLImageDataWriter()
        writer.SetInputData(image)
        writer.SetFileName(path)
        writer.SetDataMode({"Ascii": 0, "Binary": 1}.get(mode, 2))
        writer.SetEncodeAppendedData(mode == "Appended")
        if packed:
            writer.SetCompressorTypeToZLib()
            writer.SetBlockSize(64 * 8)  # several blocks, the last one partial
        else:
            writer.SetCompressorTypeToNone()
        (writer.SetHeaderTypeToUInt64 if bits == 64 else writer.SetHeaderTypeToUInt32)()
        (writer.SetByteOrderToBigEndian if order == "big" else writer.SetByteOrderToLittleEndian)()
        assert writer.Write() == 1
        check(path, image, arrays, points, (mode, packed, bits, order, points))
    # a plane, and a packer we do not have
    image = vtk.vtkImageData()
    image.SetDimensions(4, 3, 1)
    array = numpy_to_vtk(np.arange(6, dtype="float32"), deep=True)
    array.SetName("c")
    image.GetCellData().AddArray(array)
    writer = vtk.vtkXMLImageDataWriter()
    writer.SetInputData(image)
    writer.SetFileName(path)
    writer.Write()
    done = subprocess.run([reader, path], capture_output=True, text=True)
    assert done.returncode == 0 and "dims 3 2 1" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "c Float32 1 0 1 2 3 4 5", done.stdout
    writer.SetCompressorTypeToLZ4()
    writer.Write()
    done = subprocess.run([reader, path], capture_output=True, text=True)
    assert done.returncode == 1 and "vtkLZ4DataCompressor" in done.stderr, done.stderr
print("read all that VTK wrote")
