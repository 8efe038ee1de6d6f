#include "app/args.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 48, HELP_COLUMN = 26, HELP_WIDTH = 96 };

static const xt_option *find(const xt_usage *usage, const char *name, size_t length) {
    for (int i = 0; i < usage->option_count; i++) {
        const xt_option *option = &usage->options[i];
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) return option;
        if (length == 2 && option->letter && name[0] == '-' && name[1] == option->letter) return option;
    }
    return NULL;
}

static xt_status unknown(const xt_usage *usage, const char *name, size_t length, xt_error *err) {
    const char *names[MOST_OPTIONS + 1] = {"--help"};
    int count = 1;
    for (int i = 0; i < usage->option_count && count <= MOST_OPTIONS; i++)
        names[count++] = usage->options[i].name;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), name);
    const char *nearest = xt_nearest(word, names, count);
    if (nearest)
        return xt_fail(err, XT_USAGE, "%s has no option '%s'; did you mean '%s'?", usage->name, word,
                       nearest);
    return xt_fail(err, XT_USAGE, "%s has no option '%s'; 'crosstalk %s --help' lists them", usage->name,
                   word, usage->name);
}

/* Every list takes room for all arguments at once: its texts stay together. */
static void add(xt_texts *list, const char *text, const char **room, int *used, int argc) {
    if (!list->text) {
        list->text = room + *used;
        *used += argc;
    }
    list->text[list->count++] = text;
}

static xt_status store(const xt_option *option, const char *value, const char **room, int *used, int argc,
                       xt_error *err) {
    if (option->kind == XT_OPTION_TEXT) {
        const char **to = option->to;
        if (*to) return xt_fail(err, XT_USAGE, "%s is given twice", option->name);
        if (!*value)
            return xt_fail(err, XT_USAGE, "%s needs a %s that is not empty", option->name, option->value);
        *to = value;
    } else if (option->kind == XT_OPTION_LIST) {
        xt_texts *to = option->to;
        add(to, value, room, used, argc);
    } else {
        char *end;
        const long number = strtol(value, &end, 10);
        if (end == value || *end || number < 1 || number > 100000)
            return xt_fail(err, XT_USAGE, "%s: expected a whole number from 1 to 100000, found '%s'",
                           option->name, value);
        *(int *)option->to = (int)number;
    }
    return XT_OK;
}

xt_status xt_args_parse(const char **argument, bool *help, const xt_usage *usage, int argc, char *const *argv,
                        const char **room, xt_error *err) {
    *argument = NULL;
    *help = false;
    int used = 0;
    bool options = true;
    for (int i = 0; i < argc; i++) /* whoever asks for help gets it, whatever else is wrong */
        if (strcmp(argv[i], "--") == 0)
            break;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            return XT_OK;
        }
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (options && strcmp(word, "--") == 0) {
            options = false;
            continue;
        }
        if (!options || word[0] != '-' || !word[1]) {
            if (!usage->positional)
                return xt_fail(err, XT_USAGE, "%s takes no argument, found '%s'", usage->name, word);
            if (usage->several) {
                add(usage->several, word, room, &used, argc);
            } else if (*argument)
                return xt_fail(err, XT_USAGE, "%s takes one %s, found '%s' and '%s'", usage->name,
                               usage->positional, *argument, word);
            if (!*argument) *argument = word;
            continue;
        }
        const bool is_long = word[1] == '-';
        const size_t length = is_long ? strcspn(word, "=") : 2;
        const xt_option *option = find(usage, word, length);
        if (!option) return unknown(usage, word, is_long ? length : strlen(word), err);
        const char *value = is_long ? (word[length] ? word + length + 1 : NULL) : (word[2] ? word + 2 : NULL);
        if (option->kind == XT_OPTION_FLAG) {
            if (value) return xt_fail(err, XT_USAGE, "%s takes no value, found '%s'", option->name, word);
            *(bool *)option->to = true;
            continue;
        }
        if (!value && i + 1 < argc) value = argv[++i];
        if (!value)
            return xt_fail(err, XT_USAGE, "%s needs a value: %s %s", option->name, option->name,
                           option->value);
        XT_TRY(store(option, value, room, &used, argc, err));
    }
    if (usage->positional && !*argument)
        return xt_fail(err, XT_USAGE, "%s needs a %s: crosstalk %s %s", usage->name, usage->positional,
                       usage->name, usage->arguments);
    return XT_OK;
}

/* `text` from HELP_COLUMN on, broken at blanks. */
static void wrapped(FILE *out, const char *text, int column) {
    while (*text) {
        size_t n = strcspn(text, "\n"), most = (size_t)(HELP_WIDTH - column);
        if (n > most) {
            for (n = most; n > 0 && text[n] != ' ';) n--;
            if (n == 0) n = most;
        }
        fprintf(out, "%.*s\n", (int)n, text);
        text += n;
        if (*text == '\n') text++;
        while (*text == ' ') text++;
        if (*text) fprintf(out, "%*s", column, "");
    }
}

void xt_args_help(FILE *out, const xt_usage *usage) {
    fprintf(out, "Usage: crosstalk %s%s%s\n\n", usage->name, *usage->arguments ? " " : "", usage->arguments);
    wrapped(out, usage->about, 0);
    fprintf(out, "\nOptions:\n");
    for (int i = 0; i <= usage->option_count; i++) {
        static const xt_option help = {"--help", 'h', XT_OPTION_FLAG, NULL, NULL, "show this and exit"};
        const xt_option *option = i < usage->option_count ? &usage->options[i] : &help;
        char left[64];
        const int n = snprintf(left, sizeof left, "  %s%c%s%s%s%s", option->letter ? "-" : " ",
                               option->letter ? option->letter : ' ', option->letter ? ", " : "  ",
                               option->name, option->value ? " " : "", option->value ? option->value : "");
        fprintf(out, "%s%*s", left, n < HELP_COLUMN ? HELP_COLUMN - n : 2, "");
        wrapped(out, option->about, HELP_COLUMN);
    }
    if (usage->more) {
        fprintf(out, "\n");
        wrapped(out, usage->more, 0);
    }
}
