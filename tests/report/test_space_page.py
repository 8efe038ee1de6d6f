"""The view in space in a real Chromium: it draws, and what it paints has the colours of the bar; it turns by mouse, touch and
keys and comes back to the same pixels; cut, field, time, opacity and glow show; nothing is drawn while nothing changes; it
survives a lost context, goes onto paper, takes newer data, and without WebGL2 says so and shows a slice."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
from chromium import changed, running  # noqa: E402

CANVAS = ".space-canvas"
STILL = "(c => c && c.dataset.state === 'still')(document.querySelector('.space-canvas'))"
VIEW = "document.querySelector('.space').parentElement.crosstalkSpace"
SCENE = [
    "geometry={spheres: {layers: [{tissue: marrow, radius: 3 mm}, {tissue: cortex, radius: 6 mm}, {tissue: muscle}], "
    "box: 24 mm}, spacing: 1 mm}",
    "clock.until='4 y'", "output={every: 4 y, frames: [tissue, myokine, f_bone], volumes: {every: 2 y}}",
]


def expect(condition, what):
    if not condition:
        running.fail(what)


def still(page):
    page.wait("new Promise(done => setTimeout(() => done(true), 30))")
    page.wait(STILL, 60)


def seen(page):
    still(page)
    page.js("document.activeElement.blur()")  # the ring around what has the focus is no part of the picture
    return page.pixels(CANVAS)


def differs(page, before, what, least=0.004):
    now = seen(page)
    share = changed(before, now)
    expect(share > least, "%s changes only %.2f %% of the pixels" % (what, 100 * share))
    return now


def same(page, before, what):
    share = changed(before, seen(page), 2)
    expect(share < 0.001, "%s: %.2f %% of the pixels are others" % (what, 100 * share))


def quick(page):
    """One coarse frame instead of the mean of several fine ones: enough to compare."""
    page.wait("(view => view && (view.setQuality(1, 5e4), true))(%s.view())" % VIEW)


def press(page, name):
    page.js("[...document.querySelectorAll('.space-buttons button')].find(b => b.textContent === arguments[0]).click()", name)


def colours(page):
    """From above, without perspective, each voxel of the upper face has the colour that the bar gives to its value."""
    import numpy
    page.choose(".space-check input", False)
    page.choose("#space select[id$=-cut]", "none")
    page.choose("#space select[id$=-field]", "0")
    press(page, "Top")
    still(page)
    truth = page.js("""return (async () => {
        const view = %s, run = crosstalk.data.runs[0].space, field = run.fields[view.chosen.field], volume = view.volume();
        const codes = await volume.unpack(run.times[view.chosen.time].fields[view.chosen.field]), [nx, ny, nz] = run.dims;
        const hex = run.maps[field.map], [a, b] = volume.scale(field), spots = [];
        for (let y = 2; y < ny; y += 3) for (let x = 2; x < nx; x += 3) {
            const code = codes[((nz - 1) * ny + y) * nx + x], t = Math.min(1, Math.max(0, (code - 1) / 254 * a + b)), i = Math.round(t * 255);
            spots.push([(x + 0.5) / nx - 0.5, (y + 0.5) / ny - 0.5, ...[0, 2, 4].map(k => parseInt(hex.substr(6 * i + k, 2), 16))]);
        }
        const box = document.querySelector('.space-canvas').getBoundingClientRect();
        return {spots, size: run.size_mm, mm: crosstalk.spaceCamera(run).height(view.look.view, box.width / box.height) / box.height};
    })()""" % VIEW)
    shown = page.pixels(CANVAS).astype(int)
    worst, last = 0, shown.shape
    for x, y, *colour in truth["spots"]:
        at = (round(last[0] / 2 - y * truth["size"][1] / truth["mm"]), round(last[1] / 2 + x * truth["size"][0] / truth["mm"]))
        if not (70 < at[0] < last[0] - 90):
            continue  # title, bar and letters lie over it
        worst = max(worst, int(numpy.abs(shown[at] - colour).max()))
    expect(worst <= 4, "a face differs from the colour bar by %d of 255" % worst)
    page.choose(".space-check input", True)
    press(page, "Reset")
    page.choose("#space select[id$=-cut]", "corner")


def hands(page):
    home = seen(page)
    page.drag(CANVAS, 90, 30)
    differs(page, home, "dragging")
    page.drag(CANVAS, -90, -30)
    same(page, home, "dragged back")
    page.focus(CANVAS)
    page.key("ArrowLeft", 2)
    page.key("ArrowDown")
    differs(page, home, "the arrow keys")
    page.focus(CANVAS)
    page.key("ArrowRight", 2)
    page.key("ArrowUp")
    same(page, home, "arrow keys back")
    page.focus(CANVAS)  # else the page scrolls
    page.wheel(CANVAS, -300)
    differs(page, home, "the wheel")
    page.focus(CANVAS)
    page.key("Home")
    same(page, home, "Home")
    said = page.js("document.querySelector('%s').getAttribute('aria-label')" % CANVAS)
    expect("from the left, the back and above" in said and "Means: " in said, "it is described as: " + said)


def controls(page):
    home = seen(page)
    for selector, value, back in [("#space select[id$=-cut]", "0", "corner"), ("#space input[id$=-at]", "0.3", "0.5"),
                                  ("#space select[id$=-field]", "1", "0"), ("#space select[id$=-paint]", "tissue", "field"),
                                  ("#space input[id$=-shown0]", False, True), ("#space input[id$=-time]", "0", "2")]:
        page.choose(selector, value)
        if "field" in selector:  # the words do not wait for the picture
            page.wait("document.querySelector('.space-words').textContent.startsWith(document.querySelector('#space select[id$=-field]')"
                      ".selectedOptions[0].textContent + ' at ') && document.querySelector('.space-words').textContent.startsWith("
                      "document.querySelector('.space-title').textContent.split(' · ')[0])", 5)
        differs(page, home, selector, 0.004)
        if "time" in selector:
            title = page.js("document.querySelector('.space-title').textContent")
            expect("age 25 y" in title, "the title is " + title)
        page.choose(selector, back)
        same(page, home, selector + " and back")
    page.choose("#space select[id$=-paint]", "clear")
    clear = differs(page, home, "clear faces")
    for selector, value in [("#space input[id$=-glow]", "1"), ("#space input[id$=-opacity0]", "0.2"), ("#space select[id$=-field]", "-1")]:
        page.choose(selector, value)
        clear = differs(page, clear, selector)
    rows = page.js("[...document.querySelectorAll('.space-tissues tbody tr')].map(r => r.cells[0].textContent)")
    expect(sorted(rows) == ["Cortex", "Marrow", "Muscle"], "the tissues are %s" % rows)
    page.driver.refresh()
    page.box(CANVAS)
    quick(page)
    same(page, home, "opened again")


def rest(page):
    home = seen(page)
    drawn = page.js("""return new Promise(done => {
        const real = requestAnimationFrame; let count = 0;
        requestAnimationFrame = act => { count++; return real(act); };
        setTimeout(() => { requestAnimationFrame = real; done(count); }, 250);
    })""")
    expect(drawn == 0, "%d pictures are drawn while nothing changes" % drawn)
    page.js("{scrollTo(0, 0); return new Promise(done => setTimeout(done, 100));}")
    page.js("document.dispatchEvent(new Event('visibilitychange'))")
    page.box(CANVAS)
    same(page, home, "scrolled away and back")
    page.js("{window.lose = document.querySelector('%s').getContext('webgl2').getExtension('WEBGL_lose_context'); lose.loseContext();}" % CANVAS)
    page.wait("document.querySelector('%s').dataset.state === 'lost'" % CANVAS)
    page.js("lose.restoreContext()")
    same(page, home, "after a lost context")
    page.js("""{const run = crosstalk.data.runs[0].space, newer = {...run, version: 'newer', times: [...run.times, {...run.times[0], time_d: 1e4, age_y: 52.4}]};
        crosstalk.space(document.querySelector('.space').parentElement, newer); return true;}""")
    still(page)
    expect("age 52.4 y" in page.js("document.querySelector('.space-title').textContent"), "a new time is not followed")


def phone(page):
    page.size(*chromium.PHONE)
    page.box(CANVAS)
    before = seen(page)
    expect(page.js("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone")
    left, top, width, height = page.box(CANVAS)
    x, y = left + width / 2, top + height / 2
    page.touch([(x + 12 * i, y) for i in range(8)])
    after = differs(page, before, "a finger")
    page.touch([(x - 20 - 10 * i, y) for i in range(6)], [(x + 20 + 10 * i, y) for i in range(6)])
    differs(page, after, "two fingers")


PAPER = """return (paper => {
    dispatchEvent(new Event('beforeprint'));
    const bytes = paper.getContext('2d').getImageData(0, 0, paper.width, paper.height).data, mean = bytes.reduce((a, b) => a + b) / bytes.length;
    return {corner: [...bytes.slice(0, 3)], spread: Math.sqrt(bytes.reduce((a, b) => a + (b - mean) ** 2, 0) / bytes.length)};
})(document.querySelector('.space-paper'))"""


def paper(page):
    """Printed before it was looked at, by a reader who likes it dark: the picture is there, on white."""
    page.size(900, 420)
    same_bytes = page.js("""return (async () => {
        const run = crosstalk.data.runs[0].space, volume = %s.volume(), voxels = run.dims.reduce((a, b) => a * b);
        for (const [id, planes] of run.times.flatMap(t => [[t.tissues, run.tissues.length], ...t.fields.map(id => [id, 1])])) {
            const one = await volume.unpack(id), other = crosstalk.inflate(crosstalk.blob(id), voxels * planes);
            if (one.length !== other.length || one.some((b, i) => b !== other[i])) return id;
        }
        return '';
    })()""" % VIEW.replace(".view()", ""))
    expect(same_bytes == "", "unpacked at once, %s is another" % same_bytes)
    never = page.command("Page.addScriptToEvaluateOnNewDocument", source="""window.DecompressionStream = function () {
        return new TransformStream({transform() { return new Promise(() => 0); }}); };""")["identifier"]
    page.media(dark=True)
    page.driver.refresh()
    shown = page.js(PAPER)
    expect(shown["corner"] == [255, 255, 255] and shown["spread"] > 8, "on paper: %s" % shown)
    page.media(printed=True)
    expect(page.js("getComputedStyle(document.querySelector('.space-paper')).display") == "block", "the paper's picture is hidden")
    expect(page.js("getComputedStyle(document.querySelector('.space-panel')).display") == "none", "controls on paper")
    page.media()
    page.command("Page.removeScriptToEvaluateOnNewDocument", identifier=never)


def flat(page):
    page.command("Page.addScriptToEvaluateOnNewDocument", source="""const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) { return kind === 'webgl2' ? null : real.call(this, kind, ...more); };""")
    page.driver.refresh()
    page.box(CANVAS)
    still(page)
    expect("WebGL2" in page.js("document.querySelector('#space .note').textContent"), "no word about WebGL2")
    expect(page.pixels(CANVAS).std() > 8, "no slice instead")


def main():
    chromium.tools()
    with running.scratch() as folder:
        out = os.path.join(folder, "run")
        running.run("scenes/thigh.yaml", out, sets=SCENE)
        path = os.path.join(out, "report.html")
        if not os.path.exists(path):
            running.call([running.BINARY, "report", out])
        with chromium.browser(900, 420) as page:
            page.open(path)
            page.wait("(c => c && (!c.classList.contains('space-empty') || getComputedStyle(c).opacity === '0'))"
                      "(document.querySelector('%s'))" % CANVAS)  # what holds no picture yet is not a black box
            page.box(CANVAS)
            quick(page)
            first = seen(page)
            expect(len({tuple(p) for p in first[::4, ::4].reshape(-1, 3)}) > 200, "the picture is uniform")
            for part in (colours, hands, controls, rest, phone, paper, flat):
                start = time.monotonic()
                part(page)
                print("%s: %.1f s" % (part.__name__, time.monotonic() - start))


main()
