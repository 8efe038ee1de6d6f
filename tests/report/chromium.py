"""Pages in a real Chromium, without a display, a GPU or a network.

    with chromium.browser() as page:          # skips the test (77) where there is no Chromium
        page.open(path)                       # file://; or http://127.0.0.1:... in tests of the live view
        page.wait("window.ready")             # until the expression is true
        page.drag("canvas", 60, 0); page.key("ArrowLeft"); page.wheel("canvas", -240)
        before = page.pixels("canvas")        # what is on the screen there: numpy [height, width, 3]
        page.size(*chromium.PHONE); page.media(dark=True); page.screenshot("/tmp/phone.png")
    # leaving it, the test fails on any console error, uncaught exception or request that leaves the machine

Debian's chromium, chromium-driver and python3-selenium. As root (CI) Chromium needs --no-sandbox; WebGL2 comes
from SwiftShader, its own renderer on the CPU. Names other than 127.0.0.1 are not resolved, so that nothing can get
out, even what Chromium itself would fetch in the background.
"""
import base64
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import running  # noqa: E402

DESKTOP = (1280, 900, 1)
PHONE = (390, 844, 2)
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--hide-scrollbars", "--force-color-profile=srgb",
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--mute-audio", "--disable-features=Translate,OptimizationHints",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
LOCAL = ("file:", "data:", "blob:", "about:", "chrome:", "http://127.0.0.1:", "ws://127.0.0.1:")


def tools():
    """(webdriver module, chromium, chromedriver), or the test is skipped."""
    try:
        from selenium import webdriver
    except ImportError:
        running.skip("no python3-selenium")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        running.skip("no Chromium (Debian's chromium and chromium-driver)")
    return webdriver, chromium, driver


class Page:
    """One tab. Selectors are CSS; lengths are CSS pixels."""

    def __init__(self, driver):
        self.driver = driver
        self.allowed = []  # parts of console messages that the test expects
        self.messages = []
        self.requests = []
        self.width, self.height, self.scale = DESKTOP

    # ---- the tab ----

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def size(self, width, height, scale=1):
        """A desktop window, or below 600 pixels a phone with touch."""
        phone = width < 600
        self.width, self.height, self.scale = width, height, scale
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                     mobile=phone)
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone, maxTouchPoints=2)

    def media(self, dark=False, printed=False, contrast=False, still=False):
        features = [("prefers-color-scheme", "dark" if dark else "light"),
                    ("prefers-contrast", "more" if contrast else "no-preference"),
                    ("prefers-reduced-motion", "reduce" if still else "no-preference")]
        self.command("Emulation.setEmulatedMedia", media="print" if printed else "",
                     features=[{"name": name, "value": value} for name, value in features])

    def open(self, where):
        """Open a file or an address; seconds until its load event."""
        address = where if "://" in where else "file://" + os.path.abspath(where)
        start = time.monotonic()
        self.driver.get(address)
        return time.monotonic() - start

    def js(self, text, *arguments):
        """The value of an expression, or of statements that begin with return, const or {; promises are awaited."""
        body = text if text.lstrip().startswith(("return ", "const ", "{")) else "return (%s)" % text
        return self.driver.execute_script(body, *arguments)

    def wait(self, text, seconds=20, *arguments):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.js(text, *arguments)
            if value:
                return value
            time.sleep(0.02)
        self.collect()
        running.fail("waited %g s in vain for: %s\nconsole: %s" % (seconds, text, "\n".join(self.messages) or "empty"))

    # ---- input, as a person's: real events, not calls of handlers ----

    def box(self, selector):
        """(left, top, width, height) in the window, after scrolling it there."""
        found = self.js("""return (element => {
            if (!element) return null;
            element.scrollIntoView({block: 'center', behavior: 'instant'});
            const box = element.getBoundingClientRect();
            return [box.left, box.top, box.width, box.height];
        })(document.querySelector(arguments[0]))""", selector)
        if not found:
            running.fail("nothing on the page matches " + selector)
        return found

    def middle(self, selector, at=(0.5, 0.5)):
        left, top, width, height = self.box(selector)
        return left + at[0] * width, top + at[1] * height

    def mouse(self, kind, x, y, **more):
        self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def hover(self, selector, at=(0.5, 0.5)):
        self.mouse("mouseMoved", *self.middle(selector, at))

    def click(self, selector, at=(0.5, 0.5)):
        x, y = self.middle(selector, at)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", buttons=0, clickCount=1)

    def drag(self, selector, dx, dy, at=(0.5, 0.5), steps=6):
        x, y = self.middle(selector, at)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        for i in range(1, steps + 1):
            self.mouse("mouseMoved", x + dx * i / steps, y + dy * i / steps, button="left", buttons=1)
        self.mouse("mouseReleased", x + dx, y + dy, button="left", buttons=0, clickCount=1)

    def wheel(self, selector, amount, at=(0.5, 0.5)):
        x, y = self.middle(selector, at)
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=amount)

    def touch(self, *paths):
        """Fingers moving at once, each a list of the same number of (x, y)."""
        for i, points in enumerate(zip(*paths)):
            self.command("Input.dispatchTouchEvent", type="touchStart" if i == 0 else "touchMove",
                         touchPoints=[{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)])
        self.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name, times=1):
        """A key for the element that has the focus: "ArrowLeft", "Home", "Tab", "Enter", " ", "a"."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
                "ArrowRight": 39, "ArrowDown": 40, "+": 187, "-": 189}.get(name) or ord(name[0].upper())
        text = {"text": "\r" if name == "Enter" else name} if len(name) == 1 or name == "Enter" else {}
        for _ in range(times):
            self.command("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", key=name,
                         windowsVirtualKeyCode=code, **text)
            self.command("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def focus(self, selector):
        self.box(selector)
        self.js("document.querySelector(arguments[0]).focus()", selector)

    def choose(self, selector, value):
        """Give a slider, a list or a checkbox another value, with the events that a person's change sends."""
        self.box(selector)
        self.js("""{const element = document.querySelector(arguments[0]);
            if (element.type === 'checkbox') element.checked = arguments[1]; else element.value = arguments[1];
            for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, {bubbles: true}));
            return true;}""", selector, value)

    # ---- what is on the screen ----

    def picture(self, selector=None, whole=False):
        """PNG bytes of the window, of an element, or of the whole page."""
        more = {}
        if selector:
            left, top, width, height = self.box(selector)
            more["clip"] = {"x": left + self.js("scrollX"), "y": top + self.js("scrollY"), "width": width,
                            "height": height, "scale": 1}
        if whole:
            height = self.js("document.documentElement.scrollHeight")
            more["clip"] = {"x": 0, "y": 0, "width": self.width, "height": height, "scale": 1}
            more["captureBeyondViewport"] = True
        return base64.b64decode(self.command("Page.captureScreenshot", format="png", **more)["data"])

    def screenshot(self, path, selector=None, whole=False):
        with open(path, "wb") as file:
            file.write(self.picture(selector, whole))

    def pixels(self, selector=None):
        """uint8 array [height, width, 3] of what the screen shows of an element."""
        import numpy
        from PIL import Image
        return numpy.asarray(Image.open(io.BytesIO(self.picture(selector))).convert("RGB"))

    def pdf(self):
        return base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])

    # ---- what it said and asked for ----

    def collect(self):
        for entry in self.driver.get_log("browser"):
            if entry["level"] in ("SEVERE", "ERROR"):
                self.messages.append(entry["message"])
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])

    def problems(self):
        """What was wrong since the last look: (errors said and not allowed, requests that left the machine)."""
        self.messages, self.requests = [], []
        self.collect()
        return ([text for text in self.messages if not any(part in text for part in self.allowed)],
                [address for address in self.requests if not address.startswith(LOCAL)])

    def check(self):
        said, left = self.problems()
        if said:
            running.fail("the console says:\n" + "\n".join(said))
        if left:
            running.fail("requests left the page:\n" + "\n".join(left))


def changed(one, other, by=8):
    """Share of the pixels that differ by more than `by` of 255 in a channel."""
    import numpy
    if one.shape != other.shape:
        return 1.0
    return float((numpy.abs(one.astype(int) - other.astype(int)).max(axis=2) > by).mean())


@contextlib.contextmanager
def browser(width=DESKTOP[0], height=DESKTOP[1], scale=1, flags=()):
    webdriver, chromium, path = tools()
    folder = tempfile.mkdtemp(prefix="crosstalk-chromium-")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS, *flags, "--user-data-dir=" + folder, "--window-size=%d,%d" % (width, height)]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = None
    try:
        with open(os.devnull, "w") as quiet, contextlib.redirect_stderr(quiet):
            from selenium.webdriver.chrome.service import Service
            driver = webdriver.Chrome(service=Service(path), options=options)  # the path: nothing is looked up
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        page = Page(driver)
        page.size(width, height, scale)
        yield page
        page.check()
    finally:
        if driver:
            driver.quit()
        shutil.rmtree(folder, ignore_errors=True)
