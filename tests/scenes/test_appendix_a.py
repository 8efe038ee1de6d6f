"""The default model on well-mixed tissues gives the numbers of its 0-D reference within 1 %.

The rows are the expected output of the model's specification (MODEL.md, appendix A), made by its executable reference
ref0d.py: forward Euler at 7 d for the two lives, at 1 d for bed rest (a man of 25, load 0.10). Bone fractions are
relative to 25 years; IMAT, MAT and pOB are absolute and were 0.065, 0.30 and 0.6 there. C and B are osteoclast and
osteoblast activity in trabecular bone."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

NAMES = ["M", "strength", "trab", "cort", "IMAT", "MAT", "MSC", "C", "B", "pOB"]
COLUMN = {
    "M": ("muscle_mass [1]", 1), "strength": ("strength [1]", 1), "trab": ("trabecular_bone [1]", 1),
    "cort": ("cortical_bone [1]", 1), "IMAT": ("imat [1]", 0.065), "MAT": ("mat [1]", 0.30), "MSC": ("msc_pool [1]", 1),
    "C": ("osteoclast_activity [1]", 1), "B": ("osteoblast_activity [1]", 1), "pOB": ("osteogenic_share [1]", 0.6),
}
LIFE = {
    "male": """
30 0.9907 0.9901 0.9978 0.9997 0.0661 0.3060 0.9281 1.0008 0.9972 0.5916
40 0.9606 0.9572 0.9759 0.9964 0.0709 0.3317 0.7462 1.0180 1.0051 0.5651
50 0.9266 0.8665 0.9222 0.9875 0.0766 0.3598 0.6029 1.0409 1.0132 0.5380
60 0.8940 0.7846 0.8484 0.9722 0.0823 0.3870 0.4902 1.0579 1.0215 0.5127
70 0.8522 0.6608 0.7535 0.9467 0.0887 0.4160 0.3995 1.0864 1.0298 0.4852
75 0.8255 0.5836 0.6943 0.9264 0.0929 0.4330 0.3605 1.0971 1.0341 0.4696
80 0.7989 0.5147 0.6332 0.9014 0.0972 0.4503 0.3253 1.1067 1.0378 0.4539
90 0.7456 0.3989 0.5100 0.8351 0.1067 0.4865 0.2646 1.1259 1.0450 0.4217""",
    "female": """
30 0.9915 0.9908 0.9979 0.9997 0.0661 0.3060 0.9281 1.0007 0.9972 0.5916
40 0.9627 0.9595 0.9785 0.9968 0.0707 0.3297 0.7463 1.0004 0.9888 0.5666
50 0.9266 0.8665 0.9220 0.9875 0.0767 0.3613 0.6030 1.1021 1.0493 0.5324
60 0.8819 0.7707 0.7871 0.9536 0.0894 0.4439 0.4874 1.4183 1.3711 0.4781
70 0.8419 0.6501 0.6754 0.9129 0.0957 0.4722 0.3974 1.4324 1.3616 0.4523
75 0.8162 0.5746 0.6083 0.8816 0.0997 0.4886 0.3587 1.4335 1.3557 0.4378
80 0.7906 0.5073 0.5413 0.8438 0.1040 0.5053 0.3237 1.4333 1.3492 0.4231
90 0.7392 0.3939 0.4123 0.7498 0.1132 0.5398 0.2634 1.4336 1.3371 0.3931""",
}
BED_REST = """
35 0.9046 0.9026 0.9873 0.9984 0.0688 0.3123 0.9959 1.6600 0.7966 0.4233
60 0.8603 0.8571 0.9706 0.9963 0.0714 0.3207 0.9931 1.7923 0.7219 0.4225
90 0.8242 0.8196 0.9480 0.9932 0.0744 0.3302 0.9897 1.8398 0.6668 0.4216"""
BOUND = 0.01

seen = []  # (deviation, where)


def compare(table, rows, key, what):
    for line in table.strip().splitlines():
        at, *expected = (float(word) for word in line.split())
        row = next((r for r in rows if abs(r[key] - at) < 1e-6), None)
        if row is None:
            running.fail("%s: series.csv has no row at %s %g" % (what, key, at))
        for name, value in zip(NAMES, expected, strict=True):
            column, scale = COLUMN[name]
            got = row[column] * scale
            seen.append((abs(got / value - 1), "%s, %s %g, %s: %.5g, reference %.5g" % (what, key, at, name, got, value)))


with running.scratch() as folder:
    for sex, table in LIFE.items():
        out = os.path.join(folder, sex)
        running.run("scenes/aged_sedentary.yaml", out, options=["--well-mixed"],
                    sets=["subject.sex=" + sex, "clock.until='age 90 y'", "clock.step='7 d'", "clock.adaptive=false",
                          "output.every=none", "output.series='5 y'"])
        compare(table, running.series(out), "age [y]", sex)
    out = os.path.join(folder, "bed")
    running.run("scenes/bed_rest.yaml", out, options=["--well-mixed"],
                sets=["events=[]", "clock.until='90 d'", "clock.step='1 d'", "clock.adaptive=false", "output.every=none",
                      "output.series='5 d'"])
    compare(BED_REST, running.series(out), "time [d]", "bed rest")
    # The step the shipped scenes use changes nothing that matters.
    out = os.path.join(folder, "coarse")
    running.run("scenes/aged_sedentary.yaml", out, options=["--well-mixed"],
                sets=["clock.until='age 90 y'", "output.every=none", "output.series='5 y'"])
    compare(LIFE["male"], running.series(out), "age [y]", "male with the scene's own steps")

seen.sort(reverse=True)
print("%d values; the largest deviations from the reference:" % len(seen))
for deviation, where in seen[:12]:
    print("  %.3f %%  %s" % (100 * deviation, where))
if seen[0][0] > BOUND:
    running.fail("%.2f %% is more than %.0f %%" % (100 * seen[0][0], 100 * BOUND))
