/* crosstalk render */
#include "app/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "app/again.h"
#include "base/file.h"

xt_status xt_render_stopped(const xt_render_job *job, int done, int all, xt_error *err) {
    if (!job->app->stop || !*job->app->stop) return XT_OK;
    return xt_fail(err, XT_STOPPED, "stopped by a signal after %d of %d pictures", done, all);
}

/* The moments asked for, in the order of time and each once; all of them if none is. An orbit stands still at
 * the last one unless moments are asked for. */
static xt_status choose_moments(int **moment, int *count, const xt_found *found, const xt_render_options *o,
                                xt_log *log, xt_error *err) {
    const int all = found->moment.count;
    bool *wanted = calloc((size_t)all, sizeof *wanted);
    *moment = calloc((size_t)all, sizeof **moment);
    *count = 0;
    if (!wanted || !*moment) {
        free(wanted);
        return xt_no_memory(err, "moments", (size_t)all * sizeof **moment);
    }
    xt_status status = XT_OK;
    for (int i = 0; i < all; i++) wanted[i] = o->time.count == 0 && (!o->orbit || i == all - 1);
    for (int i = 0; i < o->time.count && status == XT_OK; i++) {
        int at = 0;
        if (strcmp(o->time.text[i], "all") == 0)
            for (int k = 0; k < all; k++) wanted[k] = true;
        else if ((status = xt_found_time(&at, found, o->time.text[i], log, err)) == XT_OK)
            wanted[at] = true;
    }
    for (int i = 0; i < all; i++)
        if (wanted[i]) (*moment)[(*count)++] = i;
    free(wanted);
    return status;
}

static xt_status output_of(char **out, const xt_found *found, const xt_render_options *o, xt_error *err) {
    char *folder = NULL;
    if (o->out) return xt_path_join(out, "", o->out, err);
    if (found->is_run) return xt_path_join(out, found->path, "render", err);
    XT_TRY(xt_path_folder(&folder, found->path, err));
    const xt_status status = xt_path_join(out, folder, "render", err);
    free(folder);
    return status;
}

/* What only a view of the volume has. */
static xt_status check_slices(const xt_render_options *o, xt_error *err) {
    const struct {
        const char *name;
        bool given;
    } view[] = {{"--surface", o->surface.count > 0}, {"--cut", o->cut.count > 0}, {"--azimuth", o->azimuth},
                {"--elevation", o->elevation},       {"--roll", o->roll},         {"--zoom", o->zoom},
                {"--perspective", o->perspective},   {"--angle", o->angle},       {"--orbit", o->orbit > 0},
                {"--strength", o->strength},         {"--draft", o->draft}};
    for (size_t i = 0; o->slice.count && i < sizeof view / sizeof *view; i++)
        if (view[i].given)
            return xt_fail(err, XT_USAGE, "%s is for views of the volume; --slice asks for flat slices",
                           view[i].name);
    return XT_OK;
}

static xt_status render(xt_app *app, const char *path, const xt_render_options *o, const char *command,
                        xt_error *err) {
    xt_found found = {0};
    xt_snapshot last = {0};
    xt_view_request request = {0};
    xt_render_job job = {.app = app, .found = &found, .options = o, .request = &request, .fps = 12};
    int *moment = NULL;
    char *out = NULL, first[80];
    xt_error why = {0};
    xt_status status = XT_OK;
    XT_GO(check_slices(o, err));
    if (o->fps) XT_GO(xt_render_number(&job.fps, "--fps", o->fps, 0.1, 240, err));
    if (o->depth && o->depth != 8 && o->depth != 16) {
        status = xt_fail(err, XT_USAGE, "--depth: expected 8 or 16 bits a channel, found %d", o->depth);
        goto done;
    }
    XT_GO(xt_found_open(&found, path, &app->log, err));
    XT_GO(choose_moments(&moment, &job.moments, &found, o, &app->log, err));
    XT_GO(xt_snapshot_open(&last, &found, moment[job.moments - 1], err));
    XT_GO(xt_render_request(&request, o, &found, xt_snapshot_first_field(&last, first, sizeof first), err));
    xt_snapshot_close(&last);
    XT_GO(output_of(&out, &found, o, err));
    /* Few moments are looked at one by one; many go by like a film of some ten seconds. */
    if (!o->fps && !o->orbit) job.seconds = fmin(fmax(10.0 / job.moments, 1 / job.fps), 0.8);
    job.out = out;
    job.command = command;
    job.moment = moment;
    if (xt_font_open(&job.font, &why) != XT_OK)
        xt_log_warn(&app->log, "pictures will have no text: %s", why.text);
    XT_GO((o->slice.count ? xt_render_slices : xt_render_views)(&job, err));
    xt_log_info(&app->log, "see %s", out);
done:
    xt_font_close(job.font);
    xt_snapshot_close(&last);
    xt_view_request_clear(&request);
    xt_found_free(&found);
    free(moment);
    free(out);
    return status;
}

xt_status xt_render_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *path = NULL;
    xt_render_options o = {0};
    xt_text command = {0};
    const xt_option options[] = {
        {"--output", 'o', XT_OPTION_TEXT, &o.out, "OUT",
         "a folder (DIR/render), one picture that ends in .png, or a film: .apng, .mp4 or .webm"},
        {"--time", 't', XT_OPTION_LIST, &o.time, "TIME",
         "'10 y', 'age 62 y', first, last or all: the volume nearest to it; repeatable; default all, with "
         "--orbit "
         "the last"},
        {"--show", 's', XT_OPTION_LIST, &o.show, "FIELD",
         "what glows, as NAME[:LOW..HIGH][:log][:MAP][:xSTRENGTH][:0=0,0.3=0.1,1=1] (the last: opacity along "
         "the scale); tissue: nothing; repeatable, up to 4; default the scene's look, else the first field "
         "unless a surface has by="},
        {"--low", 0, XT_OPTION_TEXT, &o.low, "VALUE", "of one field: where its scale begins"},
        {"--high", 0, XT_OPTION_TEXT, &o.high, "VALUE",
         "and where it ends; default automatic, one for all times"},
        {"--log", 0, XT_OPTION_FLAG, &o.log, NULL, "logarithmic scale"},
        {"--map", 0, XT_OPTION_TEXT, &o.map, "MAP",
         "its colours: glow, ember, glacier, balance, amber, azure, rose"},
        {"--strength", 0, XT_OPTION_TEXT, &o.strength, "FACTOR", "times the extinction that suits the box"},
        {"--surface", 0, XT_OPTION_LIST, &o.surface, "TISSUE",
         "a surface around TISSUE[,TISSUE][:OPACITY][:#rrggbb][:by=FIELD]; body: all tissues; none: no "
         "surface; "
         "repeatable, up to 4, from the outside in"},
        {"--cut", 0, XT_OPTION_LIST, &o.cut, "PLANE",
         "take away what lies above AXIS[=PLACE], or below it with AXIS[=PLACE]:below; PLACE is 0.5 or 12mm; "
         "repeatable, up to 6. Where nothing glows and no --surface has an opacity below 1, faces laid open "
         "by a "
         "cut or by the ends of the box are opaque"},
        {"--slice", 0, XT_OPTION_LIST, &o.slice, "PLANE",
         "a flat slice across AXIS[=PLACE], or across a direction (1,0,2 or 1,0,2=5mm from the middle), "
         "instead of a "
         "view of the volume; needs no device; repeatable"},
        {"--azimuth", 0, XT_OPTION_TEXT, &o.azimuth, "DEGREES",
         "camera to the viewer's right; 0: from the front; 30"},
        {"--elevation", 0, XT_OPTION_TEXT, &o.elevation, "DEGREES",
         "from above; default by the volume's shape"},
        {"--roll", 0, XT_OPTION_TEXT, &o.roll, "DEGREES", "about the line of sight"},
        {"--zoom", 0, XT_OPTION_TEXT, &o.zoom, "FACTOR", "1: what there is fills the picture"},
        {"--perspective", 0, XT_OPTION_FLAG, &o.perspective, NULL,
         "default orthographic: one scale everywhere"},
        {"--angle", 0, XT_OPTION_TEXT, &o.angle, "DEGREES", "of view, in perspective; 30"},
        {"--orbit", 0, XT_OPTION_COUNT, &o.orbit, "N",
         "N pictures once around; the given times pass meanwhile"},
        {"--look", 0, XT_OPTION_COUNT, &o.look, "N",
         "begin with view N of the scene's `output.views`; 1 if there is one"},
        {"--title", 0, XT_OPTION_TEXT, &o.title, "TEXT", "heading"},
        {"--size", 0, XT_OPTION_TEXT, &o.size, "WxH", "pixels of the picture; 960x720"},
        {"--depth", 0, XT_OPTION_COUNT, &o.depth, "BITS", "of a channel of PNG, 8 or 16"},
        {"--fps", 0, XT_OPTION_TEXT, &o.fps, "N",
         "pictures a second of a film; 12, and for moments of a run long enough to look at each"},
        {"--dark", 0, XT_OPTION_FLAG, &o.dark, NULL, "light on dark; views are by default"},
        {"--light", 0, XT_OPTION_FLAG, &o.light, NULL, "dark on light; slices are by default"},
        {"--draft", 0, XT_OPTION_FLAG, &o.draft, NULL, "quick: coarse steps, no shadows"},
        {"--device", 0, XT_OPTION_TEXT, &o.device, "SPEC",
         "index, platform:device, part of a name, gpu or cpu ('crosstalk devices' lists them)"},
        {"--threads", 0, XT_OPTION_COUNT, &o.threads, "N",
         "CPU threads that an OpenCL runtime on the CPU may use"},
        {"--force", 0, XT_OPTION_FLAG, &o.force, NULL, "replace files that are there"},
        {"--quiet", 'q', XT_OPTION_FLAG, &o.quiet, NULL, "only warnings and errors"}};
    enum { COUNT = sizeof options / sizeof *options };
    const xt_usage usage = {
        .name = "render",
        .arguments = "DIR [options]",
        .about =
            "Pictures of the volumes that a run wrote, while it goes on or later: lit tissues with fields "
            "glowing inside. DIR may also be a .vti or .pvd file of any program.",
        .more = "crosstalk render out                                         a view of every time, in "
                "out/render\n"
                "crosstalk render out --show myokine --time last -o m.png     one picture\n"
                "crosstalk render out --orbit 72 -o turn.apng                 a film\n"
                "crosstalk render out --slice z=0.5 --show tissue --show f_fat  slices\n"
                "crosstalk render out --surface body:0.1 --surface cortex:1:by=myokine --cut y=0.5",
        .options = options,
        .option_count = COUNT,
        .positional = "DIR"};
    const char **room = malloc(((size_t)argc + 1) * 8 * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&path, &o.help, &usage, argc, argv, room, err));
    if (o.help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    xt_limit_threads(o.threads);
    if (o.quiet) app->log.level = XT_LOG_WARNING;
    xt_text_add(&command, "crosstalk render");
    for (int i = 0; i < argc; i++) { /* but what makes no difference to the picture */
        static const char *const other[] = {"--force", "--quiet", "-q"};
        bool same = false;
        for (int k = 0; k < 3; k++) same |= strcmp(argv[i], other[k]) == 0;
        if (!same) xt_command_word(&command, argv[i]);
    }
    XT_GO(xt_text_check(&command, "the command", err));
    XT_GO(render(app, path, &o, xt_text_get(&command), err));
done:
    xt_text_free(&command);
    free(room);
    return status;
}
