"""A quick benchmark makes a valid record in which all passes; the records that are kept are valid; the table ranks
what passed and lists the rest without a rank."""
import copy
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

try:
    import jsonschema
except ImportError:
    running.skip("python3-jsonschema is not installed")

TOOLS = os.path.join(running.ROOT, "tools", "bench")
with open(os.path.join(TOOLS, "record.schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)


def valid(record, name):
    try:
        jsonschema.validate(record, SCHEMA)
    except jsonschema.ValidationError as error:
        running.fail(f"{name}: {'/'.join(map(str, error.path))}: {error.message}")


def bench(*options):
    return subprocess.run([running.BINARY, "bench", *options], env=running.environment(), capture_output=True, text=True,
                          check=False)


def quick(folder):
    """Every kernel at 16^3."""
    path = os.path.join(folder, "record.json")
    done = bench("--size", "16", "--quick", "--json", path)
    if done.returncode != 0:
        running.fail(f"bench ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    with open(path, encoding="utf-8") as text:
        record = json.load(text)
    valid(record, "the record of this run")
    listed = [line.split()[0] for line in bench("--list").stdout.splitlines()]
    ran = {row["kernel"]: row["verdict"] for row in record["results"]}
    for name in listed:
        if name != "headline" and ran.get(name) != "PASS":
            running.fail(f"{name}: {ran.get(name)}")
    if "headline" in listed and record.get("time_to_1e-3", {}).get("verdict") != "PASS":
        running.fail(f"headline: {record.get('time_to_1e-3')}")
    if record["complete"] or record["only_size"] != 16:
        running.fail("a record of one size calls itself complete")
    return record


def files(folder):
    """A record that cannot be written is refused before anything is measured; what is there is kept."""
    there = os.path.join(folder, "there.json")
    with open(there, "w", encoding="utf-8") as text:
        text.write("kept")
    for path in (there, os.path.join(folder, "no", "record.json")):
        done = bench("--size", "16", "--quick", "--json", path)
        if done.returncode != 4 or done.stdout:
            running.fail(f"--json {path}: {done.returncode}, {done.stdout}")
    with open(there, encoding="utf-8") as text:
        if text.read() != "kept":
            running.fail("a record was replaced without --force")


def nothing_runs(memory):
    if memory > 200e9:  # it would fit
        return
    done = bench("--size", "1024", "--kernel", "remodel")
    if done.returncode != 5 or "NOT RUN" not in done.stdout:
        running.fail(f"what does not fit: {done.returncode}, {done.stdout}")


def wrong_names():
    done = bench("--kernel", "copy,trriad")
    if done.returncode != 2 or "did you mean 'triad'" not in done.stderr:
        running.fail(f"a wrong kernel name: {done.returncode}, {done.stderr}")


def kept():
    names = sorted(n for n in os.listdir(os.path.join(TOOLS, "records")) if n.endswith(".json"))
    for name in names:
        with open(os.path.join(TOOLS, "records", name), encoding="utf-8") as text:
            valid(json.load(text), name)
    print(f"{len(names)} records kept, all valid")


def table(folder, record):
    """A fast one that is wrong must not lead, nor one that did not run all."""
    records = []
    for name, factor, verdict in (("slow", 1, "PASS"), ("fast", 3, "PASS"), ("wrong", 9, "FAIL"), ("part", 8, "PASS")):
        one = copy.deepcopy(record)
        one["device"], one["quick"], one["complete"] = name, False, name != "part"
        for row in one["results"]:
            row["size"] = 128
            row["updates_per_s"] *= factor
            if verdict == "FAIL":
                row["verdict"], row["why"] = "FAIL", "made so by the test"
                row["seconds"]["repeats"] = row["seconds"]["repeats"][:2]  # as where it fails while it is timed
        valid(one, name)
        records.append(one)
    source, page = os.path.join(folder, "many.json"), os.path.join(folder, "page.html")
    with open(source, "w", encoding="utf-8") as text:
        json.dump(records, text)
    made = subprocess.run([sys.executable, os.path.join(TOOLS, "table.py"), "--html", page, source], capture_output=True,
                          text=True, check=True).stdout
    rows = [line for line in made.splitlines() if line.startswith("|") and "copy" not in line.split("|")[0]]
    order = [name for line in rows for name in ("fast", "slow", "wrong") if f" {name} " in line]
    if order[:3] != ["fast", "slow", "wrong"]:
        running.fail(f"ranked {order}:\n{made}")
    wrong = next(line for line in rows if " wrong " in line)
    if wrong.split("|")[1].strip() != "–" or "FAIL" not in wrong:
        running.fail(f"a FAIL has a rank: {wrong}")
    parts = [line.split("|")[1].strip() for line in rows if " part " in line]
    if not parts or set(parts) != {"–"}:
        running.fail(f"a record that is not complete has ranks: {parts}")
    if not any(line.startswith("| 1 ") and " fast " in line for line in rows):
        running.fail("the fastest that is right and complete is not the first")
    with open(page, encoding="utf-8") as text:
        html = text.read()
    if "http" in html.replace("http://www.w3.org", "") or "<script src" in html or "wrong" not in html:
        running.fail("the page refers to the network, or lacks a device")


with running.scratch() as scratch:
    made = quick(scratch)
    wrong_names()
    files(scratch)
    nothing_runs(made["memory_bytes"])
    kept()
    table(scratch, made)
