"""The page of a run that goes on, in a real Chromium: it grows, keeps what its reader chose, and ends with the verdict."""
import os
import re
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
from reporting import expect, running  # noqa: E402

BUTTON = "document.querySelector('#curves .legend button')"
SCENE = os.path.join(running.ROOT, "scenes", "thigh.yaml")


def ready(process, address):
    """Wait until there is something to see; before, the server asks its visitor to come again."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=30).read()
            return
        except OSError:
            time.sleep(0.1)


def follow(process, address):
    ready(process, address)
    with chromium.browser() as page:
        page.open(address)
        if process.poll() is not None:
            running.skip("the run was over before Chromium had opened")
        page.wait(BUTTON, 60)
        page.click("#curves .legend button")
        page.js("{window.kept = document.querySelector('#curves svg[role=img]'); return true;}")
        rows = page.js("crosstalk.data.runs[0].series.rows")
        expect(re.search(r"going on. .* of 50, \d+", page.js("document.querySelector('.verdict').innerText")),
            "no progress")
        page.wait("crosstalk.data.runs[0].series.rows > arguments[0]", 60, rows)
        expect(page.js("kept === document.querySelector('#curves svg[role=img]')"), "an update makes another chart")
        expect(page.js(BUTTON + ".ariaPressed") == "false", "an update forgets what was hidden")
        page.wait("document.querySelector('.verdict').innerText.includes(\"This run's numbers hold\")", 120)
        last = page.js("[crosstalk.data.runs[0].series.rows, document.querySelector('#slices .picture img').alt,"
                       " document.querySelector('#slices .picture img').naturalWidth]")
        expect(last[0] == 51 and "age 75 y" in last[1] and last[2] > 0, "it ends with %s" % last)
        expect(page.js(BUTTON + ".ariaPressed") == "false", "the end forgets what was hidden")


def main(folder):
    out = os.path.join(folder, "run")
    words = running.command(SCENE, out, ["geometry.spacing=[3 mm, 3 mm, 10 mm]", "output.every=5 y",
        "output.volumes.every=none"], ["--watch"])
    words.remove("--quiet")
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        env=running.environment())
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+/\w+/", process.stderr.readline())
        expect(found, "no address")
        follow(process, found.group(0))
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    chromium.tools()
    with running.scratch() as scratch:
        main(scratch)
