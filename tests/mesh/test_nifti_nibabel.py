"""What we write, nibabel reads: values, sform, qform, units, data type."""
import os
import subprocess
import sys
import tempfile

try:
    import nibabel
    import numpy as np
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

writer = os.path.join(os.environ.get("BUILD", "build"), "tests", "mesh.test_nifti")
c, s = 0.75**0.5, 0.5
turns = [
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[c, -s, 0], [s, c, 0], [0, 0, -1]],
    [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
    [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
]
i = np.arange(60)
expected = {
    "labels.nii.gz": (i * 1000).astype(np.uint16),
    "bytes.nii": (i * 3).astype(np.uint8),
    "reals.nii": np.float32(0.1) * i.astype(np.float32) - np.float32(2),
}
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([writer, folder], check=True)
    for k, turn in enumerate(turns):
        affine = np.eye(4)
        affine[:3, :3] = np.array(turn) * [0.5, 0.25, 2]
        affine[:3, 3] = [-7.5, 2.5, 12.5]
        for name, values in expected.items():
            image = nibabel.load(os.path.join(folder, f"{k}-{name}"))
            data = np.asanyarray(image.dataobj)
            assert data.shape == (3, 4, 5) and image.get_data_dtype() == values.dtype, (k, name)
            assert np.array_equal(data.flatten(order="F"), values), (k, name)
            assert image.header.get_xyzt_units()[0] == "mm"
            for form in (image.get_sform(coded=True), image.get_qform(coded=True)):
                assert form[1] == 1 and np.allclose(form[0], affine, atol=2e-6), (k, name, form, affine)
    assert sorted(os.listdir(folder)) == sorted(f"{k}-{n}" for k in range(4) for n in expected)
print("nibabel agrees")
