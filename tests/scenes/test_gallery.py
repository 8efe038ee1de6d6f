"""A picture of the gallery comes out again: by the command that stands beside it, from the same scene on a coarser grid and
for a day instead of a year (the fields are steady), it looks the same. Every picture shown is there, and small."""
import os
import re
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import running

try:
    import numpy as np
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy
except ImportError as missing:
    running.skip(missing)

PICTURE = "interface_surfaces"
PICTURES = os.path.join(running.ROOT, "scenes", "pictures")


def oklab(path):
    """B. Ottosson, "A perceptual color space for image processing", 2020."""
    reader = vtk.vtkPNGReader()
    reader.SetFileName(path)
    reader.Update()
    image = reader.GetOutput()
    width, height = image.GetDimensions()[:2]
    srgb = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[:, :, :3] / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(linear @ np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                                     [0.0883024619, 0.2817188376, 0.6299787005]]).T)
    return lms @ np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                           [0.0259040371, 0.7827717662, -0.8086757660]]).T


def blurred(picture, reach=6):
    sums = np.pad(picture, ((reach + 1, reach), (reach + 1, reach), (0, 0)), mode="edge").cumsum(0).cumsum(1)
    size = 2 * reach + 1
    return (sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2


def difference(one, other):
    """Mean distance in OKLab of the blurred pictures: black to white is 1, a step that is just seen about 0.02."""
    return float(np.sqrt(((blurred(one) - blurred(other)) ** 2).sum(2)).mean())


text = open(os.path.join(running.ROOT, "scenes", "README.md"), encoding="utf-8").read()
for page in (text, open(os.path.join(running.ROOT, "README.md"), encoding="utf-8").read()):
    for name in re.findall(r"pictures/(\w+\.a?png)", page):
        path = os.path.join(PICTURES, name)
        assert os.path.isfile(path), name + " is shown but not there"
        assert os.path.getsize(path) <= 300 * 1024, "%s has %d bytes" % (name, os.path.getsize(path))

# the command: the line that writes the picture, with the options that follow
found = re.search(r"crosstalk (render out/\w+ (?:[^\n]|\\\n)*-o %s\.png)" % PICTURE, text)
assert found, "no command makes " + PICTURE
words = shlex.split(found.group(1).replace("\\\n", " "))

with running.scratch() as work:
    out, again, wrong = (os.path.join(work, name) for name in ("run", "again.png", "wrong.png"))
    running.run(os.path.join(running.ROOT, "scenes", "interface.yaml"), out,
                ["geometry.spacing=0.15 mm", "clock.until=1 d", "output.frames=[]"])
    words[words.index("render") + 1] = out
    words[-1] = again
    running.call([running.BINARY, *words, "--quiet"])
    kept = oklab(os.path.join(PICTURES, PICTURE + ".png"))
    same = difference(kept, oklab(again))
    words[-1] = wrong
    words[words.index("--azimuth") + 1] = "60"
    running.call([running.BINARY, *words, "--quiet"])
    other = difference(kept, oklab(wrong))
    print("%s: %.4f again, %.4f from another side" % (PICTURE, same, other))
    assert same < 0.012, same
    assert other > 2.5 * same, (same, other)  # the measure sees what should not pass
