"""Halving the remodelling step divides what it does to the read-outs by four; the errors that a run tells of bound what is
there; and the steady solves move read-outs by no more than a few times their tolerance.

A woman through her menopause and a man in bed on well-mixed tissues, where a reference with steps of hours costs
nothing; then a coarse thigh on a mesh for the solver's tolerance."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

READOUTS = [name for name in running.COLUMNS[2:] if name not in ("senescent_cargo [1]", "osteogenic_share [1]")]


def rows(folder, scene, sets, options=("--well-mixed",)):
    out = os.path.join(folder, "run-%d" % len(os.listdir(folder)))
    running.run(scene, out, options=list(options), sets=sets + ["output.every=none"])
    return running.series(out), running.record(out)["stepping"]


def apart(a, b):
    if len(a) != len(b):
        running.fail("%d rows and %d" % (len(a), len(b)))
    return max(abs(x[name] / y[name] - 1) for x, y in zip(a, b) for name in READOUTS)


STORIES = {
    "menopause": ("scenes/aged_sedentary.yaml", ["subject.sex=female", "subject.age='46 y'", "clock.until='age 60 y'",
                                                  "output.series='1 y'"], ["90 d", "45 d", "22.5 d", "11.25 d"]),
    "bed rest": ("scenes/bed_rest.yaml", ["events=[]", "clock.until='240 d'", "output.series='60 d'"],
                 ["20 d", "10 d", "5 d", "2.5 d"]),
}

with running.scratch() as folder:
    for story, (scene, sets, steps) in STORIES.items():
        true, _ = rows(folder, scene, sets + ["clock.step='0.25 d'", "clock.adaptive=false"])
        before = None
        for step in steps:
            found, _ = rows(folder, scene, sets + ["clock.step='%s'" % step, "clock.adaptive=false"])
            error = apart(found, true)
            order = math.log2(before / error) if before else float("nan")
            print("%s, steps of %s: %.2e, order %.2f" % (story, step, error, order))
            before = error
        if not 1.7 <= order <= 2.6:
            running.fail("%s: order %.2f of the last halving, expected 2" % (story, order))
        for tolerance in (1e-3, 1e-4, 1e-5):
            found, stepping = rows(folder, scene, sets + ["numerics.step_tolerance=%g" % tolerance])
            error = apart(found, true)
            print("%s, tolerance %.0e: %.2e in %d steps of %.1f to %.0f d, %d rejected" % (
                story, tolerance, error, stepping["remodelling_steps"], stepping["smallest_d"], stepping["largest_d"],
                stepping["rejected"]))
            if error > stepping["summed_step_error"] + 1e-5 or (
                    stepping["largest_step_error"] > tolerance and stepping["smallest_d"] > 1.01):
                running.fail("%s: %.2e is more than the errors that the run tells of: %s" % (story, error, stepping))

    thigh = ["geometry.spacing='4 mm'", "geometry.length='12 mm'", "clock.until='2 y'", "clock.step='45 d'",
             "clock.adaptive=false", "output.series='1 y'", "output.frames=[]", "output.volumes={}"]
    true, _ = rows(folder, "scenes/thigh.yaml", thigh + ["numerics.tolerance=1e-8"], ())
    for tolerance in (1e-4, 1e-5, 1e-6):
        found, _ = rows(folder, "scenes/thigh.yaml", thigh + ["numerics.tolerance=%g" % tolerance], ())
        error = apart(found, true)
        print("steady solves to %.0e: read-outs move by %.1e" % (tolerance, error))
        if error > 5 * tolerance + 1e-5: # of which fp32 states know nothing
            running.fail("steady solves to %.0e move a read-out by %.1e" % (tolerance, error))
