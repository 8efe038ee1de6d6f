"""crosstalk render: what a run's volumes give, with and without its run.json, and what other programs' files give."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import running

try:
    import numpy as np
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy
except ImportError as missing:
    running.skip(missing)

X = running.BINARY
SMALL = ["--size", "400x300", "--draft", "--quiet"]


def picture(path):
    reader = vtk.vtkPNGReader()
    reader.SetFileName(path)
    reader.Update()
    image = reader.GetOutput()
    width, height = image.GetDimensions()[:2]
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1].astype(int)
    text = {}
    for i in range(reader.GetNumberOfTextChunks()):
        text[reader.GetTextKey(i)] = reader.GetTextValue(i)
    return pixels, text


def render(*words, status=0):
    return running.call([X, "render", *words], status)


def says(pattern, *words, status=2):
    """Refused, with these words, and nothing is left behind."""
    done = render(*words, status=status)
    if pattern not in done.stderr:
        running.fail("render %s: '%s' is not in: %s" % (" ".join(words), pattern, done.stderr))
    if any(word.startswith(("/bad", "bad")) for word in os.listdir(os.path.dirname(bad))):
        running.fail("render %s left something behind" % " ".join(words))


with running.scratch() as work:
    run, one, bad = (os.path.join(work, name) for name in ("run", "one.png", "bad.png"))
    scene = os.path.join(running.ROOT, "tests/robust/chronic.yaml")
    running.run(scene, run, ["clock.until=120 d", "clock.acute=0 h", "output.volumes.every=60 d", "output.every=60 d",
                             "output.frames=[tissue, f_bone, myokine]", "output.films=[]", "drivers={sessions: 3 1/week}", "events=[]", "output.volumes.nifti=false",
                             "output.views=[{show: [{field: myokine, low: 1}], width: 320, height: 240, draft: true, "
                             "title: A look}, {show: u_adipokine, width: 320, height: 240, draft: true}, "
                             "{show: u_adipokine, width: 320, height: 240, surfaces: cortex, draft: true}]"])

    # the run's own views
    frames = sorted(os.listdir(os.path.join(run, "frames")))
    for name in ("myokine_view", "u_adipokine_view", "u_adipokine_view-2"):
        assert ["%s_%04d.png" % (name, i) in frames for i in range(3)] == [True] * 3, (name, frames)
    pixels, text = picture(os.path.join(run, "frames", "myokine_view_0002.png"))
    assert pixels.shape[:2] == (240, 320) and text["Title"] == "A look" and text["Time"] == "120 d", text
    assert text["Command"].startswith("crosstalk run ") and text["Scene file"] == scene and text["Source"], text
    assert json.loads(text["Request"])["title"] == "A look", text
    assert text["Field"].startswith("myokine 1 to ") and "orthographic" in text["Camera"], text
    assert json.load(open(os.path.join(run, "run.json")))["scene"]["output"]["views"][0]["show"][0]["field"] == "myokine"

    # limits found on the device are those of the values: 16^3 cells are all looked at
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName(os.path.join(run, "volumes", "volume_0000.vti"))
    reader.Update()
    exposure = vtk_to_numpy(reader.GetOutput().GetCellData().GetArray("u_adipokine [1]"))
    _, text = picture(os.path.join(run, "frames", "u_adipokine_view_0000.png"))
    high = float(text["Field"].split()[3])
    assert abs(high / np.percentile(exposure, 99.5) - 1) < 0.03, (text["Field"], np.percentile(exposure, 99.5))

    # bare: a view of each time, with the scene's look; again only with --force
    render(run, "--quiet")
    made = sorted(os.listdir(os.path.join(run, "render")))
    assert made == ["myokine_view_%04d.png" % i for i in range(3)], made
    a, text = picture(os.path.join(run, "render", made[2]))
    assert text["Title"] == "A look" and a.shape == pixels.shape, text
    says("is there already", run, status=4)
    before = open(os.path.join(run, "render", made[0]), "rb").read()
    render(run, "--quiet", "--force")
    assert open(os.path.join(run, "render", made[0]), "rb").read() == before, "two runs differ"

    # a film, an orbit, slices, 16 bits
    film = os.path.join(work, "turn.apng")
    render(run, "--orbit", "6", "--show", "u_adipokine", "-o", film, *SMALL)
    data = open(film, "rb").read()
    assert data.count(b"fcTL") == 6 and b"acTL" in data
    slices = os.path.join(work, "slices")
    render(run, "--slice", "z=0.5", "--slice", "x=6mm", "--show", "tissue", "--show", "f_bone", "--time", "last", "-o",
           slices, "--depth", "16", "--quiet")
    names = sorted(os.listdir(slices))
    assert names == ["f_bone_x6_0002.png", "f_bone_z8_0002.png", "tissue_x6_0002.png", "tissue_z8_0002.png"], names
    assert open(os.path.join(slices, names[0]), "rb").read()[24] == 16
    _, text = picture(os.path.join(slices, names[0]))
    assert text["Time"] == "120 d" and text["Field"] == "f_bone", text

    # the same pictures as the run's own frames, to the bit
    same = os.path.join(work, "same")
    render(run, "--slice", "z", "--show", "tissue", "--show", "f_bone", "--show", "myokine", "-o", same, "--quiet")
    for name in sorted(os.listdir(same)):
        (ours, text), (theirs, said) = (picture(os.path.join(of, name)) for of in (same, os.path.join(run, "frames")))
        assert (ours.shape == theirs.shape and (ours == theirs).all()), "%s is not the run's frame" % name
        for key in ("Title", "Description", "Scene file", "Time", "Field", "Limits", "Comment", "Source"):
            assert text.get(key) == said.get(key), (name, key, text, said)
        assert text["Command"].startswith("crosstalk render %s --slice z --show" % run), text

    # a file of a run has the run's names and age
    for name in ("volumes.pvd", os.path.join("volumes", "volume_0002.vti")):
        render(os.path.join(run, name), "--time", "last", "--slice", "z", "--show", "f_bone", "-o", one, "--force", "--quiet")
        assert (picture(one)[0] == picture(os.path.join(same, "f_bone_z8_0002.png"))[0]).all(), name

    # times
    says("expected a time", run, "--time", "60", "-o", bad)
    done = render(run, "--time", "70 d", "-o", one, "--force", *SMALL[:-1])
    assert "nearest to '70 d'" in done.stderr and "day 60" in done.stderr, done.stderr
    _, text = picture(one)
    assert text["Time"] == "60 d", text
    render(run, "--time", "age 75.3 y", "-o", one, "--force", *SMALL)

    # what makes no sense says so, and leaves nothing
    out = ("-o", bad)
    says("did you mean 'myokine'", run, "--show", "myokin", *out)
    says("myokine, f_bone", run, "--show", "zzzzzzzz", *out)
    says("did you mean 'muscle'", run, "--surface", "muscel", *out)
    says("muscle, ", run, "--surface", "zzzzzzzz", *out)
    says("glacier, balance", run, "--map", "zzzzzzzz", "--show", "myokine", *out)
    says("above its low one", run, "--time", "last", "--show", "myokine", "--low", "5", "--high", "5", *out)
    says("above 0", run, "--time", "last", "--show", "myokine:-1..10:log", *out)
    says("expected limits", run, "--show", "myokine:a..b", *out)
    says("expected limits", run, "--show", "myokine:nan..1", *out)
    says("must rise", run, "--show", "myokine:0.5=1,0.2=0", *out)
    says("is neither limits", run, "--show", "myokine:blue", *out)
    says("--size", run, "--size", "100000x100000", *out)
    says("--zoom", run, "--zoom", "0", *out)
    says("--azimuth", run, "--azimuth", "north", *out)
    says("exclude", run, "--dark", "--light", *out)
    says("--cut", run, "--cut", "w=3", *out)
    says("from 0 to 16 mm", run, "--time", "last", "--cut", "z=40mm", *out)
    says("from 0 to 16 mm", run, "--time", "last", "--slice", "z=40mm", *out)
    says("--orbit is for views", run, "--slice", "z", "--orbit", "4", *out)
    says("not as .gif", run, "--time", "last", "-o", os.path.join(work, "bad.gif"))
    says("3 views", run, "--look", "9", *out)
    says("3 pictures do not go into one", run, *out)
    says("expected a time", run, "--time", "noon", *out)
    says("no option '--elevatoin'", run, "--elevatoin", "3")
    says("nothing to see", run, "--show", "tissue", "--surface", "none", "--time", "last", *out)
    says("is not there", os.path.join(work, "nowhere"), status=4)
    says("not a VTK file", scene, status=4)

    # all cut away, all clear: a picture and a word
    done = render(run, "--time", "last", "--cut", "z=0mm", "-o", one, "--force", *SMALL[:-1])
    assert "nothing is to be seen" in done.stderr or "past the volume" in done.stderr, done.stderr

    # a plane across a direction is that across an axis, if it is one; and it has to meet the box
    flat = []
    for plane in ("z=0.5", "0,0,3=0.1mm"):
        render(run, "--slice", plane, "--show", "tissue", "--time", "last", "-o", one, "--force", "--size", "600x600", "--quiet")
        flat.append(picture(one)[0])
    assert flat[0].shape == flat[1].shape, (flat[0].shape, flat[1].shape)
    assert (np.abs(flat[0].astype(int) - flat[1]).max(axis=2) > 40).mean() < 0.02, "oblique"
    says("misses the box", run, "--time", "last", "--slice", "1,1,1=-2000mm", *out)
    says("or a direction such as", run, "--slice", "0,0,0", *out)

    # all of a field beyond its scale: a picture and a word
    done = render(run, "--time", "last", "--show", "myokine", "--low", "1e6", "-o", one, "--force", *SMALL[:-1])
    assert "beyond its scale" in done.stderr, done.stderr

    # views of a run are part of what `check` says it needs
    needs = []
    for views in ("[]", "[myokine]", "[{show: u_myokine, surfaces: [{tissues: cortex, by: adipokine}]}]"):
        found = running.call([X, "check", scene, "--json", "--set", "output.views=" + views], 0)
        needs.append(json.loads(found.stdout)["device_bytes"])
    assert needs[0] < needs[1] < needs[2], needs

    # a run that goes on: no run.json yet, a volume gone; or nothing at all
    cut = os.path.join(work, "cut")
    shutil.copytree(run, cut)
    os.remove(os.path.join(cut, "run.json"))
    os.remove(os.path.join(cut, "volumes", "volume_0001.vti"))
    done = render(cut, "-o", os.path.join(work, "of_cut"), *SMALL[:-1])
    assert "is gone" in done.stderr and "have no names" in done.stderr, done.stderr
    assert len(os.listdir(os.path.join(work, "of_cut"))) == 2
    with open(os.path.join(cut, "volumes", "volume_0000.vti"), "r+b") as file:
        file.truncate(3000)
    says("cut short", cut, "--time", "first", *out, status=4)
    os.remove(os.path.join(cut, "volumes.pvd"))
    says("volumes: {at_end: true}", cut, *out)
    os.mkdir(os.path.join(work, "empty"))
    says("not the folder of a run", os.path.join(work, "empty"), *out)
    with open(os.path.join(cut, "run.json"), "w") as file:
        file.write('{"well_mixed": true}')
    says("well-mixed", cut, *out)

    # other programs' files: the same thing, stored from right to left or from left to right, is the same picture
    shape = (12, 14, 16)  # z, y, x
    z, y, x = np.indices(shape)
    tissue = np.where((x - 5) ** 2 + (y - 7) ** 2 + (z - 6) ** 2 < 22, 2, 0) + np.where((x > 11) & (y > 8), 1, 0)
    heat = (x + 2 * y).astype("float32")
    seen = []
    for flip in (False, True):
        image = vtk.vtkImageData()
        image.SetDimensions(17, 15, 13)
        image.SetOrigin(16 if flip else 0, 0, 0)
        if flip:
            image.SetDirectionMatrix(-1, 0, 0, 0, 1, 0, 0, 0, 1)
        for name, values in (("label", tissue.astype("uint8")), ("heat (K)", heat)):
            array = numpy_to_vtk(np.ascontiguousarray(values[:, :, ::-1] if flip else values).ravel(), deep=True)
            array.SetName(name)
            image.GetCellData().AddArray(array)
        path = os.path.join(work, "other.vti")
        writer = vtk.vtkXMLImageDataWriter()
        writer.SetInputData(image)
        writer.SetFileName(path)
        writer.Write()
        render(path, "-o", one, "--force", "--azimuth", "20", "--roll", "10", *SMALL)
        seen.append(picture(one)[0])
    assert np.abs(seen[0] - seen[0].mean()).mean() > 3, "blank"
    assert np.abs(seen[0] - seen[1]).mean() < 0.5, np.abs(seen[0] - seen[1]).mean()
    # silhouettes of balls: areas as the squares of their radii
    z, y, x = np.indices((40, 40, 40)) - 19.5
    radius = np.sqrt(x**2 + y**2 + z**2)
    balls = vtk.vtkImageData()
    balls.SetDimensions(41, 41, 41)
    array = numpy_to_vtk(((radius < 18).astype("uint8") + (radius < 9)).ravel(), deep=True)
    array.SetName("label")
    balls.GetCellData().AddArray(array)
    path = os.path.join(work, "balls.vti")
    writer.SetFileName(path)
    writer.SetInputData(balls)
    writer.Write()
    area = {}
    for name in ("body", "label_2"):
        render(path, "--show", "tissue", "--surface", name + ":1:#00ff00", "-o", one, "--force", "--size", "800x600",
               "--quiet")
        inside = picture(one)[0][:, :600]  # without the legend
        area[name] = np.count_nonzero((inside[:, :, 1] > 60) & (inside[:, :, 0] < inside[:, :, 1] / 2))
    assert abs(area["body"] / area["label_2"] / 4 - 1) < 0.07, area  # labels are smoothed: the smaller ball shrinks more

    writer.SetInputData(image)
    array = numpy_to_vtk(np.full(16 * 14 * 12, np.nan, "float32"), deep=True)
    array.SetName("nothing")
    image.GetCellData().AddArray(array)
    writer.Write()
    done = render(path, "-o", one, "--force", "--show", "nothing", *SMALL[:-1])
    assert "no value anywhere" in done.stderr, done.stderr
print("rendered")
