"""Published ranges are data: a scene's and a model's are checked where they stand, kept in run.json and written back."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import running  # noqa: E402

SCENE = os.path.join(running.ROOT, "scenes", "bed_rest.yaml")
MODEL = os.path.join(running.ROOT, "scenes", "models", "crosstalk4.yaml")


def check(sets=(), status=0):
    words = [running.BINARY, "check", SCENE]
    for text in sets:
        words += ["--set", text]
    return running.call(words, status=status).stderr


def expect(words, said):
    if not re.search(words, said):
        running.fail("expected '%s', found: %s" % (words, said))


def main(folder):
    expect("the model has no readout 'muscle_mas'; did you mean 'muscle_mass'",
        check(["targets.0.readout=muscle_mas"], 2))
    expect(r"bed_rest.yaml:\d+:\d+: error: high must not be below low", check(["targets.0.high=-9"], 2))
    expect("a target ends before it begins", check(["targets.0.to=0 d"], 2))
    expect("targets.*low|low.*number", check(["targets.0.low=much"], 2))

    with open(MODEL, encoding="utf-8") as file:
        text = file.read()
    for change, words in ((("readout: imat_percent, from", "readout: imat_procent, from"),
        "no readout 'imat_procent'; did you mean 'imat_percent'"),
                          (("sex: female", "sex: both"), "expected female or male"), (("low: 8, high: 14.5",
                              "low: 8, high: 4"), "high must not be below low"),
                          (("from: 69 y", "from: 99 y"), "ends before it begins"), (("from: 69 y", "from: 69 kg"),
                              r"model.yaml:\d+:\d+: error")):
        if change[0] not in text:
            running.fail("the model no longer says " + change[0])
        path = os.path.join(folder, "model.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(*change, 1))
        expect(words, check(["model.file=" + path], 2))

    out = os.path.join(folder, "run")
    running.run(SCENE, out, ["clock.until=70 d"], ["--well-mixed"])
    record = running.record(out)
    own, ages = record["scene"]["targets"], record["targets"]
    if [t["to"] for t in own] != ["10 d", "35 d"] or own[1]["low"] != -13 or not own[1]["change"]:
        running.fail("the scene's targets: %s" % own)
    if len(ages) < 5 or not all(t["source"] and t["about"] and t["from"].startswith("age ") for t in ages):
        running.fail("the model's targets: %s" % ages)
    if record["command"][:3] != ["crosstalk", "run", SCENE] or "--well-mixed" not in record["command"]:
        running.fail("the command: %s" % record["command"])
    columns = [r["name"] for r in record["readouts"]]
    if [name.split(" ")[0] for name in running.series(out)[0]][2:] != columns:
        running.fail("the read-outs: %s" % columns)


if __name__ == "__main__":
    with running.scratch() as scratch:
        main(scratch)
