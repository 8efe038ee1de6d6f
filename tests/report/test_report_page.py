"""The report in a real Chromium: curves tell their values, legends hide them, sliders move the pictures, it fits a phone and
paper, a later state keeps what its reader chose, and hostile texts stay texts."""
import math
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402
import reporting  # noqa: E402
from reporting import expect, running  # noqa: E402

CHART = "#curves .chart"
SVG = CHART + " svg[role=img]"
NOT_WIDER = "document.documentElement.scrollWidth <= innerWidth"
COLUMNS = ("muscle_mass [1]", "strength [1]", "plasma_myokine [pM]")


def number(text):
    return float(text.replace("\u202f", "").replace("\u2212", "-"))


def curves(page):
    page.hover(SVG, (0.4, 0.5))
    tip = page.wait("""(tip => !tip.hidden && {head: tip.querySelector('b').textContent,
        rows: [...tip.querySelectorAll('tr')].map(r => [r.cells[0].textContent, r.cells[1].textContent])})(document.querySelector('%s .tip'))""" % CHART)
    tip["within"] = page.js("""(([a, b]) => a.top >= b.top && a.bottom <= b.bottom + 40 && a.left >= 0 && a.right <= innerWidth)(
        ['%s .tip', '%s'].map(name => document.querySelector(name).getBoundingClientRect()))""" % (CHART, SVG))
    expect(tip["within"], "the tip does not lie on its chart")
    age = number(re.search(r"age (\S+) y", tip["head"]).group(1))
    row = round(age - 25)
    for name, value in tip["rows"]:
        k = ["Muscle mass", "Strength"].index(name)
        truth = 1 + (k + 1) * math.sin(row / 7) / 10
        expect(abs(number(value) - truth) < 2e-3, "%s at age %g is %s, not %.4f" % (name, age, value, truth))
    expect(len(tip["rows"]) == 2, "the tip tells %s" % tip)
    markers = page.js("[...document.querySelectorAll('#curves .chart')].map(c => c.querySelectorAll('.cursor').length)")
    expect(markers == [1] * len(markers) and len(markers) == 2, "cursors %s" % markers)

    page.focus(SVG)
    page.key("Home")
    page.key("ArrowRight", 2)
    said = page.js("document.querySelector('%s [aria-live]').textContent" % CHART)
    expect(said.startswith("age 27 y: Muscle mass 1.02"), "the keyboard reads: " + said)
    page.key("Escape")
    expect(page.js("document.querySelector('%s .tip').hidden" % CHART), "Escape leaves the tip")

    before = page.js("document.querySelectorAll('%s .curve').length" % SVG)
    page.click(CHART + " .legend button")
    after = page.js("document.querySelectorAll('%s .curve').length" % SVG)
    expect(after == before - 1, "the legend hides %d curves" % (before - after))
    expect(page.js("document.querySelector('%s .legend button').ariaPressed" % CHART) == "false",
        "the button does not say so")

    ticks = page.js("document.querySelector('%s').textContent" % SVG)
    page.click("#curves input[value=time]")
    expect(page.wait("document.querySelector('%s').textContent !== arguments[0]" % SVG, 5, ticks), "the axis stays")
    page.click("#curves input[value=age]")
    expect(page.js("document.querySelectorAll('#curves .event').length") > 0, "no mark of the event")
    expect("sessions 3 1/week" in page.js("document.querySelector('#curves').textContent"), "no word of the event")


def slices(page):
    image = "#slices .picture img"
    expect(page.js("document.querySelectorAll('#slices .thumbs input').length") == 2, "two quantities")
    expect(page.js("document.querySelector('%s').naturalWidth" % image) == 24, "the picture is not shown")
    last = page.pixels(image)
    alt = page.js("document.querySelector('%s').alt" % image)
    expect("Tissue (µ)" in alt and "across z at voxel 0" in alt and "age 75 y" in alt, "alt: " + alt)
    page.choose("#slice-time", 0)
    page.wait("document.querySelector('%s').alt.includes('age 25 y')" % image)
    page.wait("document.querySelector('%s').complete" % image)
    expect(chromium.changed(last, page.pixels(image)) > 0.5, "the slider shows the same picture")
    expect("age 25 y" in page.js("document.querySelector('#slices output').textContent"), "the time is not told")
    page.focus("#slice-time")
    page.key("ArrowRight")
    page.wait("document.querySelector('%s').alt.includes('age 50 y')" % image)
    page.click("#slices .thumbs li:nth-child(2) label")
    page.wait("document.querySelector('%s').alt.startsWith('Myokine') && document.querySelector('%s').alt.includes('age 50 y')" % (image, image))
    page.click("#slices .controls button")
    page.wait("document.querySelector('%s').alt.includes('age 75 y')" % image, 5)
    page.wait("document.querySelector('#slices .controls button').textContent === 'Play'", 5)


def numbers(page):
    page.click("#curves details summary")
    cells = page.js("[...document.querySelectorAll('#curves details tbody tr:last-child > *')].map(c => c.textContent)")
    truth = [1 + (k + 1) * math.sin(50 / 7) / 10 for k in range(3)]
    expect(cells[1] == "75" and all(abs(number(c) - t) < 1e-3 for c, t in zip(cells[2:], truth)),
        "the table ends with %s" % cells)
    saved = page.js("""return new Promise(done => { const old = URL.createObjectURL; URL.createObjectURL = blob => { blob.text().then(done); return old(blob); };
        document.querySelector('#curves details button').click(); })""").split("\n")
    expect(saved[0] == "time [d],age [y],muscle_mass [1],strength [1],plasma_myokine [pM]" and len(saved) == 53,
        "saved: %s" % saved[:2])


def later(page):
    """As a live page gets a later state: choices, focus and elements stay."""
    page.choose("#slice-time", 1)
    page.focus("#slice-time")
    kept = page.js("""{const data = structuredClone(crosstalk.data), svg = document.querySelector('#curves svg[role=img]');
        for (const column of data.runs[0].series.columns) column.values.push(column.values.at(-1) + (column.name === 'age' ? 5 : 1826));
        crosstalk.show(data);
        return [svg === document.querySelector('#curves svg[role=img]'), document.activeElement.id, Number(document.querySelector('#slice-time').value),
            document.querySelector('#curves .legend button').ariaPressed];}""")
    expect(kept == [True, "slice-time", 1, "false"], "after an update: %s" % kept)


def sizes(page, folder):
    for width, height, scale in (chromium.PHONE, (360, 640, 2), chromium.DESKTOP):
        page.size(width, height, scale)
        for dark in (False, True):
            page.media(dark=dark)
            page.wait("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
            expect(page.js(NOT_WIDER), "at %d pixels the page is %d wide" % (width,
                page.js("document.documentElement.scrollWidth")))
            corner = page.pixels()[-1, 0].astype(int).sum()
            expect(corner < 150 if dark else corner > 700, "the ground is %d" % corner)
    page.media(printed=True)
    shown = page.js("""['nav', '#slices .controls', '#slices .picture', '#slices .thumbs img', '#curves svg'].map(name =>
        document.querySelector(name).getClientRects().length > 0)""")
    expect(shown == [False, False, False, True, True], "on paper are shown %s" % shown)
    page.media()
    expect(len(page.pdf()) > 20000, "the PDF is empty")
    page.screenshot(os.path.join(folder, "page.png"), whole=True)


def words(page):
    text = page.js("document.body.innerText")
    for part in ("This run's numbers hold.", "Mass balance 3e-7 (bound 1e-6)", "1 of 1 published ranges is met",
        "Where the time went", "Not medical advice"):
        expect(part in text, "the page does not say: " + part)
    expect(page.js("[...document.querySelectorAll('img')].every(i => i.alt)"), "a picture without words")
    expect(page.js("[...document.querySelectorAll('th')].every(h => h.scope)"), "a heading of a table without scope")
    expect(page.js("[...document.querySelectorAll('button, input, select')].every(e => e.textContent.trim() || e.labels?.length || e.ariaLabel)"), "a control without a name")
    levels = page.js("[...document.querySelectorAll('h1, h2, h3')].filter(h => h.getClientRects().length).map(h => Number(h.tagName[1]))")
    expect(levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])),
        "headings %s" % levels)


def main(folder):
    run = reporting.made_up(os.path.join(folder, "run"), columns=COLUMNS)
    nasty = reporting.made_up(os.path.join(folder, "nasty"),
        title="</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">",
                              columns=("<img src=x onerror=document.title='owned'> [1]",
                                  "b [1]"), extra={"warnings": ["<script>document.title='owned'</script>"]})
    running_run = reporting.made_up(os.path.join(folder, "going"), rows=1, frames=1, status="running")
    strange = reporting.made_up(os.path.join(folder, "strange"), extra={"wall": {"parts": 7}, "mesh": {"dims": "x"}})
    both = os.path.join(folder, "both.html")
    for one in (run, nasty, running_run, strange):
        reporting.report(one)
    reporting.report(run, nasty, options=["-o", both])
    with chromium.browser() as page:
        seconds = page.open(os.path.join(run, "report.html"))
        expect(seconds < 20, "opening took %.1f s" % seconds)
        words(page)
        curves(page)
        slices(page)
        numbers(page)
        later(page)
        sizes(page, folder)
        page.open(os.path.join(nasty, "report.html"))
        expect(page.js("document.title").startswith("</script>")
            and page.js("document.querySelectorAll('h1 *').length") == 0, "a text became markup")
        page.open(os.path.join(strange, "report.html"))
        text = page.js("document.body.innerText")
        expect("cannot be shown" in text and "What this run proves" in text,
            "a strange record breaks more than its part")
        page.open(os.path.join(running_run, "report.html"))
        expect("has not ended, or ended without a word" in page.js("document.body.innerText"), "a running run does not say so")
        page.open(both)
        expect(page.js("document.querySelectorAll('#slices .picture').length") == 2, "pictures are not side by side")
        expect("Where the scenes differ" in page.js("document.body.innerText"), "differences are not listed")
        told = page.js("""{const data = structuredClone(crosstalk.data);
            for (const run of data.runs) run.series.columns = ["time d", "age y", "mat 1", "mat_percent %", "imat_percent %"].map((text, k) => {
                const [name, unit] = text.split(" ");
                return {name, unit, values: k < 2 ? [0, 1] : k === 2 ? [1, 1.5] : k === 3 ? [20, 30] : [5, 6]};});
            crosstalk.compare(data);
            return [...document.querySelectorAll('#changes .numbers tbody th')].map(cell => cell.textContent);}""")
        expect(told == ["Mat", "Imat percent"], "a share and the same thing relative to its start are listed twice: %s" % told)
        told = page.js("""{const [one, other] = [{output: {frames: [{show: ["a", "b"], pixels: 200}], views: [{show: [{field: "c"}]}]}},
            {output: {frames: [{show: ["a", "b"], pixels: 300}], views: [{show: [{field: "d"}]}]}}];
            return crosstalk.differences({runs: [one, other].map(scene => ({record: {scene, version: "1", git: "2"}}))});}""")
        expect(told == [["output.frames", '[{"show":["a","b"],"pixels":200}]', '[{"show":["a","b"],"pixels":300}]'],
            ["output.views", "c", "d"]], "differences in lists: %s" % told)
        page.size(*chromium.PHONE)
        expect(page.js(NOT_WIDER), "two runs do not fit a phone")


if __name__ == "__main__":
    chromium.tools()
    with running.scratch() as scratch:
        main(scratch)
