"""Films that a scene asks for: all their pictures, exactly; what goes wrong is a warning and leaves nothing half-made;
many pictures take no more memory than few."""
import glob
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "draw"))
import read_apng
import running

SCENE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chronic.yaml")
SHORT = ["clock.until='60 d'", "clock.acute='0 h'", "events=[]", "output.volumes=~", "output.every='30 d'",
         "drivers.bout_start=none", "output.frames=[{show: tissue, pixels: 200}, {show: f_bone, pixels: 240}]"]


def expect(condition, what):
    if not condition:
        running.fail(what)


def pictures_of(out, series):
    return sorted(glob.glob(os.path.join(out, "frames", series + "_*.png")))


def probe(path):
    done = running.call(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
                         "stream=width,height,nb_read_frames,avg_frame_rate", "-of", "json", path])
    return json.loads(done.stdout)["streams"][0]


def whole(folder):
    """Own clock, several formats and curves; two films of the same pictures; again with --force to the same bytes."""
    out = os.path.join(folder, "whole")
    formats = "[apng, mp4, webm]" if shutil.which("ffmpeg") and shutil.which("ffprobe") else "[apng]"
    films = "output.films=[{of: f_bone, every: 10 d, formats: %s, rate: 5, hold_first: 0 s, hold_last: 1 s, curve: " \
            "[trabecular_bone, plasma_osteokine]}, {of: f_bone, width: 200}, tissue]" % formats
    running.run(SCENE, out, SHORT + [films])
    expect(len(pictures_of(out, "f_bone_z8")) == 7 and len(pictures_of(out, "tissue_z8")) == 3, "other pictures")
    numbers = [os.path.basename(path)[-8:-4] for path in pictures_of(out, "tissue_z8")]
    expect(numbers == ["0000", "0003", "0006"], "pictures of one moment have one number: %s" % numbers)
    film = os.path.join(out, "films", "f_bone_z8.apng")
    about, shown = read_apng.read(film)
    shown = list(shown)
    expect(about["delay"] == 6 * [0.2] + [1.2], "delays %s" % about["delay"])
    for path, picture in zip(pictures_of(out, "f_bone_z8"), shown):
        width, height, rows = read_apng.still(path)
        expect(picture[:len(rows)] == rows and about["width"] == width and about["height"] > height, path)
    if len(formats) > 6:
        for kind, frames in (("mp4", 12), ("webm", 12)):
            seen = probe(film.replace("apng", kind))
            expect((seen["nb_read_frames"], seen["avg_frame_rate"]) == (str(frames), "5/1"), "%s: %s" % (kind, seen))
            expect(seen["width"] == about["width"] and seen["height"] == about["height"] + about["height"] % 2, "size")
    expect(read_apng.read(film.replace(".apng", "-2.apng"))[0]["width"] == 200, "the second film of the pictures")
    expect(read_apng.read(film.replace("f_bone", "tissue"))[0]["frames"] == 3, "the film of the tissues")
    with open(film, "rb") as file:
        before = file.read()
    running.run(SCENE, out, SHORT + [films.replace(", tissue]", "]")], options=["--force"])
    with open(film, "rb") as file:
        expect(before == file.read(), "other bytes in a second run")
    expect(not os.path.exists(film.replace("f_bone", "tissue")), "a film of the run before is left")


def in_trouble(folder):
    """An ffmpeg that dies is a warning: the run is done, its pictures and the other film are there."""
    out = os.path.join(folder, "trouble")
    tools = os.path.join(folder, "tools")
    os.mkdir(tools)
    with open(os.path.join(tools, "ffmpeg"), "w") as file:
        file.write("#!/bin/sh\necho 'Unknown encoder' >&2\nexit 1\n")
    os.chmod(os.path.join(tools, "ffmpeg"), 0o755)
    path = tools + ":" + os.environ["PATH"]
    running.run(SCENE, out, SHORT + ["output.films=[{of: f_bone, formats: [mp4]}, tissue]"],
                env=running.environment(PATH=path))
    said = " ".join(running.record(out)["warnings"])
    expect("f_bone_z8.mp4: ffmpeg failed with status 1: Unknown encoder" in said, "warnings: " + said)
    expect(os.listdir(os.path.join(out, "films")) == ["tissue_z8.apng"], "films %s" % os.listdir(os.path.join(out, "films")))
    # without any, nothing is begun
    done = running.run(SCENE, os.path.join(folder, "none"), SHORT + ["output.films=[{of: f_bone, formats: [mp4]}]"],
                       status=4, env=running.environment(PATH=folder))
    expect("package is called ffmpeg" in done.stderr and "output.films" in done.stderr, done.stderr)
    expect(not os.path.exists(os.path.join(folder, "none")), "a folder was made all the same")
    # what is not shown has no film, and that is said; a name that means nothing is an error
    running.run(SCENE, out, SHORT + ["output.films=[myokine, {of: tissue, which: 2}]"], options=["--force"])
    said = " ".join(running.record(out)["warnings"])
    expect("no film of myokine: output.frames does not show it" in said, "warnings: " + said)
    expect("no film of tissue: output.frames does not show it so many times" in said, "warnings: " + said)
    for films, message in (("[f_bon]", "did you mean 'f_bone'?"),                            ("[{of: tissue, formats: [gif]}]", "expected apng, mp4 or webm, found 'gif'"),
                           ("[{of: tissue, curve: [muscle]}]", "no read-out 'muscle'"),
                           ("[{of: tissue, rate: 0}]", "expected more than 0")):
        done = running.call([running.BINARY, "check", SCENE, "--set", "output.films=" + films], status=2)
        expect(message in done.stderr, "'%s' is not in: %s" % (message, done.stderr))


def peak(out, days):
    """MiB that a run with a picture a day needs at most."""
    sets = SHORT + ["clock.until='%d d'" % days, "clock.step='1 d'", "output.every=none", "output.series='30 d'",
                    "output.films=[{of: tissue, every: 1 d, curve: [muscle_mass]}]"]
    process = subprocess.Popen(running.command(SCENE, out, sets), env=running.environment(), stderr=subprocess.DEVNULL)
    status, usage = os.wait4(process.pid, 0)[1:]
    process.returncode = status
    expect(status == 0, "a run of %d pictures ended with %d" % (days, status))
    expect(read_apng.read(os.path.join(out, "films", "tissue_z8.apng"))[0]["frames"] == days + 1, "pictures")
    return usage.ru_maxrss / 1024


with running.scratch() as folder:
    whole(folder)
    in_trouble(folder)
    # A compiler that must run needs hundreds of MiB, now and then; the least of a few runs is the program's own.
    few, many = peak(os.path.join(folder, "few"), 30), peak(os.path.join(folder, "many"), 240)
    for again in range(2):
        if many - few < 24:
            break
        many = min(many, peak(os.path.join(folder, "many%d" % again), 240))
    print("31 pictures: %.0f MiB, 241: %.0f MiB" % (few, many))
    expect(many - few < 24, "memory grows with the pictures: %.0f MiB, %.0f MiB" % (few, many))
    expect(not running.leftovers(folder), "left: %s" % running.leftovers(folder))
