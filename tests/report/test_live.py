"""The live page in a real Chromium: it follows a run that goes on, and says when the run is no longer there."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
from reporting import expect, running  # noqa: E402
from watching import Run  # noqa: E402

SCENE = os.path.join(running.ROOT, "tests", "robust", "chronic.yaml")
CURVE = "(curve => curve && curve.getAttribute('d'))(document.querySelector('#curves .chart .curve'))"
NEWEST = "crosstalk.data.runs[0].films[0].pictures.at(-1)"

with chromium.browser() as page, running.scratch() as folder:
    out = os.path.join(folder, "out")
    run = Run(running.command(SCENE, out, sets=["clock.until='40 y'", "clock.acute='0 h'", "events=[]", "output.series='10 d'", "output.every='30 d'",
                                                "output.volumes.every='1 y'"], options=["--watch"]))
    page.open(run.address)
    # before the run's first record the answer is a message, which the browser asks for again; it has no icon of ours
    icon = "http://127.0.0.1:%d/favicon.ico" % run.port
    page.allowed = ["503", icon]
    page.wait("window.crosstalk && crosstalk.data && crosstalk.data.runs[0].films.length > 0", 60)
    expect(page.js("crosstalk.data.runs[0].verdict.state") == "running", "the page does not say that the run goes on")
    expect(page.js("document.querySelectorAll('script[id]').length") <= 1, "a live page carries files in it")
    rows, curve, newest = page.js("crosstalk.data.runs[0].series.rows"), page.js(CURVE), page.js(NEWEST)
    page.wait("crosstalk.data.runs[0].series.rows > arguments[0]", 60, rows)
    page.wait(CURVE + " !== arguments[0]", 60, curve)
    page.wait(NEWEST + ".number > arguments[0]", 60, newest["number"])
    page.box("#slices .picture img")
    page.wait("(img => img.complete && img.naturalWidth > 0 && img.src.includes('/frames/'))"
              "(document.querySelector('#slices .picture img'))")
    page.choose("#slices input[type=range]", 0)
    kept = page.js("document.querySelector('#slices .picture img').getAttribute('src')")
    rows = page.js("crosstalk.data.runs[0].series.rows")
    page.wait("crosstalk.data.runs[0].series.rows > arguments[0]", 60, rows)
    expect(page.js("document.querySelector('#slices .picture img').getAttribute('src')").split("?")[0] == kept.split("?")[0],
           "a newer state takes the reader's picture away")
    page.wait("document.querySelector('.space-canvas')", 60)
    page.box(".space-canvas")
    page.wait("document.querySelector('.space-canvas').dataset.state === 'still'", 60)
    when = page.js("document.querySelector('.space-title').textContent")
    page.wait("document.querySelector('.space-title').textContent !== arguments[0]", 60, when)  # the newest volume
    page.collect()
    outside = [url for url in page.requests if not url.startswith((run.address, icon, "data:", "blob:", "chrome:", "about:"))]
    expect(not outside, "requests went elsewhere: %s" % outside)
    page.check()
    run.process.kill()  # it had no time to say that it ends
    run.end(-signal.SIGKILL)
    page.allowed = ["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"]
    page.wait("!document.getElementById('lost').hidden", 30)
    if os.environ.get("SHOW"):
        page.screenshot(os.environ["SHOW"], whole=True)
