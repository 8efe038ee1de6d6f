"use strict";
/* Drawing the view in space with WebGL2: textures, frames, and their average. Knows nothing of the page. */
window.crosstalk = window.crosstalk || {};

crosstalk.spaceDrawing = function (canvas) {
    const gl = canvas.getContext("webgl2", {alpha: false, antialias: false, depth: false, preserveDrawingBuffer: true,
        powerPreference: "high-performance"});
    if (!gl) return null;
    let march, present, textures, target, space, half;

    function program(fragment) {
        const made = gl.createProgram();
        for (const [kind, text] of [[gl.VERTEX_SHADER, crosstalk.spaceShader.corners], [gl.FRAGMENT_SHADER, fragment]]) {
            const shader = gl.createShader(kind);
            gl.shaderSource(shader, text);
            gl.compileShader(shader);
            gl.attachShader(made, shader);
        }
        gl.linkProgram(made);
        const at = {};
        const where = name => name in at ? at[name] : at[name] = gl.getUniformLocation(made, name);
        return {made, where};
    }

    /* Everything that a lost context takes with it. */
    function begin() {
        march = program(crosstalk.spaceShader.march);
        present = program(crosstalk.spaceShader.present);
        for (const {made} of [march, present])
            if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost())
                throw new Error("the shader does not compile: " + gl.getAttachedShaders(made).map(s => gl.getShaderInfoLog(s)).join(" ")
                    + gl.getProgramInfoLog(made));
        gl.bindVertexArray(gl.createVertexArray());
        gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
        textures = {};
        target = null;
        gl.getExtension("EXT_color_buffer_float") || gl.getExtension("EXT_color_buffer_half_float");
        gl.getExtension("EXT_float_blend");
    }

    function volume(name, dims, internal, format, type, data, mipmap, filter) {
        const texture = textures[name] = textures[name] || gl.createTexture();
        gl.bindTexture(gl.TEXTURE_3D, texture);
        gl.texImage3D(gl.TEXTURE_3D, 0, internal, ...dims, 0, format, type, data);
        for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R])
            gl.texParameteri(gl.TEXTURE_3D, side, gl.CLAMP_TO_EDGE);
        gl.texParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, filter);
        gl.texParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, mipmap ? gl.LINEAR_MIPMAP_LINEAR : filter);
        if (mipmap) gl.generateMipmap(gl.TEXTURE_3D);
    }

    function setTissues(about, surfaces) {
        space = about;
        half = space.size_mm.map(size => size / 2);
        const none = new Uint8Array(4);
        volume("sharesA", space.dims, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, surfaces.shares[0], true, gl.LINEAR);
        if (surfaces.shares[1])
            volume("sharesB", space.dims, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, surfaces.shares[1], true, gl.LINEAR);
        else volume("sharesB", [1, 1, 1], gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, none, false, gl.LINEAR);
        volume("labels", space.dims, gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE, surfaces.labels, false, gl.NEAREST);
    }

    function setBricks(dims, bricks) {
        volume("bricks", dims, gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT, bricks, false, gl.NEAREST);
    }

    /* null: no field. */
    function setField(known) {
        volume("field", known ? space.dims : [1, 1, 1], gl.RG8, gl.RG, gl.UNSIGNED_BYTE, known || new Uint8Array(2), false, gl.LINEAR);
    }

    /* hex: "rrggbb" * 256. */
    function setMap(hex) {
        const data = new Uint8Array(1024).fill(255);
        for (let i = 0; i < 256; i++) for (let k = 0; k < 3; k++)
            data[4 * i + k] = hex ? parseInt(hex.substr(6 * i + 2 * k, 2), 16) : i;
        textures.map = textures.map || gl.createTexture();
        gl.bindTexture(gl.TEXTURE_2D, textures.map);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.SRGB8_ALPHA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, data);
        for (const [key, value] of [[gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
            [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR]])
            gl.texParameteri(gl.TEXTURE_2D, key, value);
    }

    /* The picture under way, in half floats so that frames average without bands; at most one size is kept. */
    function frameOf(width, height) {
        if (target && target.width === width && target.height === height) return;
        if (target) { gl.deleteTexture(target.texture); gl.deleteFramebuffer(target.buffer); }
        target = {width, height, texture: gl.createTexture(), buffer: gl.createFramebuffer(), floats: true};
        gl.bindTexture(gl.TEXTURE_2D, target.texture);
        for (const [internal, type] of [[gl.RGBA16F, gl.HALF_FLOAT], [gl.RGBA8, gl.UNSIGNED_BYTE]]) {
            gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, gl.RGBA, type, null);
            gl.bindFramebuffer(gl.FRAMEBUFFER, target.buffer);
            gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0);
            target.floats = type === gl.HALF_FLOAT;
            if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE) break;
        }
        for (const [key, value] of [[gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
            [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR]])
            gl.texParameteri(gl.TEXTURE_2D, key, value);
    }

    function bind(at, names) {
        names.forEach((name, unit) => {
            gl.activeTexture(gl.TEXTURE0 + unit);
            gl.bindTexture(name === "map" ? gl.TEXTURE_2D : gl.TEXTURE_3D, textures[name]);
            gl.uniform1i(at(name), unit);
        });
        gl.activeTexture(gl.TEXTURE0);
    }

    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const colourOf = hex => [1, 3, 5].map(i => linear(parseInt(hex.substr(i, 2), 16) / 255));

    /* Rows from..to of frame `index` of a picture of width x height pixels. look: see space_camera.js and space.js. */
    function frame(look, width, height, index, from, to) {
        frameOf(width, height);
        const at = march.where;
        gl.useProgram(march.made);
        bind(at, ["sharesA", "sharesB", "field", "labels", "bricks", "map"]);
        gl.uniform1i(at("two"), space.tissues.length > 4 ? 1 : 0);
        gl.uniform3fv(at("box"), half);
        gl.uniform3fv(at("dims"), space.dims);
        gl.uniform3fv(at("gone0"), look.gone[0]);
        gl.uniform3fv(at("gone1"), look.gone[1]);
        gl.uniformMatrix3fv(at("turn"), false, look.camera.turn);
        gl.uniform3fv(at("eye"), look.camera.eye);
        gl.uniform2fv(at("view"), look.camera.view);
        gl.uniform1i(at("perspective"), look.camera.perspective ? 1 : 0);
        const opacity = Array.from({length: 8}, (_, k) => look.opacity[k] || 0);
        gl.uniform4fv(at("opacityA"), opacity.slice(0, 4));
        gl.uniform4fv(at("opacityB"), opacity.slice(4));
        gl.uniform3fv(at("colour"), Array.from({length: 9}, (_, k) => space.tissues[k] ? colourOf(space.tissues[k].colour) : [0, 0, 0]).flat());
        gl.uniform2fv(at("scale"), look.scale);
        gl.uniform1f(at("glow"), look.glow);
        gl.uniform1i(at("paint"), look.paint);
        gl.uniform2f(at("size"), width, height);
        gl.uniform1f(at("noise"), index * 0.6180339887 % 1);
        gl.uniform1f(at("stride"), look.stride);
        gl.uniform2f(at("shift"), index ? index * 0.7548776662 % 1 - 0.5 : 0, index ? index * 0.5698402910 % 1 - 0.5 : 0);
        gl.uniform1f(at("outline"), look.outline);
        gl.bindFramebuffer(gl.FRAMEBUFFER, target.buffer);
        gl.viewport(0, 0, width, height);
        gl.enable(gl.SCISSOR_TEST);
        gl.scissor(0, from, width, to - from);
        if (index && target.floats) { // the mean so far: each frame with weight 1 / (index + 1)
            gl.enable(gl.BLEND);
            gl.blendColor(0, 0, 0, 1 / (index + 1));
            gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
        }
        gl.drawArrays(gl.TRIANGLES, 0, 3);
        gl.disable(gl.BLEND);
        gl.disable(gl.SCISSOR_TEST);
    }

    /* Onto the screen, over the ground "#rrggbb". */
    function show(ground) {
        if (!target) return;
        const at = present.where;
        gl.bindFramebuffer(gl.FRAMEBUFFER, null);
        gl.viewport(0, 0, canvas.width, canvas.height);
        gl.useProgram(present.made);
        gl.activeTexture(gl.TEXTURE0);
        gl.bindTexture(gl.TEXTURE_2D, target.texture);
        gl.uniform1i(at("frames"), 0);
        gl.uniform3fv(at("ground"), [1, 3, 5].map(i => parseInt(ground.substr(i, 2), 16) / 255));
        gl.uniform2f(at("scale"), 1 / canvas.width, 1 / canvas.height);
        gl.drawArrays(gl.TRIANGLES, 0, 3);
        canvas.classList.remove("space-empty");
    }

    /* Wait until what was asked for is drawn: the only way to know how long it takes. */
    function finish() {
        gl.bindFramebuffer(gl.FRAMEBUFFER, target.buffer);
        gl.readPixels(0, 0, 1, 1, gl.RGBA, target.floats ? gl.FLOAT : gl.UNSIGNED_BYTE, target.floats ? new Float32Array(4) : new Uint8Array(4));
    }

    begin();
    return {begin, setTissues, setBricks, setField, setMap, frame, show, finish, average: () => !target || target.floats,
        largest: gl.getParameter(gl.MAX_3D_TEXTURE_SIZE), lost: () => gl.isContextLost()};
};
