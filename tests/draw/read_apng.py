"""An animated PNG read by the standard library alone, strictly: tests/draw/read_apng.py FILM [RAW]

Prints what it is as JSON. With RAW, a file of RGB pictures one after the other, the film must show exactly those."""
import json
import struct
import sys
import zlib


class Wrong(Exception):
    pass


def need(true, what):
    if not true:
        raise Wrong(what)


def chunks(data):
    need(data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG")
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        need(len(data) >= at + 12 + size, "cut off in %s" % kind)
        need(struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body),
             "chunk %s is damaged" % kind)
        yield kind, body
        at += 12 + size


def unfilter(packed, width, height):
    """Rows of RGB bytes."""
    stride = 3 * width
    raw = zlib.decompress(packed)
    need(len(raw) == height * (stride + 1), "%d bytes of pixels" % len(raw))
    above, rows = bytearray(stride), []
    for y in range(height):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        if kind == 1:
            for i in range(3, stride):
                row[i] = (row[i] + row[i - 3]) & 255
        elif kind == 2:
            row = bytearray((a + b) & 255 for a, b in zip(row, above))
        elif kind == 3:
            for i in range(stride):
                row[i] = (row[i] + ((row[i - 3] if i > 2 else 0) + above[i]) // 2) & 255
        elif kind == 4:
            for i in range(stride):
                a, b, c = (row[i - 3] if i > 2 else 0), above[i], (above[i - 3] if i > 2 else 0)
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                row[i] = (row[i] + (a if pa <= pb and pa <= pc else b if pb <= pc else c)) & 255
        else:
            need(kind == 0, "filter %d" % kind)
        rows.append(row)
        above = row
    return rows


def read(path):
    """(about, pictures): what the film says of itself, and each picture as shown, RGB bytes, one by one."""
    with open(path, "rb") as file:
        found = list(chunks(file.read()))
    kinds = [kind for kind, _ in found]
    need(kinds[0] == b"IHDR" and kinds[-1] == b"IEND" and kinds.count(b"acTL") == 1, "chunks %s" % kinds[:9])
    need(kinds.index(b"acTL") < kinds.index(b"fcTL") < kinds.index(b"IDAT"), "order %s" % kinds[:9])
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", found[0][1])
    need((depth, colour, rest) == (8, 2, [0, 0, 0]), "not plain RGB of 8 bits")
    about = {"width": width, "height": height, "text": {}, "delay": [], "area": []}
    key, sequence, controls, bodies = None, 0, [], []
    for kind, body in found:
        if kind == b"acTL":
            about["frames"], about["plays"] = struct.unpack(">II", body)
        elif kind == b"tRNS":
            key = bytes(body[1::2])
        elif kind == b"tEXt":
            name, text = body.split(b"\0", 1)
            about["text"][name.decode()] = text.decode("latin-1")
        elif kind == b"iTXt":
            name, text = body.split(b"\0", 1)
            need(text[:4] == b"\0\0\0\0", "iTXt %s" % text[:4])
            about["text"][name.decode()] = text[4:].decode()
        elif kind in (b"fcTL", b"fdAT"):
            need(struct.unpack(">I", body[:4])[0] == sequence, "sequence %d is %s" % (sequence, body[:4]))
            sequence += 1
            if kind == b"fcTL":
                controls.append(struct.unpack(">IIIIHHBB", body[4:]))
                bodies.append(b"")
            else:
                need(len(controls) > 1, "fdAT in the first frame")
                bodies[-1] += body[4:]
        elif kind == b"IDAT":
            need(len(controls) == 1, "IDAT outside the first frame")
            bodies[-1] += body
    need(len(controls) == about["frames"] > 0, "%d frames, %s are promised" % (len(controls), about["frames"]))
    need(controls[0][:4] == (width, height, 0, 0), "the first frame is not the whole picture")
    about["delay"] = [c[4] / (c[5] or 100) for c in controls]
    about["area"] = [c[0] * c[1] for c in controls]

    def pictures():
        shown = [bytearray(3 * width) for _ in range(height)]
        for (w, h, x, y, _, _, dispose, blend), packed in zip(controls, bodies):
            need(w > 0 and h > 0 and x + w <= width and y + h <= height, "a frame outside the picture")
            need(dispose == 0 and blend in (0, 1), "dispose %d, blend %d" % (dispose, blend))
            for k, row in enumerate(unfilter(packed, w, h)):
                line = shown[y + k]
                for i in range(w):
                    pixel = row[3 * i:3 * i + 3]
                    if pixel != key:
                        line[3 * (x + i):3 * (x + i) + 3] = pixel
                    else:
                        need(blend == 1, "a hole in the picture")
            yield b"".join(bytes(line) for line in shown)

    return about, pictures()


def still(path):
    """(width, height, RGB bytes) of a plain PNG of 8 bits without a palette."""
    with open(path, "rb") as file:
        found = list(chunks(file.read()))
    width, height, depth, colour = struct.unpack(">IIBB", found[0][1][:10])
    need((depth, colour) == (8, 2), "not plain RGB of 8 bits")
    packed = b"".join(body for kind, body in found if kind == b"IDAT")
    return width, height, b"".join(bytes(row) for row in unfilter(packed, width, height))


def main(path, raw=None):
    about, pictures = read(path)
    expected = open(raw, "rb") if raw else None
    for number, picture in enumerate(pictures):
        if expected:
            need(expected.read(len(picture)) == picture, "picture %d is another" % number)
    need(not expected or not expected.read(1), "pictures are missing")
    print(json.dumps(about))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Wrong as why:
        sys.exit("%s: %s" % (sys.argv[1], why))
