"""How the Python tests run the program and read what it leaves. The binary's path is in CROSSTALK."""
import contextlib
import csv
import glob
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

BINARY = os.environ.get("CROSSTALK", "build/crosstalk")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Columns of series.csv that other people's scripts rely on.
COLUMNS = [
    "time [d]", "age [y]", "muscle_mass [1]", "strength [1]", "trabecular_bone [1]", "cortical_bone [1]", "imat [1]",
    "mat [1]", "msc_pool [1]", "osteogenic_share [1]", "osteoclast_activity [1]", "osteoblast_activity [1]",
    "senescent_cargo [1]", "plasma_osteokine [pM]", "plasma_myokine [pM]", "plasma_adipokine [pM]",
    "plasma_vesicle [pM]",
]


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def fail(reason):
    print("FAILED:", reason, file=sys.stderr)
    sys.exit(1)


@contextlib.contextmanager
def scratch():
    """A folder that goes away again, unless KEEP is set."""
    folder = tempfile.mkdtemp(prefix="crosstalk-test-")
    try:
        yield folder
    finally:
        if os.environ.get("KEEP"):
            print("kept:", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def command(scene, out, sets=(), options=()):
    words = [BINARY, "run", scene, "-o", out, "--quiet", *options]
    for text in sets:
        words += ["--set", text]
    return words


def environment(**changes):
    return dict(os.environ, POCL_SIGFPE_HANDLER="0", **changes)


def call(words, status=0, env=None, timeout=300):
    """Run to the end; any other exit status than `status` fails the test with what the program said."""
    done = subprocess.run(words, capture_output=True, text=True, env=env or environment(), timeout=timeout,
                          stdin=subprocess.DEVNULL)
    if done.returncode != status:
        fail("%s\nexit status %d instead of %d\n%s%s" % (" ".join(words), done.returncode, status, done.stdout,
                                                         done.stderr))
    return done


def run(scene, out, sets=(), options=(), status=0, env=None, timeout=300):
    return call(command(scene, out, sets, options), status, env, timeout)


def record(out):
    with open(os.path.join(out, "run.json"), encoding="utf-8") as file:
        return json.load(file)


def series(out):
    """Rows of series.csv as dicts of floats."""
    with open(os.path.join(out, "series.csv"), encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def png(path):
    """(width, height, channels, pixel bytes as filtered) of a PNG whose every chunk checks."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        fail(path + " is not a PNG")
    at, kinds, packed, head = 8, [], b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] != zlib.crc32(kind + body):
            fail("%s: chunk %s is damaged" % (path, kind))
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed += body
        kinds.append(kind)
        at += 12 + size
    if kinds[0] != b"IHDR" or kinds[-1] != b"IEND":
        fail(path + " is not complete")
    width, height, depth, colour = head[:4]
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    pixels = zlib.decompress(packed)
    if len(pixels) != height * (1 + (width * channels * depth + 7) // 8):
        fail(path + " has another number of pixels than it says")
    return width, height, channels, pixels


def blocks(path):
    """{name: bytes} of a checkpoint (format: host/observe/checkpoint.h), every checksum verified."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x89XTCK\r\n\x1a":
        fail(path + " is not a checkpoint")
    at, last = 0, 0

    def checked(size):
        nonlocal at, last
        crc = zlib.crc32(data[last:at + size])
        body = data[at:at + size]
        if struct.unpack("<I", data[at + size:at + size + 4])[0] != crc:
            fail("%s is damaged before byte %d" % (path, at + size))
        at += size + 4
        last = at
        return body

    head = checked(100 - 4)
    serial, meta = struct.unpack("<Q", head[16:24])[0], struct.unpack("<Q", head[88:96])[0]
    checked(meta)
    found = {}
    while True:
        header = checked(48)
        name = header[:32].rstrip(b"\0").decode()
        width, _, size = struct.unpack("<IIQ", header[32:48])
        if not name:
            break
        found[name] = checked(size)
    if at != len(data):
        fail(path + " goes on after its end")
    return serial, found


def newest_checkpoint(out):
    paths = [os.path.join(out, "checkpoint", slot) for slot in ("state-A", "state-B")]
    return max((blocks(path) for path in paths if os.path.exists(path)), key=lambda pair: pair[0])


def content(out):
    """{what: digest} of everything in a run's folder that must not depend on when the run was interrupted."""
    found = {}

    def add(name, data):
        found[name] = hashlib.sha256(data).hexdigest()

    with open(os.path.join(out, "series.csv"), "rb") as file:
        add("series.csv", file.read())
    for path in sorted(glob.glob(os.path.join(out, "frames", "*.png"))):
        width, height, channels, pixels = png(path)
        add("frames/" + os.path.basename(path), struct.pack("<III", width, height, channels) + pixels)
    for path in sorted(glob.glob(os.path.join(out, "films", "*.apng"))):
        with open(path, "rb") as file:
            add("films/" + os.path.basename(path), file.read())
    for path in sorted(glob.glob(os.path.join(out, "volumes", "*.*"))):
        if ".tmp-" in path:
            continue
        with open(path, "rb") as file:
            add("volumes/" + os.path.basename(path), file.read())
    collection = os.path.join(out, "volumes.pvd")
    if os.path.exists(collection):
        with open(collection, "rb") as file:
            add("volumes.pvd", file.read())
    for name, data in newest_checkpoint(out)[1].items():
        add("checkpoint:" + name, data)
    return found


def differences(one, other):
    return sorted(name for name in set(one) | set(other) if one.get(name) != other.get(name))


def leftovers(out):
    """Files that a dead or failed run left under a temporary name."""
    return [path for path in glob.glob(os.path.join(out, "**", "*"), recursive=True) if ".tmp-" in path]
