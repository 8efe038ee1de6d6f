"""A run that is complete is left as it is by `crosstalk resume`, which says so; a report that is missing is written."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

with running.scratch() as folder:
    out = os.path.join(folder, "out")
    running.run("scenes/young_sedentary.yaml", out, ["clock.until='1 y'"], options=["--well-mixed"])
    names = [os.path.join(out, name) for name in ("run.json", "series.csv", "log.txt")]
    before = [open(name, "rb").read() for name in names]
    os.unlink(os.path.join(out, "report.html"))
    said = running.call([running.BINARY, "resume", out]).stderr
    if "complete" not in said:
        running.fail("resume does not say that nothing is left to do: " + said)
    if before != [open(name, "rb").read() for name in names]:
        running.fail("resume changed a complete run")
    if not os.path.exists(os.path.join(out, "report.html")):
        running.fail("the report is still missing")
