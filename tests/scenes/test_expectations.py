"""What the scenes promise, on well-mixed tissues: bed rest and its recovery, training, and the plasma courses of an acute
bout. The bands are the tolerances of the model's calibration targets (bed-rest studies; Mera 2016 for the osteokine,
a 2024 time course for irisin), not the program's own results."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running


def rows_of(folder, scene, sets=()):
    out = os.path.join(folder, scene + str(len(os.listdir(folder))))
    running.run(os.path.join(running.ROOT, "scenes", scene + ".yaml"), out, list(sets), ["--well-mixed"])
    return running.series(out)


def within(what, value, low, high):
    print("%-45s %.4g in %g..%g" % (what, value, low, high))
    if not low <= value <= high:
        running.fail("%s: %g is not in %g..%g" % (what, value, low, high))


def main():
    with running.scratch() as folder:
        bed = {row["time [d]"]: row for row in rows_of(folder, "bed_rest", ["output.series=5 d", "output.every=30 d"])}
        within("muscle after 35 days in bed", bed[35]["muscle_mass [1]"], 1 - 0.126, 1 - 0.054)
        lost = 1 - bed[60]["muscle_mass [1]"]
        within("share of it back six months later", (bed[240]["muscle_mass [1]"] - 1 + lost) / lost, 0.8, 1.05)

        sedentary = rows_of(folder, "aged_sedentary")[-1]
        trained = rows_of(folder, "aged_trained")[-1]
        for column in ("muscle_mass [1]", "strength [1]", "trabecular_bone [1]", "cortical_bone [1]"):
            if not trained[column] > sedentary[column]:
                running.fail("training does not help %s: %g, %g" % (column, trained[column], sedentary[column]))

        bout = rows_of(folder, "acute_bout", ["output.series=15 min"])
        first = bout[0]
        after = {round(row["time [d]"] * 24 - 2, 2): row for row in bout}  # hours after the end of the bout
        peak = max(row["plasma_osteokine [pM]"] for row in bout)
        within("osteokine, peak in plasma", peak / first["plasma_osteokine [pM]"], 1.75, 2.05)
        within("irisin 15 min after the bout", after[0.25]["plasma_myokine [pM]"] / first["plasma_myokine [pM]"], 1.05, 1.2)
        within("irisin a day after the bout", after[24.0]["plasma_myokine [pM]"] / first["plasma_myokine [pM]"], 1.4, 1.6)
        within("adipokine at the end", bout[-1]["plasma_adipokine [pM]"] / first["plasma_adipokine [pM]"], 0.999, 1.001)


main()
