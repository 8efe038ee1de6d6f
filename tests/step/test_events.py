"""What happens at the first moment of an acute run happens after its steady start: an injection is not solved away."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

SCENE = """format: 1
geometry: {slabs: {layers: [{tissue: cortex, thickness: 2 mm}, {tissue: muscle, thickness: 4 mm}]}, spacing: 1 mm}
subject: {sex: male, age: 25 y}
clock: {mode: acute, until: 0.2 h}
events: [{at: AT, bolus: {species: myokine, amount: 1 nmol, into: plasma}}]
output: {every: 0.1 h}
"""

with running.scratch() as folder:
    for at, before in (("0 h", 0), ("0.1 h", 1)):
        scene, out = os.path.join(folder, "scene.yaml"), os.path.join(folder, "out-%d" % before)
        with open(scene, "w", encoding="utf-8") as file:
            file.write(SCENE.replace("AT", at))
        running.run(scene, out, options=["--well-mixed"])
        level = [row["plasma_myokine [pM]"] for row in running.series(out)]
        # 1 nmol in 3 L is 333 pM, of which about 12 % leave in a tenth of an hour; the steady level before it is 290 pM.
        if not abs(level[before] - 290) < 0.1 or not 260 < level[before + 1] - 290 < 333:
            running.fail("a bolus at %s gives %s pM" % (at, level))
