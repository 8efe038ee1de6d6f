"""A strict little terminal: what a program's bytes leave on the screen. Anything it does not know is an error."""
import base64
import re

CSI = re.compile(rb"\x1b\[([?]?)([0-9;]*)([A-Za-z])")
CUT = re.compile(rb"\x1b(\[[?]?[0-9;]*(?=[^0-9;?A-Za-z]|$)|(?=\x1b|$))")  # a terminal forgets it when something else begins


class Screen:
    def __init__(self, columns, rows, cut=False):
        """cut: the program may have been killed in the middle of a sequence or a character, and put that right."""
        self.cut = cut
        self.columns, self.rows = columns, rows
        self.lines = [[" "] * columns for _ in range(rows)]
        self.history = []
        self.x = self.y = 0
        self.saved = (0, 0)
        self.wrap = True
        self.held = False  # synchronised output
        self.plain = True  # no colour left on
        self.colours = 0   # sequences that set one
        self.pictures = []  # (kind, bytes, columns, rows)
        self.kitty = None
        self.questions = 0

    def text(self):
        return ["".join(line).rstrip() for line in self.history + self.lines]

    def feed(self, data):
        at = 0
        while at < len(data):
            at = self.step(data, at)

    def step(self, data, at):
        c = data[at]
        if c == 0x1b:
            return self.escape(data, at)
        if c == 0x0d:
            self.x = 0
        elif c == 0x0a:
            self.feed_line()
        elif c >= 0x20 and c != 0x7f:
            n = 1 if c < 0x80 else 2 if c < 0xe0 else 3 if c < 0xf0 else 4
            whole = data[at:at + n]
            if self.cut and b"\x1b" in whole:
                return at + whole.index(b"\x1b")
            self.put(whole.decode("utf-8"))
            return at + n
        else:
            raise ValueError("byte %#x at %d" % (c, at))
        return at + 1

    def feed_line(self):
        if self.y == self.rows - 1:
            self.history.append(self.lines.pop(0))
            self.lines.append([" "] * self.columns)
        else:
            self.y += 1

    def put(self, character):
        if self.x == self.columns:
            if self.wrap:
                self.x = 0
                self.feed_line()
            else:
                self.x = self.columns - 1
        self.lines[self.y][self.x] = character
        self.x += 1

    def escape(self, data, at):
        kind = data[at + 1:at + 2]
        if self.cut and CUT.match(data, at):
            return CUT.match(data, at).end()
        if kind == b"7":
            self.saved = (self.x, self.y)
            return at + 2
        if kind == b"8":
            self.x, self.y = self.saved
            return at + 2
        if kind in (b"_", b"P"):
            end = data.index(b"\x1b\\", at)
            (self.graphics if kind == b"_" else self.sixel)(data[at + 2:end])
            return end + 2
        if kind == b"]":
            end = data.index(b"\x07", at)
            head, _, body = data[at + 2:end].partition(b":")
            keys = dict(pair.split(b"=") for pair in head.split(b"File=")[1].split(b";"))
            self.pictures.append(("iterm", base64.b64decode(body, validate=True), int(keys[b"width"]), int(keys[b"height"])))
            return end + 1
        if kind == b"\\":  # the end of a string that was not begun: put right by a signal
            return at + 2
        found = CSI.match(data, at)
        if not found:
            raise ValueError("unknown sequence %r" % data[at:at + 12])
        self.control(found.group(1) + found.group(3), [int(n) for n in found.group(2).split(b";") if n])
        return found.end()

    def control(self, what, numbers):
        first = numbers[0] if numbers else 0
        if what == b"A":
            if first > self.y:
                raise ValueError("%d lines up from line %d" % (first, self.y))
            self.y -= first
        elif what == b"B":
            self.y = min(self.rows - 1, self.y + first)
        elif what == b"K" and first == 0:
            self.lines[self.y][self.x:] = [" "] * (self.columns - self.x)
        elif what == b"J" and first == 0:
            self.lines[self.y][self.x:] = [" "] * (self.columns - self.x)
            for line in self.lines[self.y + 1:]:
                line[:] = [" "] * self.columns
        elif what == b"m":
            self.plain = not numbers or numbers == [0]
            self.colours += not self.plain
        elif what in (b"?h", b"?l") and first == 7:
            self.wrap = what == b"?h"
        elif what in (b"?h", b"?l") and first == 2026:
            self.held = what == b"?h"
        elif what == b"c":
            self.questions += 1
        else:
            raise ValueError("unknown control %r %r" % (what, numbers))

    def graphics(self, body):
        head, _, payload = body[1:].partition(b";")
        keys = dict(pair.split(b"=") for pair in head.split(b","))
        if keys.get(b"q") != b"2":
            raise ValueError("the terminal would answer")
        if keys.get(b"a") == b"d":
            return
        if self.kitty is None:
            if keys.get(b"a") != b"T" or keys.get(b"f") != b"100" or keys.get(b"C") != b"1":
                raise ValueError("kitty: %r" % head)
            self.kitty = [b"", int(keys[b"c"]), int(keys[b"r"])]
        if len(payload) > 4096:
            raise ValueError("kitty: a chunk of %d" % len(payload))
        self.kitty[0] += payload
        if keys[b"m"] == b"0":
            data, columns, rows = self.kitty
            self.pictures.append(("kitty", base64.b64decode(data, validate=True), columns, rows))
            self.kitty = None

    def sixel(self, body):
        if not body.startswith(b"0;1q\"1;1;"):
            raise ValueError("sixel: %r" % body[:20])
        width, height = (int(n) for n in re.match(rb"0;1q\"1;1;(\d+);(\d+)", body).groups())
        self.pictures.append(("sixel", body, width, height))
