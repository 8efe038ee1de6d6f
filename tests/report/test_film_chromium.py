"""A film as Chromium decodes it: every picture, pixel by pixel, and how long it stays."""
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "draw"))
import chromium  # noqa: E402
import read_apng  # noqa: E402
from chromium import running  # noqa: E402

SETS = ["geometry.spacing='8 mm'", "geometry.length='16 mm'", "clock.until='4 y'", "output.every='2 y'",
        "output.frames=[{show: f_fat, pixels: 320}]", "output.volumes=~",
        "output.films=[{of: f_fat, every: 1 y, rate: 4, curve: [muscle_mass, imat_percent]}]"]

DECODE = """return (async text => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const decoder = new ImageDecoder({data: bytes, type: 'image/png'});
    await decoder.tracks.ready;
    await decoder.completed;
    const track = decoder.tracks.selectedTrack, found = [];
    for (let i = 0; i < track.frameCount; i++) {
        const {image} = await decoder.decode({frameIndex: i});
        const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight), pen = canvas.getContext('2d');
        pen.drawImage(image, 0, 0);
        const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        let packed = '';
        for (let k = 0; k < data.length; k += 4) packed += String.fromCharCode(data[k], data[k + 1], data[k + 2]);
        found.push([canvas.width, canvas.height, image.duration, btoa(packed)]);
        image.close();
    }
    return [track.animated, track.repetitionCount === Infinity, found];
})(arguments[0]);"""

with running.scratch() as folder, chromium.browser() as page:
    out = os.path.join(folder, "out")
    running.run("scenes/thigh.yaml", out, SETS)
    film = os.path.join(out, "films", "f_fat_z1.apng")
    about, pictures = read_apng.read(film)
    blank = os.path.join(folder, "blank.html")
    with open(blank, "w", encoding="utf-8") as file:
        file.write("<!doctype html><meta charset='utf-8'><link rel='icon' href='data:,'><title>film</title>")
    page.open(blank)
    with open(film, "rb") as file:
        animated, for_ever, found = page.js(DECODE, base64.b64encode(file.read()).decode())
    if not animated or not for_ever or len(found) != about["frames"] or len(found) != 5:
        running.fail("animated %s, for ever %s, %d pictures" % (animated, for_ever, len(found)))
    for number, ((width, height, duration, packed), expected) in enumerate(zip(found, pictures)):
        if (width, height) != (about["width"], about["height"]):
            running.fail("picture %d is %d x %d" % (number, width, height))
        if base64.b64decode(packed) != expected:
            running.fail("picture %d is another in Chromium" % number)
        if abs(duration / 1e6 - about["delay"][number]) > 1e-3:
            running.fail("picture %d stays %g s instead of %g" % (number, duration / 1e6, about["delay"][number]))
    running.call([running.BINARY, "report", out, "--force"])
    page.open(os.path.join(out, "report.html"))
    kept = page.js("return ['width', 'height'].map(name => Number(document.querySelector('.movie img').getAttribute(name)))")
    if kept != [about["width"], about["height"]]:
        running.fail("the page keeps %s free for a film of %d x %d" % (kept, about["width"], about["height"]))
