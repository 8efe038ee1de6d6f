"""report.html is one file that needs nothing else, says what the run's files say, and survives what they may hold."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reporting  # noqa: E402
from reporting import expect, running  # noqa: E402

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>'\"&]]>\u2028\U0001f9b4"


def a_run_writes_its_page(folder):
    out = os.path.join(folder, "run")
    running.run(os.path.join(running.ROOT, "scenes", "thigh.yaml"), out,
        ["geometry.spacing=8 mm", "clock.until=1 y", "output.every=0.5 y", "output.series=0.25 y",
                                                                          "output.volumes={at_end: false}"])
    page = reporting.Page(os.path.join(out, "report.html")).check()
    run = page.data["runs"][0]
    expect(page.title == "A woman's thigh from 25 to 75", "titled " + page.title)
    expect(run["record"] == running.record(out), "the record on the page is not run.json")
    expect(run["verdict"]["state"] == "holds", "verdict %s" % run["verdict"])
    expect(all(check["pass"] for check in run["verdict"]["checks"]), "checks %s" % run["verdict"]["checks"])
    rows = running.series(out)
    for column in run["series"]["columns"]:
        name = "%s [%s]" % (column["name"], column["unit"])
        far = max(abs(a - row[name]) / (abs(row[name]) + 1e-12) for a, row in zip(column["values"], rows))
        expect(len(column["values"]) == len(rows) and far < 1e-6, "%s is off by %g" % (name, far))
    for film in run["films"]:
        for p in film["pictures"]:
            p["text"] = {**film["pictures"][0]["text"], **p["text"]}
    pictures = [p for film in run["films"] for p in film["pictures"]]
    expect(len(pictures) == 24, "%d pictures" % len(pictures))
    for p in pictures:
        held = page.blob(p["blob"])
        width, height, _, _ = running.png(os.path.join(out, p["file"]))
        expect(held[:8] == b"\x89PNG\r\n\x1a\n" and (p["width"], p["height"]) == (width, height),
            p["file"] + " is another picture")
        expect(p["text"]["Scene"] == page.title and abs(p["time"] - float(p["text"]["Time"].split()[0])) < 1e-9,
            "metadata %s" % p)
    first = page.text
    reporting.report(out)
    again = reporting.Page(os.path.join(out, "report.html"))
    expect(again.text == first, "written again, the page is another one")
    return out


def texts_are_not_markup(folder):
    plain = reporting.page_of(folder, "plain", title="T")
    nasty = reporting.page_of(folder, "nasty", title=HOSTILE, extra={"warnings": [HOSTILE], "model": HOSTILE},
        columns=("muscle_mass [1]", '"<b>x</b>, </script> [pM]"'))
    expect(nasty.title == HOSTILE.replace("\x00", ""), "the title is %r" % nasty.title)
    expect(len(nasty.scripts) == len(plain.scripts), "a title made a script")
    expect([n for n, _ in nasty.elements] == [n for n, _ in plain.elements], "a title made an element")
    run = nasty.data["runs"][0]
    expect(run["record"]["scene"]["title"] == HOSTILE and run["record"]["warnings"] == [HOSTILE],
        "the texts have changed")
    expect(run["series"]["columns"][3]["name"] == "<b>x</b>, </script>",
        "the column is %s" % run["series"]["columns"][3]["name"])


def verdicts(folder):
    def verdict(name, **change):
        return reporting.page_of(folder, name, frames=0, **change).data["runs"][0]["verdict"]
    good = verdict("good")
    expect(good["state"] == "holds" and "Mass balance 3e-7 (bound 1e-6)" in good["detail"], "good: %s" % good)
    leak = verdict("leak", extra={"balance": {"a": 1e-9, "b": 3e-5}})
    expect(leak["state"] == "broken" and leak["headline"].startswith("1 of") and "3e-5" in leak["detail"],
        "leak: %s" % leak)
    expect([c["pass"] for c in leak["checks"]].count(False) == 1, "leak: %s" % leak)
    expect(verdict("nan", extra={"balance": {"a": 1e-9, "b": None}})["state"] == "broken",
        "a balance that is no number holds")
    expect(verdict("finite", extra={"range_pM": {"a": [0, None]}})["state"] == "broken",
        "a level that is no number holds")
    failed = verdict("failed", status="failed: myokine is nan in voxel 3", extra={"balance": {}})
    expect(failed["state"] == "failed" and failed["detail"] == "myokine is nan in voxel 3", "failed: %s" % failed)
    expect(verdict("stopped", status="stopped")["state"] == "stopped", "stopped")
    running_ = verdict("running", status="running")
    expect(running_["state"] == "running" and " seconds before" in running_["detail"], "running: %s" % running_)
    killed = reporting.made_up(os.path.join(folder, "killed"), frames=0, status="running")
    for name in ("run.json", "series.csv", "frames"):
        os.utime(os.path.join(killed, name), (1e9, 1e9))
    reporting.report(killed)
    said = reporting.Page(os.path.join(killed, "report.html")).data["runs"][0]["verdict"]
    expect("at 2001-09-09 01:46 UTC" in said["detail"] and " days before" in said["detail"], "killed: %s" % said)


def damage(folder):
    said = reporting.report(os.path.join(folder, "nowhere"), status=4).stderr
    expect("not the folder of a run" in said, said)
    said = reporting.report(folder, status=4).stderr
    expect("it has no run.json" in said, said)
    out = reporting.made_up(os.path.join(folder, "damaged"), frames=2)
    record, series = os.path.join(out, "run.json"), os.path.join(out, "series.csv")
    whole = open(series, encoding="utf-8").read()
    for text, place, words in ((whole.replace("26,", "26,x", 1), ":3:", "expected a number, found 'x"),
        (whole + "1,2\n", ":53:", "expected 4 numbers, found 2"),
                               (whole + "1,2,3,4,5\n", ":53:", "more numbers than columns"), ("a,b\n1,2\n", ":1:",
                                   "no series of a run"), ("", ":1:", "names of columns"),
                               ('"time [d],x\n', ":1:", "quote is not closed"), ("time [d],x\nnan,1\n", ":2:",
                                   "without a time")):
        with open(series, "w", encoding="utf-8") as file:
            file.write(text)
        said = reporting.report(out, status=2).stderr
        expect("series.csv" + place in said and words in said, "%r: %s" % (words, said))
    expect(not os.path.exists(os.path.join(out, "report.html")), "a page of a damaged run")
    with open(series, "w", encoding="utf-8") as file:
        file.write("time [d],age [y],a [1]\n0,25,nan\n1,26,inf\n2,27,3\n")
    os.rename(os.path.join(out, "frames", "tissue_z0_0000.png"), os.path.join(out, "frames", "whole.png"))
    with open(os.path.join(out, "frames", "tissue_z0_0000.png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n half")
    os.mkfifo(os.path.join(out, "frames", "tissue_z0_0009.png"))
    reporting.report(out)
    run = reporting.Page(os.path.join(out, "report.html")).check().data["runs"][0]
    expect(run["series"]["columns"][2]["values"] == [None, None, 3], "gaps: %s" % run["series"]["columns"][2])
    expect(any("damaged" in text for text in run["missing"]),
        "nothing is said of the damaged pictures: %s" % run["missing"])
    os.remove(series)
    for path in os.listdir(os.path.join(out, "frames")):
        os.remove(os.path.join(out, "frames", path))
    os.rmdir(os.path.join(out, "frames"))
    reporting.report(out)
    run = reporting.Page(os.path.join(out, "report.html")).check().data["runs"][0]
    expect(run["series"] is None and run["films"] == [], "pieces that are not there")
    for text, words in (("{", "run.json:1:"), ("[]", "not the record of a run"), ("\xff", "run.json"),
        ('{"status": "done"}', "not the record"), ("", "run.json:1:")):
        with open(record, "w", encoding="latin-1") as file:
            file.write(text)
        said = reporting.report(out, status=2).stderr
        expect(words in said, "%r: %s" % (text, said))


def much(folder):
    out = reporting.made_up(os.path.join(folder, "long"), rows=100000, frames=0)
    lines = open(os.path.join(out, "series.csv"), encoding="utf-8").read().split("\n")
    lines[5001] = lines[5001].rsplit(",", 1)[0] + ",99"  # one row stands out, and is not lost
    with open(os.path.join(out, "series.csv"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    reporting.report(out)
    page = reporting.Page(os.path.join(out, "report.html"))
    series = page.data["runs"][0]["series"]
    expect(series["rows"] == 100000 and series["thinned"], "not thinned")
    time, _, muscle, myokine = [column["values"] for column in series["columns"]]
    expect(len(time) == len(myokine) <= 1600 and time == sorted(time), "%d points" % len(time))
    expect(time[0] == 0 and abs(time[-1] - 18262.5) < 1e-6 and max(myokine) == 99, "the ends or the peak are lost")
    expect(abs(min(muscle) - 0.9) < 1e-4 and abs(max(muscle) - 1.1) < 1e-4, "the range is lost")
    expect(len(page.text) < 500000, "%d bytes" % len(page.text))
    out = reporting.made_up(os.path.join(folder, "film"), frames=0)
    dice = random.Random(1)
    for k in range(40):  # 20 MB of pictures: only some fit, the first and the last among them
        path = os.path.join(out, "frames", "tissue_z0_%04d.png" % k)
        reporting.picture(path, (9, 9, 9), Time="%d d" % k)
        with open(path, "ab") as file:
            file.write(dice.randbytes(500000))
    reporting.report(out)
    size = os.path.getsize(os.path.join(out, "report.html"))
    page = reporting.Page(os.path.join(out, "report.html"))
    film = page.data["runs"][0]["films"][0]
    expect(film["packed"], "20 MB of pictures are not packed")
    with open(os.path.join(folder, "packed.png"), "wb") as file:
        file.write(page.blob(film["pictures"][-1]["blob"]))
    width, height, channels, _ = running.png(os.path.join(folder, "packed.png"))
    expect((width, height, channels) == (24, 18, 1), "packed into %d x %d" % (width, height))
    numbers = [p["number"] for p in film["pictures"]]
    expect(size < 15e6, "%.1f MB" % (size / 1e6))
    expect(film["count"] == 40 and numbers[0] == 0 and numbers[-1] == 39 and len(numbers) > 5, "kept %s" % numbers)


def drawn_later(folder):
    """Pictures of `crosstalk render` and films lie in folders of their own."""
    out = reporting.made_up(os.path.join(folder, "drawn"), frames=1)
    for name, file in (("render", "osteokine_view_0000.png"), ("films", "turn.apng")):
        os.makedirs(os.path.join(out, name))
        reporting.picture(os.path.join(out, name, file), (9, 9, 9), Title="Osteokine", Time="0 d")
    reporting.report(out)
    page = reporting.Page(os.path.join(out, "report.html")).check()
    run = page.data["runs"][0]
    expect([film["series"] for film in run["films"]] == ["myokine_z0", "render/osteokine_view", "tissue_z0"],
        "films %s" % [film["series"] for film in run["films"]])
    expect(page.blob(run["films"][1]["pictures"][0]["blob"])[1:4] == b"PNG", "the picture is not in the page")
    expect([movie["file"] for movie in run["movies"]] == ["films/turn.apng"], "movies %s" % run["movies"])
    running.run(os.path.join(running.ROOT, "scenes", "thigh.yaml"), out, ["clock.until=1 y"], ["--well-mixed", "--force"])
    run = reporting.Page(os.path.join(out, "report.html")).data["runs"][0]
    expect(run["films"] == [] and run["movies"] == [], "a run that replaces another shows the other's pictures")


def comparison(folder):
    one, other = (reporting.made_up(os.path.join(folder, name), title=name) for name in ("first", "second"))
    out = os.path.join(folder, "both.html")
    reporting.report(one, other, options=["-o", out])
    data = reporting.Page(out).check().data
    expect([run["name"] for run in data["runs"]] == ["first", "second"],
        "runs %s" % [run["name"] for run in data["runs"]])
    blobs = [p["blob"] for run in data["runs"] for film in run["films"] for p in film["pictures"]]
    expect(len(set(blobs)) == len(blobs) == 12, "blobs %s" % blobs)
    expect("--force" in reporting.report(one, other, options=["-o", out], status=4).stderr, "another page was replaced")
    reporting.report(one, other, options=["-o", out, "--force"])
    expect("at most 8" in reporting.report(*[one] * 9, options=["-o", out, "--force"], status=2).stderr, "nine runs")
    reporting.report(status=2)
    expect(not running.leftovers(folder), "left over: %s" % running.leftovers(folder))


if __name__ == "__main__":
    with running.scratch() as scratch:
        a_run_writes_its_page(scratch)
        texts_are_not_markup(scratch)
        verdicts(scratch)
        damage(scratch)
        much(scratch)
        drawn_later(scratch)
        comparison(scratch)
