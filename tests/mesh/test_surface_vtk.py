"""The surfaces that we write, VTK reads: watertight, of the same size, with their data."""
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


def measure(surface):
    mass = vtk.vtkMassProperties()
    mass.SetInputData(surface)
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface)
    edges.BoundaryEdgesOn()
    edges.NonManifoldEdgesOn()
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    return mass.GetSurfaceArea(), mass.GetVolume(), edges.GetOutput().GetNumberOfCells()


writer = os.path.join(os.environ.get("BUILD", "build"), "tests", "mesh.test_surface")
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([writer, folder], check=True)
    vertices, triangles, area, volume = map(float, open(os.path.join(folder, "ball.txt")).read().split())
    for name, reader in (("ball.vtp", vtk.vtkXMLPolyDataReader()), ("ball.stl", vtk.vtkSTLReader())):
        reader.SetFileName(os.path.join(folder, name))
        reader.Update()
        surface = reader.GetOutput()
        assert surface.GetNumberOfPoints() == vertices and surface.GetNumberOfCells() == triangles, name
        got_area, got_volume, open_edges = measure(surface)
        assert abs(got_area / area - 1) < 1e-4 and abs(got_volume / volume - 1) < 1e-3, (name, got_area, got_volume)
        assert open_edges == 0, name
        centre = surface.GetCenter()
        assert np.allclose(centre, (100, 0, 0), atol=0.05), (name, centre)
        normals = vtk.vtkPolyDataNormals()  # the order of the corners points outwards
        normals.SetInputData(surface)
        normals.ConsistencyOff()
        normals.AutoOrientNormalsOff()
        normals.ComputeCellNormalsOn()
        normals.SplittingOff()
        normals.Update()
        first = vtk_to_numpy(normals.GetOutput().GetCellData().GetNormals())[0]
        corners = vtk_to_numpy(surface.GetCell(0).GetPoints().GetData())
        assert np.dot(first, corners.mean(axis=0) - (100, 0, 0)) > 0, name
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(os.path.join(folder, "ball.vtp"))
    reader.Update()
    surface = reader.GetOutput()
    points = vtk_to_numpy(surface.GetPoints().GetData())
    assert np.array_equal(vtk_to_numpy(surface.GetPointData().GetArray("height (mm)")), points[:, 2])
    cells = surface.GetCellData()
    assert np.array_equal(vtk_to_numpy(cells.GetArray("number")), np.arange(triangles, dtype=np.float32))
    assert (vtk_to_numpy(cells.GetArray("tissue")) == 1).all()
    assert (vtk_to_numpy(cells.GetArray("other tissue")) == 4).all()
print("VTK agrees")
