"""The live page in a real Chromium: it follows a run that goes on, keeps what its reader chose, hears how the run ended, and
says when a run is no longer there."""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
from reporting import expect, running  # noqa: E402
from watching import Run  # noqa: E402

SCENE = os.path.join(running.ROOT, "tests", "robust", "chronic.yaml")
ENDLESS = ["geometry.spacing='2 mm'", "subject.age='20 y'", "clock.until='90 y'", "clock.step='1 d'", "clock.acute='0 h'", "events=[]", "output.series='20 d'",
           "output.every='20 d'", "output.views=[]", "output.films=[]",
           "output.frames=[{show: tissue, pixels: 200}, {show: f_bone, pixels: 200}]",
           "output.volumes={every: 200 d, fields: [tissue, myokine]}"]
RUN = "crosstalk.data.runs[0]"
BUTTON = "document.querySelector('#curves .legend button')"
CURVE = "(curve => curve && curve.getAttribute('d'))(document.querySelector('#curves .chart .curve'))"
PICTURE = "document.querySelector('#slices .picture img')"
LOADED = "(img => img.complete && img.naturalWidth > 0 && img.src.includes('/frames/'))(" + PICTURE + ")"
VIEW = "document.querySelector('.space').parentElement.crosstalkSpace.view()"
ICON = "/favicon.ico"  # Chromium asks for it, and gets none


def begin(page, out):
    """A page that follows a run; before the run's first record the answer is a message, and the browser asks again."""
    run = Run(running.command(SCENE, out, sets=ENDLESS, options=["--watch", "--threads", "1"]))
    page.allowed = ["503", ICON]
    page.open(run.address)
    page.wait("window.crosstalk && crosstalk.data && %s.films.length > 0 && %s" % (RUN, BUTTON), 120)
    return run


def grows(page):
    expect(page.js(RUN + ".verdict.state") == "running", "the page does not say that the run goes on")
    said = page.js("document.querySelector('.verdict').innerText")
    expect(re.search(r"going on\. (Year \d+ of 90|Day \d+ of 90 years|\d+ h of 90 years), \d+\s%\.", said.replace("\u202f", "")),
           "no progress: " + said)
    expect(page.js("document.querySelectorAll('script[id]').length") <= 1, "a live page carries files in it")
    page.wait("Number(document.getElementById('slice-time').max) > 0", 120)  # a reader of the newest goes on with the newest
    page.wait(LOADED)
    page.click("#curves .legend button:last-child")
    page.choose("#slices input[type=range]", 0)
    before = page.js("""{window.kept = [document.querySelector('#curves svg[role=img]'), %s.getAttribute('src').split('?')[0]];
        return [%s.series.rows, %s, %s.films[0].pictures.at(-1).number];}""" % (PICTURE, RUN, CURVE, RUN))
    page.wait("%s.series.rows > arguments[0] && %s !== arguments[1] && %s.films[0].pictures.at(-1).number > arguments[2]"
              % (RUN, CURVE, RUN), 120, *before)
    expect(page.js("kept[0] === document.querySelector('#curves svg[role=img]')"), "an update makes another chart")
    expect(page.js("kept[1] === %s.getAttribute('src').split('?')[0]" % PICTURE), "an update takes the reader's picture away")
    expect(page.js("document.querySelector('#curves .legend button:last-child').ariaPressed") == "false",
           "an update forgets what was hidden")


def turns(page):
    page.wait("document.querySelector('.space-canvas')", 120)
    page.box(".space-canvas")
    page.wait("(v => v && (v.setQuality(1, 3e4), true))(%s)" % VIEW, 60)
    page.wait("document.querySelector('.space-canvas').dataset.state === 'still'", 60)
    when = page.js("document.querySelector('.space-title').textContent")
    page.wait("document.querySelector('.space-title').textContent !== arguments[0]", 120, when)  # the newest volume


def ends(page, run):
    run.process.send_signal(signal.SIGINT)
    page.wait("document.querySelector('.verdict').innerText.includes('This run was stopped')", 60)
    run.end(75)
    with open(os.path.join(run.out, "volumes.pvd"), encoding="utf-8") as file:
        volume = float(re.findall(r'timestep="([^"]+)"', file.read())[-1])
    page.wait("document.querySelector('.space-title').textContent.endsWith(crosstalk.time(arguments[0]))", 30, volume)
    expect(not page.js("document.querySelector('.space-late')"), "the last volumes are said to be missing")
    truth = running.series(run.out)
    last = page.js("[%s.series.columns[0].values.at(-1), %s.record.status, document.getElementById('lost').hidden]" % (RUN, RUN))
    expect(last == [truth[-1]["time [d]"], "stopped", True], "it ends with %s, not day %g" % (last, truth[-1]["time [d]"]))
    page.collect()
    outside = [url for url in page.requests if not url.startswith((run.address, "data:", "blob:", "chrome:", "about:"))
               and not url.endswith(ICON)]
    expect(not outside, "requests went elsewhere: %s" % outside)
    page.check()


def dies(page, run):
    run.process.kill()  # it had no time to say that it ends
    run.end(-signal.SIGKILL)
    page.allowed += ["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"]
    page.wait("!document.getElementById('lost').hidden", 60)
    page.js("crosstalk.space(document.querySelector('.space-run').lastChild, {version: 'another', from: 'space.json'})")
    page.wait("document.querySelector('.space-late')", 10)  # newer volumes, and nobody who gives them
    if os.environ.get("SHOW"):
        page.screenshot(os.environ["SHOW"], whole=True)


with chromium.browser(900, 420) as page, running.scratch() as folder:
    first = begin(page, os.path.join(folder, "first"))
    first.out = os.path.join(folder, "first")
    try:
        grows(page)
        turns(page)
        ends(page, first)
    finally:
        first.process.kill()
    second = begin(page, os.path.join(folder, "second"))
    try:
        dies(page, second)
    finally:
        second.process.kill()
