"""Two runs give the same bits, with another number of threads as well."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

FOLDER = os.path.dirname(os.path.abspath(__file__))

with running.scratch() as folder:
    for name in ("chronic", "acute"):
        scene, found = os.path.join(FOLDER, name + ".yaml"), {}
        for what, options in (("once", []), ("again", []), ("on one thread", ["--threads", "1"])):
            out = os.path.join(folder, name + "-" + what.replace(" ", "-"))
            running.run(scene, out, options=options)
            found[what] = running.content(out)
            different = running.differences(found["once"], found[what])
            if different:
                running.fail("%s, %s: other bits in %s" % (name, what, ", ".join(different)))
        if not any(key.startswith("frames/") for key in found["once"]):
            running.fail(name + " draws nothing: the comparison means little")
        # The comparison notices a difference: a subject of another age gives other bits.
        out = os.path.join(folder, name + "-other")
        running.run(scene, out, sets=["subject.age='51 y'"])
        if len(running.differences(found["once"], running.content(out))) < 3:
            running.fail(name + ": a subject of another age gives the same bits")
        print("%s: %d things the same three times" % (name, len(found["once"])))
