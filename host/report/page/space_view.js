"use strict";
/* The picture and the hand on it: a canvas that draws when something changed, coarse while it moves, fine when it is
 * still; mouse, touch and keys. Knows no controls. `look` is the state that is drawn; `said` is called when the reader
 * has changed it by hand ("view") or the picture is still ("still"). */
window.crosstalk = window.crosstalk || {};

crosstalk.spaceView = function (canvas, look, camera, said) {
    const drawing = crosstalk.spaceDrawing(canvas);
    if (!drawing) return null;
    const sharpest = 2; // device pixels per CSS pixel
    let pixels = 1.6e6; // of a still picture
    let ready = false, asked = false, seen = true, moved = 0, coarse = 0.6, refine = null, band = 64, frames = 0, slow = false, preview = false, ground = "#ffffff";

    /* ---- when to draw ---- */

    function state(name) {
        if (canvas.dataset.state === name) return;
        canvas.dataset.state = name;
        if (name === "still") said("still");
    }
    function ask() {
        if (asked || !ready || !seen || document.hidden || drawing.lost() || canvas.dataset.state === "still") return;
        asked = true;
        requestAnimationFrame(work);
    }
    /* Something changed. moving: more will follow at once. */
    function change(moving) {
        moved = moving ? performance.now() : 0;
        preview = slow && !moving; // what the words say is soon seen, if coarse
        refine = null;
        state("busy");
        ask();
    }
    function resize() {
        const box = canvas.getBoundingClientRect();
        if (!box.width || !box.height) return;
        let scale = Math.min(window.devicePixelRatio || 1, sharpest);
        scale *= Math.min(1, Math.sqrt(pixels / (box.width * box.height * scale * scale)));
        const width = Math.max(1, Math.round(box.width * scale)), height = Math.max(1, Math.round(box.height * scale));
        if (canvas.width === width && canvas.height === height) return;
        canvas.width = width;
        canvas.height = height;
        if (ready) { change(true); coarseFrame(); } // the resized canvas is empty until something is drawn
    }

    /* ---- drawing ---- */

    function now() {
        look.camera = camera.camera(look.view, canvas.width / canvas.height);
        const mm = camera.height(look.view, 1) / canvas.height;
        look.outline = Math.max(0.55 * mm, 0.02 * look.voxel);
    }
    function coarseFrame() {
        now();
        look.stride = 1.2;
        const width = Math.max(1, Math.round(canvas.width * coarse)), height = Math.max(1, Math.round(canvas.height * coarse));
        const start = performance.now();
        drawing.frame(look, width, height, 0, 0, height);
        drawing.show(ground);
        drawing.finish();
        const took = performance.now() - start; // as fine as 30 pictures a second allow
        coarse = Math.max(0.2, Math.min(1, coarse * Math.max(0.6, Math.min(1.25, Math.sqrt(28 / Math.max(took, 1))))));
    }
    function refineSome() {
        if (!refine) {
            now();
            refine = {index: 0, row: 0};
        }
        look.stride = 0.7;
        const start = performance.now(), to = Math.min(canvas.height, refine.row + band);
        drawing.frame(look, canvas.width, canvas.height, refine.index, refine.row, to);
        refine.row = to;
        const done = to === canvas.height;
        if (done) drawing.show(ground);
        drawing.finish();
        const took = performance.now() - start;
        band = Math.max(8, Math.min(8192, Math.round(band * Math.max(0.5, Math.min(2, 40 / Math.max(took, 1))))));
        refine.took = (refine.took || 0) + took;
        if (done) {
            if (!refine.index) slow = refine.took > 250;
            // A still picture is the mean of so many frames: fewer where one takes long, the same number ever after.
            if (!frames) frames = !drawing.average() ? 1 : refine.took < 250 ? 16 : refine.took < 1000 ? 8 : 4;
            refine.index++;
            refine.row = 0;
        }
        return frames > 0 && refine.index >= frames;
    }
    function work() {
        asked = false;
        if (!seen || document.hidden || drawing.lost()) return;
        const idle = performance.now() - moved;
        if (moved && idle < 160) {
            if (!refine) coarseFrame();
            refine = null;
            if (idle > 40) setTimeout(ask, 60); // wait for rest without turning over
            else ask();
            return;
        }
        if (preview && !refine) {
            preview = false;
            coarseFrame();
            ask();
        } else if (refineSome()) state("still");
        else ask();
    }

    /* ---- hands ---- */

    const fingers = new Map();
    let spread = null;
    function hand(event) { return [event.clientX, event.clientY]; }
    function pan(dx, dy) {
        const mm = camera.height(look.view, 1) / canvas.getBoundingClientRect().height;
        look.view.pan = [look.view.pan[0] - dx * mm, look.view.pan[1] + dy * mm];
    }
    function zoom(factor) { look.view.zoom = Math.max(0.5, Math.min(20, look.view.zoom * factor)); }
    function touched() { said("view"); change(true); }

    canvas.addEventListener("pointerdown", event => {
        canvas.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, hand(event));
        spread = null;
    });
    canvas.addEventListener("pointermove", event => {
        const before = fingers.get(event.pointerId);
        if (!before) return;
        const after = hand(event), dx = after[0] - before[0], dy = after[1] - before[1];
        if (!dx && !dy) return;
        fingers.set(event.pointerId, after);
        if (fingers.size >= 2) {
            const [a, b] = [...fingers.values()], size = Math.hypot(a[0] - b[0], a[1] - b[1]);
            if (spread) zoom(size / spread);
            spread = size;
            pan(dx / 2, dy / 2);
        } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4) pan(dx, dy);
        else camera.turn(look.view, dx * 0.5, dy * 0.5);
        touched();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
        canvas.addEventListener(name, event => { fingers.delete(event.pointerId); spread = null; });
    canvas.addEventListener("contextmenu", event => event.preventDefault());
    canvas.addEventListener("wheel", event => {
        // The page scrolls past the picture; who wants to zoom has it in focus, or holds Ctrl (as a pinch does).
        if (document.activeElement !== canvas && !event.ctrlKey) return;
        event.preventDefault();
        zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
        touched();
    }, {passive: false});
    canvas.addEventListener("keydown", event => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
        if (step && event.shiftKey) pan(step[0] * 20, step[1] * 20);
        else if (step) camera.turn(look.view, step[0] * 10, step[1] * 10);
        else if (event.key === "+" || event.key === "=") zoom(1.2);
        else if (event.key === "-") zoom(1 / 1.2);
        else if (event.key === "Home") reset();
        else return;
        event.preventDefault();
        touched();
    });
    function reset() { Object.assign(look.view, camera.home, {pan: [0, 0], perspective: look.view.perspective}); }

    /* ---- the world around ---- */

    canvas.addEventListener("webglcontextlost", event => {
        event.preventDefault();
        ready = false;
        state("lost");
    });
    canvas.addEventListener("webglcontextrestored", () => { drawing.begin(); said("restored"); });
    document.addEventListener("visibilitychange", ask);
    new IntersectionObserver(entries => { seen = entries[entries.length - 1].isIntersecting; ask(); }, {rootMargin: "200px"}).observe(canvas);
    new ResizeObserver(resize).observe(canvas);
    let ratio;
    (function watchRatio() { // a window dragged to another screen, or zoomed
        ratio = window.matchMedia("(resolution: " + window.devicePixelRatio + "dppx)");
        ratio.addEventListener("change", () => { resize(); watchRatio(); }, {once: true});
    })();

    return {drawing, change, resize, reset, zoom,
        /* So many frames and pixels from now on, however long they take. */
        setQuality(count, most) {
            [frames, pixels] = [count, most];
            resize();
            change(false);
        },
        begin() { ready = true; resize(); change(false); },
        setGround(hex) { ground = hex; if (ready && !drawing.lost()) drawing.show(ground); },
        /* Draw what is not drawn yet, at once: before a page is printed or the picture is kept. */
        complete() {
            if (!ready || drawing.lost()) return;
            if (canvas.dataset.state === "still") { drawing.show(ground); return; }
            resize();
            refine = null;
            for (band = 8192; !refineSome(); ) { /* all frames */ }
            state("still");
        }};
};
