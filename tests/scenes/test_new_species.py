"""A species with its own rate law and a new remodelling rule, added by editing the model file alone."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

# Made and cleared like IL-6; receptors take it up in the way of Michaelis and Menten, and myokine slows that down.
SPECIES = """
  cytokine:
    family: myokine
    about: IL-6
    diffusivity: 156 um^2/s
    radius: 2.1 nm
    transport:
      diffusivity: diffusivity*hindered(radius, tortuosity, pore)
      loss: 0.70/1 h
      exchange: 0.064/1 h*capillary
      partition: 0.7
    plasma: {baseline: 0.043 pM, elimination: 20 1/h}
    secretion:
      shares: {muscle: 0.25, marrow: 0.20, subcutaneous_fat: 0.35, visceral_fat: 0.20}
      everywhere: inflammatory
      factor: {muscle: 0.2 + 0.8*myofibre}
    reaction: -uptake*c_cytokine/(c_cytokine + receptor*(1 + c_myokine/1 nM))
"""
PARAMETERS = """
  uptake: {value: 0.3 pM/h, about: "fastest uptake by receptors [E]"}
  receptor: {value: 2 pM, about: "level at which it is half as fast [E]"}
  fibrosis: {value: 0.2 1/y, about: "muscle fibre lost where the cytokine is high [E]"}
"""
# Where scarring is above its threshold, muscle turns into connective tissue; nothing of the kind is in the model.
STATES = """
  scarring: {initial: 0, in: [muscle], rate: "(max(0, u_cytokine - 1) - scarring)/20 d", about: memory of the cytokine}
"""
REMODELLING = """
  - phase: muscle
    in: [muscle]
    rate: -fibrosis*scarring*f_muscle
    freed_to: {connective: 1}
"""
READOUTS = """
  plasma_cytokine: {formula: p_cytokine, unit: pM}
  scarring: {formula: "mean(scarring, muscle)", unit: "1"}
  muscle_share: {formula: "mean(f_muscle, muscle)", relative: true}
"""
SCENE = """format: 1
title: A fifth species
geometry:
  slabs:
    layers:
      - {tissue: cortex, thickness: 2 mm}
      - {tissue: muscle, thickness: 6 mm}
      - {tissue: fat, thickness: 4 mm}
    width: [3 mm, 3 mm]
  spacing: 1 mm
model: {file: MODEL}
subject: {sex: female, age: 60 y}
drivers: {inflammation: 3}
clock: {until: 1 y, step: 28 d}
output:
  every: 0.5 y
  frames: [{show: cytokine, pixels: 200}, {show: scarring, pixels: 200}]
"""


def after(text, heading, addition):
    """Text with the addition right after the line `heading:`."""
    line = heading + ":\n"
    if text.count("\n" + line) != 1:
        running.fail("the model file has no single '%s:'" % heading)
    at = text.index("\n" + line) + 1 + len(line)
    return text[:at] + addition.lstrip("\n") + text[at:]


with open("scenes/models/crosstalk4.yaml", encoding="utf-8") as file:
    model = file.read()
for heading, addition in (("parameters", PARAMETERS), ("species", SPECIES), ("states", STATES), ("readouts", READOUTS)):
    model = after(model, heading, addition)
if not model.count("\nlabels:\n") == 1:
    running.fail("the model file has no single 'labels:'")
before, behind = model.split("\n# Labels change by thresholds", 1)
model = before.rstrip("\n") + REMODELLING + "\n# Labels change by thresholds" + behind

with running.scratch() as folder:
    def write(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)
        return path

    write("five.yaml", model)
    scene = write("scene.yaml", SCENE.replace("MODEL", "five.yaml"))
    plain = write("plain.yaml", SCENE.replace("MODEL", "models/crosstalk4.yaml").replace(
        "[{show: cytokine, pixels: 200}, {show: scarring, pixels: 200}]", "[]"))
    ends = {}
    for mode, options in (("mesh", []), ("well mixed", ["--well-mixed"])):
        out, out0 = os.path.join(folder, "out-" + mode[0]), os.path.join(folder, "plain-" + mode[0])
        running.run(scene, out, options=options)
        running.run(plain, out0, options=options)
        rows, rows0 = running.series(out), running.series(out0)
        for column in ("plasma_cytokine [pM]", "scarring [1]", "muscle_share [1]"):
            if column not in rows[0]:
                running.fail("series.csv has no column '%s'" % column)
        level = rows[-1]["plasma_cytokine [pM]"]
        # Three-fold inflammation at 60 against 25: the secretion is up by (IL-6 ratio)^0.7 x 3 = 4; uptake saturates.
        if not 0.1 < level < 0.3:
            running.fail("%s: plasma_cytokine is %g pM" % (mode, level))
        if not rows[-1]["scarring [1]"] > 0.5:
            running.fail("%s: the new state did not move: %g" % (mode, rows[-1]["scarring [1]"]))
        if not rows[-1]["muscle_share [1]"] < 0.95:
            running.fail("%s: the new rule did not act: %g" % (mode, rows[-1]["muscle_share [1]"]))
        # What was there before is what it was: the new rule has no say in the blood's other species.
        for column in ("plasma_adipokine [pM]", "plasma_osteokine [pM]"):
            if abs(rows[0][column] / rows0[0][column] - 1) > 1e-4:
                running.fail("%s: %s is %g with and %g without the new species" % (
                    mode, column, rows[0][column], rows0[0][column]))
        # The same scene without the rate law. Secretion is such that the young level is the model's either way; uptake
        # that saturates then holds back less of a rise.
        write("five.yaml", model.replace("uptake: {value: 0.3 pM/h", "uptake: {value: 0 pM/h"))
        free = out + "-free"
        running.run(scene, free, options=options)
        write("five.yaml", model)
        without = running.series(free)[-1]["plasma_cytokine [pM]"]
        if not level > 1.005 * without:
            running.fail("%s: the rate law does nothing: %g pM with it, %g without" % (mode, level, without))
        ends[mode] = level
        print("%s: plasma_cytokine %.4g pM (%.4g without uptake), scarring %.3g, muscle %.3f" % (
            mode, level, without, rows[-1]["scarring [1]"], rows[-1]["muscle_share [1]"]))
        if mode == "mesh":
            balance = running.record(out)["balance"]
            if not set(balance) >= {"cytokine", "osteokine"} or not max(balance.values()) < 1e-6:
                running.fail("mass balance: %s" % balance)
            for show in ("cytokine", "scarring"):
                if not any(name.startswith(show + "_") for name in os.listdir(os.path.join(out, "frames"))):
                    running.fail("there is no picture of " + show)
    if abs(ends["mesh"] / ends["well mixed"] - 1) > 0.1:
        running.fail("mesh and well-mixed tissues differ: %s" % ends)
