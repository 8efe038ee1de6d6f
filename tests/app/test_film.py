"""crosstalk film: what it makes, what it says, and that nothing is overwritten unasked."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "draw"))
import read_apng
import running

SETS = ["geometry.spacing='8 mm'", "geometry.length='16 mm'", "clock.until='3 y'", "output.every='1 y'",
        "output.frames=[{show: tissue, pixels: 320}, {show: f_fat, pixels: 300}, {show: f_fat, axis: x, pixels: 300}]",
        "output.volumes.at_end=false", "output.volumes.every=none"]


def film(*words, status=0):
    return running.call([running.BINARY, "film", *words], status).stderr


def expect(condition, what):
    if not condition:
        running.fail(what)


def tell(what, said):
    expect(what in said, "'%s' is not in: %s" % (what, said))


with running.scratch() as folder:
    out = os.path.join(folder, "out")
    running.run("scenes/thigh.yaml", out, SETS)
    tell("a film of which pictures? There are f_fat_x", film(out, status=2))
    tell("f_fat_z", film(out, "--of", "f_fat", status=2))
    tell("did you mean 'tissue_z1'?", film(out, "--of", "tissue_z7", status=2))
    tell("no column 'muscle_mas'; did you mean 'muscle_mass'?", film(out, "--of", "tissue", "--curve", "muscle_mas", status=2))
    tell("a film's name ends in", film(out, "--of", "tissue", "-o", os.path.join(folder, "a.gif"), status=2))
    tell("expected a number from 0.01 to 120, found '0'", film(out, "--of", "tissue", "--rate", "0", status=2))
    tell("more than 4 read-outs", film(out, "--of", "tissue", "--curve", "a,b,c,d,e", status=2))
    tell("is no folder", film(os.path.join(folder, "none"), status=4))
    expect(not running.leftovers(folder), "something is left: %s" % running.leftovers(folder))

    made = os.path.join(out, "films", "tissue_z1.apng")
    tell("4 pictures", film(out, "--of", "tissue", "--curve", "muscle_mass,imat_percent"))
    about, pictures = read_apng.read(made)
    pictures = list(pictures)
    expect(len(pictures) == 4 and about["delay"][0] == 1.125, "the film is %s" % about)
    expect(about["text"]["Source"] == "frames/tissue_z1_*.png, 4 pictures, 8 a second", about["text"])
    for number, shown in enumerate(pictures):  # above the curves: exactly the pictures of the run
        width, height, rows = read_apng.still(os.path.join(out, "frames", "tissue_z1_%04d.png" % number))
        expect(width == about["width"] and height < about["height"], "sizes")
        expect(shown[:3 * width * height] == rows, "picture %d of the film is another" % number)
    tell("is there already; --force replaces it", film(out, "--of", "tissue", status=4))
    film(out, "--of", "tissue", "--force", "--width", "200")
    expect(read_apng.read(made)[0]["width"] == 200, "--width, --force")

    alone = dict(os.environ, PATH=folder)
    said = subprocess.run([os.path.abspath(running.BINARY), "film", out, "--of", "tissue", "-o", os.path.join(folder, "a.mp4")],
                          capture_output=True, text=True, env=alone)
    expect(said.returncode == 4, "without ffmpeg: status %d" % said.returncode)
    tell("package is called ffmpeg", said.stderr)
    tell(".apng", said.stderr)
    if shutil.which("ffmpeg"):
        film(out, "--of", "tissue", "-o", os.path.join(folder, "a.webm"))
        expect(os.path.getsize(os.path.join(folder, "a.webm")) > 1000, "an empty film")
    expect(not running.leftovers(folder), "something is left: %s" % running.leftovers(folder))
