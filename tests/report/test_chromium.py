"""The harness itself sees what the other page tests rely on: WebGL2 draws, errors and requests are caught, input
arrives, media and sizes are followed. A harness that misses errors would pass everything."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
from chromium import running  # noqa: E402

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>harness</title>
<style>body{margin:0;background:#fff} @media (prefers-color-scheme: dark){body{background:#000}}</style>
<canvas id="gl" width="200" height="100" tabindex="0"></canvas>
<input id="slider" type="range" min="0" max="10" value="0">
<script>
const gl = document.getElementById('gl').getContext('webgl2', {preserveDrawingBuffer: true});
function paint(r, g, b) { gl.clearColor(r, g, b, 1); gl.clear(gl.COLOR_BUFFER_BIT); }
paint(1, 0, 0);
let seen = [];
document.getElementById('gl').addEventListener('pointermove', event => event.buttons && seen.push('drag'));
document.getElementById('gl').addEventListener('keydown', event => seen.push(event.key));
document.getElementById('gl').addEventListener('wheel', event => seen.push('wheel'));
document.getElementById('slider').addEventListener('input', event => seen.push('slider' + event.target.value));
</script>"""


def expect(condition, what):
    if not condition:
        running.fail(what)


def main():
    with running.scratch() as folder:
        path = os.path.join(folder, "page.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PAGE)
        with chromium.browser() as page:
            page.open(path)
            expect(page.js("gl !== null"), "no WebGL2")
            red = page.pixels("#gl")
            expect(red.shape == (100, 200, 3) and (red == [255, 0, 0]).all(), "the canvas is not red")
            page.js("paint(0, 0, 1)")
            expect(chromium.changed(red, page.pixels("#gl")) == 1, "the canvas is not repainted")
            page.drag("#gl", 30, 10)
            page.wheel("#gl", 100)
            page.focus("#gl")
            page.key("ArrowLeft", 2)
            page.key("a")
            page.choose("#slider", 7)
            page.wait("seen.includes('wheel')")
            seen = page.js("seen")
            for what in ("drag", "wheel", "ArrowLeft", "a", "slider7"):
                expect(what in seen, "%s did not arrive: %s" % (what, seen))
            page.media(dark=True)
            expect((page.pixels()[-1, -1] == 0).all(), "the page is not dark")
            page.size(*chromium.PHONE)
            expect(page.js("innerWidth") == 390 and page.js("devicePixelRatio") == 2, "not the size of a phone")
            page.check()
            page.js("setTimeout(() => { throw new Error('on purpose'); }, 0)")
            page.js("new Promise(done => setTimeout(done, 50))")
            expect(page.problems()[0], "an exception is missed")
            page.js("console.error('on purpose')")
            expect(page.problems()[0], "console.error is missed")
            page.js("fetch('https://example.org/leak').catch(() => 0)")
            expect(page.problems()[1] == ["https://example.org/leak"], "a request that leaves the page is missed")


main()
