"""run --watch on a terminal: lines and pictures drawn in place, the terminal as it was when the run is over."""
import fcntl
import glob
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import running
from screen import Screen

SMALL = os.path.join(running.ROOT, "tests", "robust", "chronic.yaml")
SHORT = ["clock.until='90 d'", "clock.acute='0 h'", "events=[]", "output.every='30 d'", "output.volumes.at_end=false",
         "output.views=[]", "output.frames=[{show: tissue, pixels: 200}, {show: osteokine, pixels: 200}]"]
ENDLESS = ["subject.age='20 y'", "clock.until='90 y'", "clock.step='1 d'", "clock.acute='0 h'", "events=[]",
           "output.every='1 y'", "output.volumes=~", "output.views=[]", "output.films=[]", "output.checkpoint='1 h'",
           "output.frames=[{show: tissue, pixels: 200}]"]  # it goes on until it is told to end, however busy the machine is
COMPLETE = b"the data are complete; the page stays until Ctrl-C"
PLACES = ("TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE")


class Session:
    """The program on a terminal of its own. answer: to the question for sixels."""

    def __init__(self, words, columns=100, rows=40, answer=None, env=None):
        self.master, slave = pty.openpty()
        self.size(columns, rows)
        self.before = termios.tcgetattr(slave)
        surroundings = running.environment(TERM="xterm-256color", LANG="C.UTF-8")
        for name in PLACES:
            surroundings.pop(name, None)
        surroundings.update(env or {})
        self.process = os.fork()
        if self.process == 0:
            os.close(self.master)
            os.login_tty(slave) if hasattr(os, "login_tty") else self.login(slave)
            os.execve(words[0], words, surroundings)
        self.slave, self.answer, self.data = slave, answer, b""

    @staticmethod
    def login(slave):
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 8, rows * 16))
        self.columns, self.rows = columns, rows

    def read(self, wait=0.05):
        if select.select([self.master], [], [], wait)[0]:
            part = os.read(self.master, 1 << 16)
            if b"\x1b[c" in part and self.answer:
                os.write(self.master, self.answer)
            self.data += part
            return True
        return False

    def until(self, what, seconds=120):
        end = time.monotonic() + seconds
        while what not in self.data:
            self.read()
            if time.monotonic() > end or self.over():
                running.fail("no %r in\n%s" % (what, self.data[-3000:].decode("utf-8", "replace")))

    def wait_for(self, condition, what, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            self.read()
            if time.monotonic() > end:
                running.fail("%s: %s" % (what, self.data[-3000:].decode("utf-8", "replace")))

    def over(self):
        pid, self.status = os.waitpid(self.process, os.WNOHANG)
        return pid != 0

    def type(self, keys):
        os.write(self.master, keys)

    def end(self, status):
        """The screen, when the program has ended."""
        end = time.monotonic() + 120
        while not self.over():
            self.read()
            if time.monotonic() > end:
                os.kill(self.process, signal.SIGKILL)
                running.fail("does not end")
        while self.read(0):
            pass
        after = termios.tcgetattr(self.slave)
        got = os.waitstatus_to_exitcode(self.status)
        if got != status:
            running.fail("exit status %d instead of %d: %s" % (got, status, self.data[-2000:]))
        if after != self.before:
            running.fail("the terminal's settings are not what they were")
        os.close(self.slave)
        os.close(self.master)
        screen = Screen(self.columns, self.rows)
        screen.feed(self.data)
        if not screen.wrap or screen.held or not screen.plain or screen.kitty:
            running.fail("the terminal is left in another mode")
        return screen


def finish(session):
    session.until(COMPLETE)
    session.type(b"\x03")
    return session.end(0)


def check_status(screen, what):
    """One status, its last state, below everything that was said, and nothing of earlier ones."""
    text = screen.text()
    while text and not text[-1]:
        text.pop()
    bars = [line for line in text if line.startswith("complete ")]
    if len(bars) != 1 or "100 %" not in bars[0] or not re.search(r"(90 of 90 d|50 of 50 y)", bars[0]):
        running.fail("%s: %s" % (what, "\n".join(text)))
    if not any(re.match(r"Muscle mass +[0-9.]+ +[▁▂▃▄▅▆▇█]+", line) for line in text):
        running.fail("%s: no curve in\n%s" % (what, "\n".join(text)))
    if sum("voxels" in line and "of them tissue" in line for line in text) > 1 or not text[-1] == "^C":
        running.fail("%s: messages are not where they belong:\n%s" % (what, "\n".join(text)))
    return text


def pictures(folder):
    for what, env, answer in (("kitty", {"KITTY_WINDOW_ID": "1"}, None), ("iterm", {"TERM_PROGRAM": "iTerm.app"}, None),
                              ("sixel", {}, b"\x1b[?62;22;4c"), ("blocks", {"COLORTERM": "truecolor"}, b"\x1b[?62;22c")):
        out = os.path.join(folder, what)
        words = [running.BINARY, "run", SMALL, "-o", out, "--watch"] + [w for s in SHORT for w in ("--set", s)]
        screen = finish(Session(words, answer=answer, env=env))
        text = check_status(screen, what)
        kinds = set(picture[0] for picture in screen.pictures)
        if what == "blocks":
            widest = max(line.count("▀") for line in text)
            if kinds or widest < 20 or sum("▀" in line for line in text) < 6:
                running.fail("no picture in blocks:\n" + "\n".join(text))
            continue
        if kinds != {what}:
            running.fail("%s: pictures are %s" % (what, kinds))
        files = set()
        for path in glob.glob(os.path.join(out, "frames", "*.png")):
            with open(path, "rb") as file:
                files.add(file.read())
        if what != "sixel" and screen.pictures[-1][1] not in files:
            running.fail(what + ": the last picture is no frame of the run")
        for kind, data, columns, rows in screen.pictures:  # earlier ones may have been drawn again to another scale
            if kind != "sixel" and (not data.endswith(b"IEND\xaeB`\x82") or not (2 <= columns < 100 and 2 <= rows < 38)):
                running.fail("%s: a picture that is no frame, or %d x %d characters" % (kind, columns, rows))
            if kind == "sixel" and not (20 < columns < 800 and 20 < rows < 38 * 16):
                running.fail("sixel: %d x %d pixels" % (columns, rows))


def mixed(out, *options):
    return [running.BINARY, "run", "scenes/thigh.yaml", "-o", out, "--well-mixed", "--watch", *options]


def modest_terminals(folder):
    # nothing is known of the terminal and it does not answer: lines, no pictures
    screen = finish(Session(mixed(os.path.join(folder, "silent"))))
    text = check_status(screen, "silent")
    if screen.questions != 1 or screen.pictures or any("▀" in line for line in text):
        running.fail("a terminal that does not answer got a picture")
    # colours unwanted: none, and no pictures, nobody asked
    screen = finish(Session(mixed(os.path.join(folder, "plain")), env={"NO_COLOR": "1", "KITTY_WINDOW_ID": "1"}))
    if screen.colours or screen.pictures or screen.questions:
        running.fail("NO_COLOR is not honoured")
    # no UTF-8: letters only
    session = Session(mixed(os.path.join(folder, "ascii")), env={"LANG": "C"})
    finish(session)
    if any(byte > 0x7f for byte in session.data):
        running.fail("UTF-8 where it is not spoken")
    # one that knows nothing, and quiet: words
    for what, env, options in (("dumb", {"TERM": "dumb"}, []), ("quiet", {}, ["--quiet"])):
        session = Session(mixed(os.path.join(folder, what), *options), env=env)
        session.end(0) if what == "dumb" else finish(session)
        if b"watch the run at http://127.0.0.1:" not in session.data or b"\x1b[1A" in session.data or \
                (what == "dumb" and b"\x1b" in session.data):
            running.fail("%s: %r" % (what, session.data))
    # as small as windows get
    session = Session(mixed(os.path.join(folder, "tiny")), columns=12, rows=4)
    finish(session)


def interruptions(folder):
    stopped = os.path.join(folder, "stopped")
    words = [running.BINARY, "run", SMALL, "-o", stopped, "--watch", "--watch-pictures", "kitty"]
    session = Session(words + [w for s in ENDLESS for w in ("--set", s)])
    session.until(b"Muscle mass")
    os.kill(session.process, signal.SIGINT)  # not by the key: the kernel then drops output that is on its way
    text = session.end(75).text()
    if not any("stopped by a signal" in line for line in text) or any("data are complete" in line for line in text):
        running.fail("stopped: " + "\n".join(text))
    # resumed, in a window that becomes smaller: what is drawn from then on fits
    again = [running.BINARY, "resume", stopped, "--watch", "--watch-pictures"]
    session = Session([*again, "none"])
    session.until(b"Muscle mass")
    session.size(50, 20)
    session.wait_for(lambda: widest(session.data) <= 50, "lines do not follow the window")
    os.kill(session.process, signal.SIGINT)
    session.wait_for(session.over, "does not end")
    while session.read(0):
        pass
    if os.waitstatus_to_exitcode(session.status) != 75 or widest(session.data) > 50:
        running.fail("resumed in a smaller window: status %d, %r" % (session.status, session.data[-1000:]))
    # resumed again, then killed by two signals in a row
    session = Session([*again, "blocks"])
    session.until(b"Muscle mass")
    os.kill(session.process, signal.SIGTERM)
    time.sleep(0.001)
    os.kill(session.process, signal.SIGTERM)
    session.wait_for(session.over, "two signals do not end it")
    if os.waitstatus_to_exitcode(session.status) not in (75, -signal.SIGTERM):
        running.fail("two signals: status %d" % os.waitstatus_to_exitcode(session.status))
    while session.read(0):
        pass
    screen = Screen(100, 40, cut=True)
    screen.feed(session.data)
    if not screen.wrap or screen.held or not screen.plain or termios.tcgetattr(session.slave) != session.before:
        running.fail("two signals leave the terminal in another mode")


def widest(data):
    """Characters of the longest line of the last status that was drawn to its end."""
    begin, end = b"\x1b[?2026h", b"\x1b[?2026l"
    whole = [part.split(end)[0] for part in data.split(begin)[1:] if end in part and b"simulating" in part]
    lines = re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", whole[-1]).decode().splitlines() if whole else []
    return max((len(line) for line in lines), default=999)


with running.scratch() as scratch:
    pictures(scratch)
    modest_terminals(scratch)
    interruptions(scratch)
