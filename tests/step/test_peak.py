"""Exercise that drivers begin at a time of their own is as exercise that an event begins: no field from before its peak is
carried on from."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

MODEL = "scenes/models/crosstalk4.yaml"
SCENE = """format: 1
model: {file: %s}
geometry:
  slabs: {layers: [{tissue: cortex, thickness: 2 mm}, {tissue: muscle, thickness: 4 mm}], width: [4 mm, 4 mm]}
  spacing: 1 mm
subject: {sex: male, age: 45 y}
clock: {until: 60 d, step: 10 d, adaptive: false}
drivers: {sessions: 3 1/week, by_driver: %d}
%s
output: {every: none, series: 10 d}
"""

with open(MODEL, encoding="utf-8") as file:
    text = file.read()
share = "peak_share: clamp(sessions*30 h, 0, 1)"
if text.count(share) != 1 or text.count("\nsettings:\n") != 1:
    running.fail("%s is not what this test knows" % MODEL)
text = text.replace(share, share + "*max(begun, by_driver*piecewise(0, time < 30 d, 1))")
text = text.replace("\nsettings:\n", '\nsettings:\n  begun: {default: 0, range: [0, 1], about: "exercise"}\n'
                    '  by_driver: {default: 0, range: [0, 1], about: "exercise from 30 d on"}\n')
with running.scratch() as folder:
    model, rows = os.path.join(folder, "model.yaml"), []
    with open(model, "w", encoding="utf-8") as file:
        file.write(text)
    for driver in (0, 1):
        scene, out = os.path.join(folder, "scene%d.yaml" % driver), os.path.join(folder, "out%d" % driver)
        with open(scene, "w", encoding="utf-8") as file:
            file.write(SCENE % (model, driver, "" if driver else "events: [{at: 30 d, set: {begun: 1}}]"))
        running.run(scene, out)
        rows.append(running.series(out))
    worst = 0
    for by_event, by_driver in zip(rows[0][4:], rows[1][4:]):
        for name, value in by_event.items():
            difference = abs(by_driver[name] - value) / max(abs(value), 1e-3)
            if difference > worst:
                worst, which = difference, name
    print("largest difference %.1e" % worst)
    if len(rows[0]) != 7 or len(rows[1]) != 7 or worst > 1e-6:
        running.fail("%s differs by %.1e" % (which, worst))
