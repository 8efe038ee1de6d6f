"""What the tests of the report share: small runs made up or computed, and a page taken apart by an independent parser."""
import base64
import hashlib
import html.parser
import json
import math
import os
import re
import struct
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import running  # noqa: E402


def expect(condition, what):
    if not condition:
        running.fail(what)


class Page(html.parser.HTMLParser):
    """elements: [(name, attributes)]; scripts and styles: [(attributes, text)]; texts by the id of their section."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.elements, self.scripts, self.styles, self.title = [], [], [], ""
        self.inside = None
        self.feed(self.text)
        self.close()
        self.data = json.loads(self.script("data"))

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        self.inside = name
        if name in ("script", "style"):
            (self.scripts if name == "script" else self.styles).append([dict(attributes), ""])

    def handle_endtag(self, name):
        self.inside = None

    def handle_data(self, text):
        if self.inside == "script":
            self.scripts[-1][1] += text
        elif self.inside == "style":
            self.styles[-1][1] += text
        elif self.inside == "title":
            self.title += text

    def script(self, name):
        found = [text for attributes, text in self.scripts if attributes.get("id") == name]
        expect(len(found) == 1, "%d scripts are called %s" % (len(found), name))
        return found[0]

    def blob(self, name):
        return base64.b64decode(self.script(name), validate=True)

    def policy(self):
        found = [a["content"] for n, a in self.elements if n == "meta"
            and a.get("http-equiv") == "Content-Security-Policy"]
        expect(len(found) == 1, "no policy")
        return {part.split()[0]: part.split()[1:] for part in found[0].split(";") if part.strip()}

    def check(self):
        """Nothing from elsewhere, nothing that runs but what the policy names, each section with its heading."""
        policy = self.policy()
        expect(policy["default-src"] == ["'none'"] and policy["connect-src"] == ["'none'"],
            "the policy lets out: %s" % policy)
        for kind, parts in (("script-src", self.scripts), ("style-src", self.styles)):
            for attributes, text in parts:
                if attributes.get("type", "").startswith("application/"):
                    continue
                digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                expect("'sha256-%s'" % digest in policy[kind], "a part that the policy does not allow: %.80s" % text)
        for name, attributes in self.elements:
            for key, value in attributes.items():
                expect(not key.startswith("on") and key != "style", "%s has %s" % (name, key))
                if key in ("src", "href", "action", "data", "srcset", "poster"):
                    expect(value.startswith("#") or value.startswith("data:"), "%s refers to %.60s" % (name, value))
        expect(not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", self.text),
            "the page refers to another one")
        expect(("html", {"lang": "en"}) in self.elements, "no language")
        names = [name for name, _ in self.elements]
        for name in ("main", "header", "nav", "footer", "title"):
            expect(names.count(name) == 1, "%d %s" % (names.count(name), name))
        titles = {a["id"] for n, a in self.elements if n == "h2"}
        for name, attributes in self.elements:
            if name == "section":
                expect(attributes["aria-labelledby"] in titles, "a section without a heading: %s" % attributes)
        return self


def picture(path, shade, width=24, height=18, **text):
    """A small PNG of one colour with text metadata, as the program writes them."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes(shade) * width for _ in range(height))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    for key, value in text.items():
        data += chunk(b"iTXt", key.encode() + b"\0\0\0\0\0" + value.encode())
    with open(path, "wb") as file:
        file.write(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def made_up(folder, rows=51, title="A run", frames=3, status="done", extra=None,
    columns=("muscle_mass [1]", "plasma_myokine [pM]")):
    """A run's folder that no simulation wrote. Curve k of row i is 1 + (k + 1) sin(i / 7) / 10."""
    os.makedirs(os.path.join(folder, "frames"))
    record = {
        "program": "crosstalk", "version": "0.0.0", "git": "0", "status": status, "well_mixed": False, "model": "made_up", "model_file": "m.yaml",
        "device": {"platform": "P", "name": "D", "vendor": "V", "driver": "1", "version": "OpenCL 1.2",
            "compute_units": 1, "copy_bytes_per_s": 1e10},
        "mesh": {"dims": [4, 4, 1], "spacing_mm": [1, 1, 1], "voxels": 16}, "balance": {"myokine": 3e-7,
            "osteokine": 1e-9},
        "fraction_defect": 1e-8, "range_pM": {"myokine": [1, 2]}, "solver": {"solves": 4, "worst_residual": 5e-7,
            "acute_steps": 0, "rejected_steps": 0},
        "stepping": {"remodelling_steps": 9, "largest_step_error": 1e-4}, "bounds": {"balance": 1e-6,
            "fraction_defect": 1e-6, "residual": 1e-6, "step_error": 5e-3},
        "wall_s": 2.0, "wall": {"parts": [{"name": "rules", "seconds": 1.5, "share": 0.75},
            {"name": "other", "seconds": 0.5, "share": 0.25}], "writing_thread_s": 0.1},
        "stages": [{"name": "step", "seconds": 1.0, "bytes": 1e9, "launches": 3, "share_of_wall": 0.5,
            "share_of_copy_bandwidth": 0.1}],
        "warnings": [], "calibration": "Not medical advice.",
        "scene": {"format": 1, "title": title, "subject": {"sex": "female", "age": "25 y", "ageing": True},
            "drivers": {}, "clock": {"mode": "chronic", "until": "age 75 y"},
                  "events": [{"at": "age 50 y", "set": {"sessions": "3 1/week"}}], "numerics": {"tolerance": 1e-6}, "output": {"frames": [{"show": "tissue"}]},
                  "targets": [{"readout": "muscle_mass", "sex": "both", "from": "age 60 y", "to": "age 70 y",
                      "low": -90, "high": 90, "change": True, "about": "wide", "source": "nobody"}]},
    }
    record.update(extra or {})
    with open(os.path.join(folder, "run.json"), "w", encoding="utf-8") as file:
        json.dump(record, file)
    with open(os.path.join(folder, "series.csv"), "w", encoding="utf-8") as file:
        file.write("time [d],age [y]," + ",".join(columns) + "\n")
        for i in range(rows):
            values = [1 + (k + 1) * math.sin(i / 7) / 10 for k in range(len(columns))]
            file.write(",".join("%.9g" % v for v in [365.25 * 50 * i / max(rows - 1, 1), 25 + 50 * i / max(rows - 1, 1),
                *values]) + "\n")
    for k in range(frames):
        for name, shade in (("tissue", (200, 80 * k, 40)), ("myokine", (0, 80 * k, 200))):
            picture(os.path.join(folder, "frames", "%s_z0_%04d.png" % (name, k)), shade,
                Title=name.capitalize() + " (µ)",
                    Time="%g d" % (365.25 * 50 * k / max(frames - 1, 1)), Units="pM")
    return folder


def report(*dirs, status=0, options=()):
    return running.call([running.BINARY, "report", *dirs, *options], status=status)


def page_of(folder, name, **change):
    """The page of a run made up, taken apart and checked."""
    out = made_up(os.path.join(folder, name), **change)
    report(out)
    return Page(os.path.join(out, "report.html")).check()
