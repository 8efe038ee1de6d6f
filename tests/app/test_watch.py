"""run --watch: the page and its data grow while the run goes on, whatever visitors do, and the run's bits are the same."""
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running
from watching import Run, rows

SCENE = os.path.join(running.ROOT, "tests", "robust", "chronic.yaml")


def pester(run, stop):
    """Visitors nobody wants, as long as the run goes on."""
    idle = []
    while not stop.is_set():
        try:
            idle.append(socket.create_connection(("127.0.0.1", run.port), timeout=5))
            idle[-1].sendall(b"GET /" + b"a" * 5000)
            raw = socket.create_connection(("127.0.0.1", run.port), timeout=5)
            raw.sendall(bytes(range(256)) * 20 + b"\r\n\r\n")
            raw.shutdown(socket.SHUT_WR)
            raw.close()
        except OSError:
            pass
        for what, method, headers in (("data.json", "POST", {}), ("../run.json", "GET", {}), ("run.json", "GET", {}),
                                      ("data.json", "GET", {"Host": "evil.example"}),
                                      ("data.json", "GET", {"Origin": "http://evil.example"})):
            status, body = run.ask(what, method, headers)
            if status == 200 or b"crosstalk" in body.lower():
                running.fail("%s %s %s was answered: %d %s" % (method, what, headers, status, body[:200]))
        time.sleep(0.02)
    for one in idle:
        one.close()


def watched(words, enough, status, at_enough=None):
    """Run with visitors; at_enough is called once `enough` holds of the data. All data seen."""
    run, stop, seen = Run(words), threading.Event(), []
    other = threading.Thread(target=pester, args=(run, stop))
    other.start()
    page = b""
    try:
        while run.process.poll() is None:
            data = run.data()
            if data:
                seen.append(data)
                page = page or run.ask("")[1]
                if at_enough and enough(data):
                    at_enough(run.process)
                    at_enough = None
            time.sleep(0.05)
    finally:
        stop.set()
        other.join()
    said = run.end(status)
    if run.ask("data.json")[0] != 0:
        running.fail("somebody still listens when the run has ended")
    if b"<html" not in page:
        running.fail("no page: %r" % page[:300])
    return run, seen, said


def ports():
    with socket.socket() as taken, running.scratch() as folder:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        out = os.path.join(folder, "out")
        port = str(taken.getsockname()[1])
        said = running.run(SCENE, out, options=["--watch", "--port", port], status=4).stderr
        if port not in said or "in use" not in said or os.path.exists(out):
            running.fail("a port in use: " + said)
        for options, word in ((["--port", "8000"], "--watch"), (["--watch", "--port", "65536"], "65535"),
                              (["--watch", "--port", "0"], "from 1"), (["--watch-pictures", "none"], "--watch"),
                              (["--watch", "--watch-pictures", "sixl"], "sixel")):
            said = running.run(SCENE, out, options=options, status=2).stderr
            if word not in said or os.path.exists(out):
                running.fail("%s: %s" % (options, said))


def interrupt(process):
    process.send_signal(signal.SIGINT)


ports()
with running.scratch() as folder:
    plain, shown = os.path.join(folder, "plain"), os.path.join(folder, "shown")
    running.run(SCENE, plain)
    run, seen, said = watched(running.command(SCENE, shown, options=["--watch"]), lambda d: rows(d) >= 2, (75, 0), interrupt)
    later = []
    if run.process.returncode == 75:  # on a busy machine the signal may come when all is done
        later = watched([running.BINARY, "resume", shown, "--quiet", "--watch"], lambda d: False, 0)[1]
    grown = sorted(set(rows(data) for data in seen + later))
    if len(grown) < 3:
        running.fail("the data do not grow: rows %s" % grown)
    if set(data["record"]["status"] for data in seen + later) - {"running", "stopped", "done"}:
        running.fail("a run that goes on has another status")
    picture = seen[-1]["films"][0]["pictures"][0]
    if picture["blob"] is not None or not picture["file"].startswith("frames/"):
        running.fail("live pictures should be files: %s" % picture)
    if len(running.series(shown)) != len(running.series(plain)):
        running.fail("another number of rows")
    different = running.differences(running.content(plain), running.content(shown))
    if different:
        running.fail("a watched run gives other bits in " + ", ".join(different))
    with open(os.path.join(shown, "log.txt"), encoding="utf-8") as file:
        if run.path.strip("/") in file.read():
            running.fail("the token lies in log.txt")
    print("rows seen:", grown)
