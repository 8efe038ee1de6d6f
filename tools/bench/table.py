#!/usr/bin/env python3
"""All benchmark records as one table: tools/bench/table.py [--html FILE] [RECORD.json ...]

Markdown to standard output and, with --html, a page that needs nothing but itself. Without names: everything in
records/ beside this file. Devices are ranked by the best verified step at 128^3 (or at the size nearest to it that a
record has, which then has no rank). What did not pass, and records that are quick or not complete, are listed and not ranked.
Python's standard library only.
"""
import argparse
import html
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
STEPS = ("step_blocked", "step")  # the best of them is a device's speed
SIZE = 128
ORDER = ("copy", "triad", "dot", "step", "step_blocked", "step_naive", "step_random", "step_from_zero", "rkc2", "elliptic",
         "remodel", "render")
NONE = "–"
EXPLAINED = ("Share of copy: bytes a second by the model, over what a copy of as many bytes reaches right after; blocked steps, "
             "caches and stores that go past them can bring it above 1. Error: against double precision, and right if it is no "
             "larger than the bound. B/update: the least bytes that a voxel's update must move, by the model.")


def load(paths):
    """Records with a name of their own; an array in a file is several."""
    records = []
    for path in paths:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            sys.exit(f"table.py: {path}: {error}")
        for record in content if isinstance(content, list) else [content]:
            if record.get("program") != "crosstalk" or record.get("format") != 1:
                sys.exit(f"{path}: not a benchmark record of format 1")
            records.append(record)
    return records


def name(record):
    return record.get("board") or record["device"]


def runtime(record):
    """The platform, and the driver's version where the platform's name does not hold it."""
    platform = record["platform"].replace("Portable Computing Language", "PoCL")
    return platform if record["driver"] in platform else f"{platform} {record['driver']}"


def passed(row):
    return row is not None and row["verdict"] == "PASS"


def whole(record):
    """Can it be ranked: all kernels at the usual sizes, with repeats of full length?"""
    return record.get("complete", True) and not record.get("quick")


def best_step(record):
    """The fastest verified step at the size nearest to SIZE, or None."""
    rows = [r for r in record["results"] if r["kernel"] in STEPS and passed(r)]
    if not rows or not whole(record):
        return None
    size = min((r["size"] for r in rows), key=lambda n: (abs(n - SIZE), n))
    return max((r for r in rows if r["size"] == size), key=lambda r: r["updates_per_s"])


def verdict(record):
    """What a reader must know first: does this device compute right?"""
    if not whole(record):
        return "quick" if record.get("quick") else "not complete"
    verdicts = [r["verdict"] for r in record["results"]]
    head = record.get("time_to_1e-3")
    if head:
        verdicts.append(head["verdict"])
    wrong = verdicts.count("FAIL")
    return f"FAIL ({wrong})" if wrong else "PASS" if "PASS" in verdicts else "NOT RUN"


def seconds(value):
    if value is None:
        return NONE
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def rate(value):
    return NONE if not value else f"{value / 1e9:.1f}"


def millions(value):
    return f"{value / 1e6:,.0f}" if value >= 1e8 else f"{value / 1e6:.3g}"


class Cell:
    """Text, what it sorts by, and a bar behind it (a share) or a mark (good, bad)."""

    def __init__(self, text, key=None, bar=None, mark=None, note=None):
        self.text, self.key, self.bar, self.mark, self.note = text, key, bar, mark, note


def verdict_cell(text, why=None):
    return Cell(text, text, mark={"P": "good", "F": "bad"}.get(text[:1]), note=why)


def share_cell(value):
    return Cell(NONE) if value is None else Cell(f"{value:.2f}", value, bar=min(value, 1.2) / 1.2)


def overview(records):
    """One row a device, ranked."""
    def order(record):
        step = best_step(record)
        ok = step is not None and step["size"] == SIZE and verdict(record) == "PASS"
        return (not ok, -step["updates_per_s"] if ok else 0, name(record))

    head = ["Rank", "Verdict", "Device", "Runtime", "Type", "Verified step, M voxels/s", "Size", "Share of copy", "Copy, GB/s",
            "Triad, GB/s", "Time to 1e\u20113", "Its size", "Its error", "Version"]
    rows = []
    for place, record in enumerate(sorted(records, key=order), 1):
        step = best_step(record)
        ranked = not order(record)[0]
        top = record.get("time_to_1e-3") or {}
        took = top.get("seconds") if top.get("verdict") == "PASS" else None
        error = top[top["method"]]["error"] if took else None
        rows.append([
            Cell(str(place) if ranked else NONE, place),
            verdict_cell(verdict(record)),
            Cell(name(record), name(record), note=f"{record['device']}, {record['compute_units']} units, "
                                                  f"{record['clock_mhz']} MHz, {record['memory_bytes'] / 2**30:.1f} GiB"),
            Cell(runtime(record), runtime(record), note=record["opencl"]),
            Cell(record["type"], record["type"]),
            Cell(millions(step["updates_per_s"]), step["updates_per_s"], note=step["kernel"]) if step else Cell(NONE),
            Cell(f"{step['size']}³", step["size"]) if step else Cell(NONE),
            share_cell(step["share_of_copy"] if step else None),
            Cell(rate(record["copy_bytes_per_s"]), record["copy_bytes_per_s"]),
            Cell(rate(record["triad_bytes_per_s"]), record["triad_bytes_per_s"]),
            Cell(seconds(took), took, note=top.get("method")),
            Cell(f"{top['size']}³", top["size"]) if took else Cell(NONE),
            Cell(f"{error:.1e}", error) if error is not None else Cell(NONE),
            Cell(record["version"], record["version"], note=f"{record['git']}, kernels {record['kernels']}"),
        ])
    return head, rows


def headline_table(records):
    """Time to a solution error of 1e-3, by both methods; the faster that is right ranks."""
    found = [(r["time_to_1e-3"], r) for r in records if "time_to_1e-3" in r]

    def right(entry):
        return entry[0]["verdict"] == "PASS" and entry[0].get("seconds") is not None and whole(entry[1])

    found.sort(key=lambda e: (not right(e), e[0].get("seconds") or 0, name(e[1])))
    head = ["Rank", "Verdict", "Device", "Runtime", "Size", "Time", "Method", *(f"{m}, {what}" for m in ("RKC2", "Euler")
                                                                   for what in ("time", "evaluations", "error"))]
    rows = []
    for place, (top, record) in enumerate(found, 1):
        cells = [Cell(str(place) if right((top, record)) else NONE, place), verdict_cell(top["verdict"], top.get("why")),
                 Cell(name(record), name(record)),
                 Cell(runtime(record), runtime(record)), Cell(f"{top['size']}³", top["size"]),
                 Cell(seconds(top.get("seconds")), top.get("seconds")), Cell(top.get("method") or NONE)]
        for method in ("rkc2", "euler"):
            one = top.get(method, {})
            took, count, error = one.get("seconds", {}).get("median"), one.get("evaluations"), one.get("error")
            cells += [Cell(seconds(took), took), Cell(f"{count:.0f}", count) if count else Cell(NONE),
                      Cell(f"{error:.1e}", error) if error is not None else Cell(NONE)]
        rows.append(cells)
    return head, rows


def sections(records):
    """Title, heading and rows of every table."""
    yield ("Devices", *overview(records))
    if any("time_to_1e-3" in record for record in records):
        yield ("Time to 1e-3", *headline_table(records))
    for kernel in kernels(records):
        yield (kernel, *kernel_table(records, kernel))


def kernels(records):
    found = {row["kernel"] for record in records for row in record["results"]}
    return [k for k in ORDER if k in found] + sorted(found - set(ORDER))


def kernel_table(records, kernel):
    """Devices and sizes of one kernel; within a size the verified ones first, by speed."""
    entries = [(row, record) for record in records for row in record["results"] if row["kernel"] == kernel]
    entries.sort(key=lambda e: (e[0]["size"], not (passed(e[0]) and whole(e[1])), not passed(e[0]), -e[0].get("updates_per_s", 0), name(e[1])))
    reads = any("share_of_read" in row for row, _ in entries)
    head = ["Rank", "Verdict", "Device", "Runtime", "Size", "Median", "Min", "Max", "M updates/s", "B/update", "GB/s",
            "Share of copy", *(["Share of read"] if reads else []), "Error", "Bound", "More"]
    rows, place, size = [], 0, None
    for row, record in entries:
        place, size = (1, row["size"]) if row["size"] != size else (place + 1, size)
        ranked = passed(row) and whole(record)
        times = row.get("seconds", {})
        timed = bool(times)
        more = [row["variant"]] if row.get("variant") else []
        more += [f"{key} {row[key]:.3g}" for key in ("iterations", "evaluations", "setup_s") if row.get(key) is not None]
        rows.append([
            Cell(str(place) if ranked else NONE, place),
            verdict_cell(row["verdict"], row.get("why")),
            Cell(name(record), name(record)),
            Cell(runtime(record), runtime(record)),
            Cell(f"{row['size']}³", row["size"]),
            *(Cell(seconds(times.get(k)), times.get(k)) for k in ("median", "min", "max")),
            Cell(millions(row["updates_per_s"]), row["updates_per_s"]) if timed else Cell(NONE),
            Cell(f"{row['bytes_per_update']:.4g}", row["bytes_per_update"]) if timed else Cell(NONE),
            Cell(rate(row["bytes_per_s"]), row["bytes_per_s"]) if timed else Cell(NONE),
            share_cell(row.get("share_of_copy")),
            *([share_cell(row.get("share_of_read"))] if reads else []),
            *(Cell(f"{row[k]:.1e}", row[k], note=row.get("against")) if row.get(k) is not None else Cell(NONE)
              for k in ("error", "bound")),
            Cell("; ".join(more) or row.get("why", "")),
        ])
    return head, rows


# ---- Markdown ----

def markdown(title, head, rows):
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append("| " + " | ".join(cell.text.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


# ---- HTML ----

def html_table(head, rows):
    out = ["<div class=wide><table><thead><tr>"]
    for k, text in enumerate(head):
        number = all(isinstance(row[k].key, (int, float)) or row[k].text == NONE for row in rows)
        out.append(f'<th aria-sort=none{" class=number" if number else ""}><button>{html.escape(text)}</button></th>')
    out.append("</tr></thead><tbody>")
    for row in rows:
        bad = any(cell.mark == "bad" for cell in row)
        out.append(f'<tr class="{"bad" if bad else ""}">')
        for cell in row:
            number = isinstance(cell.key, (int, float))
            attributes = f' data-key="{cell.key}"' if number else ""
            classes = " ".join(filter(None, ["number" if number or cell.text == NONE else "", cell.mark or ""]))
            style = f' style="--share:{cell.bar * 100:.1f}%"' if cell.bar is not None else ""
            classes += " share" if cell.bar is not None else ""
            note = f' title="{html.escape(cell.note, quote=True)}"' if cell.note else ""
            out.append(f'<td class="{classes.strip()}"{attributes}{style}{note}>{html.escape(cell.text)}</td>')
        out.append("</tr>")
    out.append("</tbody></table></div>")
    return "".join(out)


def anchor(title):
    return html.escape(title.lower().replace(" ", "-"))


def page(records):
    style, script = (HERE / part for part in ("table.css", "table.js"))
    tables = list(sections(records))
    links = " ".join(f'<a href="#{anchor(t)}">{html.escape(t)}</a>' for t, _, _ in tables)
    body = "".join(f'<section id="{anchor(t)}"><h2>{html.escape(t)}</h2>{html_table(h, r)}</section>'
                   for t, h, r in tables)
    return f"""<!doctype html>
<html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">
<title>Crosstalk: verified speed of OpenCL devices</title>
<style>{style.read_text(encoding="utf-8")}</style>
<header><h1>Verified speed of OpenCL devices</h1>
<p>Crosstalk's kernels, each against a copy of the same buffers at the same moments, each checked against double precision.
Ranked by the best verified step at {SIZE}³. What did not pass, or is not complete, is listed and not ranked. Click a heading
to sort.</p>
<p>{EXPLAINED}</p>
<nav>{links}</nav></header>
<main>{body}</main>
<script>{script.read_text(encoding="utf-8")}</script>
</html>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=pathlib.Path, metavar="FILE", help="also write the page there")
    parser.add_argument("records", nargs="*", type=pathlib.Path, help="records; default: all in records/")
    options = parser.parse_args()
    records = load(options.records or sorted((HERE / "records").glob("*.json")))
    if not records:
        sys.exit("table: there are no records")
    print(EXPLAINED + "\n")
    for title, head, rows in sections(records):
        print(markdown(title, head, rows))
    if options.html:
        try:
            options.html.write_text(page(records), encoding="utf-8")
        except OSError as error:
            sys.exit(f"table.py: {error}")


if __name__ == "__main__":
    main()
