#include "model/keys.h"

#include <stdio.h>
#include <string.h>

/* path, kind, unit, required, about, shorthand. A parent comes before its children. */
static const xt_key keys[] = {
    {"", XT_KEY_MAP, NULL, true, "A Crosstalk model: the biology as data.", NULL},
    {"format", XT_KEY_VERSION, NULL, true, "Version of the format: 1.", NULL},
    {"name", XT_KEY_NAME, NULL, true, "Short name of the model.", NULL},
    {"description", XT_KEY_TEXT, NULL, false, "What the model is and where it comes from.", NULL},

    {"parameters", XT_KEY_MAP, NULL, false, "Constants that formulas may use and scenes may override.", NULL},
    {"parameters.*", XT_KEY_MAP, NULL, false, "A constant.", "value"},
    {"parameters.*.value", XT_KEY_QUANTITY, NULL, true, "Its value.", NULL},
    {"parameters.*.about", XT_KEY_TEXT, NULL, false, "Its meaning and source.", NULL},

    {"settings", XT_KEY_MAP, NULL, false, "What scenes set and events change.", NULL},
    {"settings.*", XT_KEY_MAP, NULL, false,
     "A setting. Without default it is not given unless a scene sets it.", "default"},
    {"settings.*.default", XT_KEY_QUANTITY, NULL, false, "Its value if the scene says nothing.", NULL},
    {"settings.*.range", XT_KEY_RANGE, NULL, false, "Lowest and highest value.", NULL},
    {"settings.*.unit", XT_KEY_UNIT, NULL, false, "Its unit, where neither default nor range shows it.",
     NULL},
    {"settings.*.about", XT_KEY_TEXT, NULL, false, "Its meaning.", NULL},

    {"functions", XT_KEY_MAP, NULL, false, "Functions of their arguments: `hill(u, K, n)`.", NULL},
    {"functions.*", XT_KEY_FORMULA, NULL, false, "The formula; it sees the arguments and earlier functions.",
     NULL},

    {"drivers", XT_KEY_MAP, NULL, false, "Scalars computed once a step, in this order.", NULL},
    {"drivers.*", XT_KEY_MAP, NULL, false, "A driver.", "formula"},
    {"drivers.*.formula", XT_KEY_FORMULA, NULL, true, "Its formula.", NULL},
    {"drivers.*.about", XT_KEY_TEXT, NULL, false, "Its meaning and source.", NULL},

    {"memories", XT_KEY_MAP, NULL, false, "Scalars that follow a differential equation.", NULL},
    {"memories.*", XT_KEY_MAP, NULL, false, "A memory.", NULL},
    {"memories.*.initial", XT_KEY_QUANTITY, NULL, true, "Its value at the start.", NULL},
    {"memories.*.rate", XT_KEY_FORMULA, NULL, true, "Its change per time.", NULL},
    {"memories.*.about", XT_KEY_TEXT, NULL, false, "Its meaning and source.", NULL},

    {"plasma", XT_KEY_MAP, NULL, false, "The blood.", NULL},
    {"plasma.volume", XT_KEY_QUANTITY, "L", true, "Volume of plasma.", NULL},

    {"compartments", XT_KEY_MAP, NULL, false, "Whole-body volumes that secrete and take up.", NULL},
    {"compartments.*", XT_KEY_MAP, NULL, false, "A compartment.", NULL},
    {"compartments.*.volume", XT_KEY_QUANTITY, "L", true, "Its volume in the body.", NULL},
    {"compartments.*.tissue", XT_KEY_NAME, NULL, true,
     "The tissue it is made of where the mesh has none of it.", NULL},
    {"compartments.*.about", XT_KEY_TEXT, NULL, false, "Its source.", NULL},

    {"phases", XT_KEY_NAMES, NULL, true, "What fills a tissue: volume fractions that sum to one.", NULL},
    {"slack", XT_KEY_MAP, NULL, true, "The phase that makes way.", NULL},
    {"slack.phase", XT_KEY_NAME, NULL, true, "Its name.", NULL},
    {"slack.floor", XT_KEY_NUMBER, NULL, false, "The fraction of it that always stays.", NULL},

    {"tissues", XT_KEY_MAP, NULL, true, "What a voxel can be.", NULL},
    {"tissues.*", XT_KEY_MAP, NULL, false,
     "A tissue. Keys besides these are properties, which formulas may use.", NULL},
    {"tissues.*.compartment", XT_KEY_NAME, NULL, false, "The compartment that it belongs to.", NULL},
    {"tissues.*.composition", XT_KEY_MAP, NULL, true, "Its phases at the start; they sum to one.", NULL},
    {"tissues.*.composition.*", XT_KEY_NUMBER, NULL, false, "Volume fraction.", NULL},
    {"tissues.*.colour", XT_KEY_COLOUR, NULL, false, "Colour in pictures, \"#rrggbb\".", NULL},
    {"tissues.*.fluid", XT_KEY_FORMULA, "1", true, "Share of interstitial fluid; may use f_<phase>.", NULL},
    {"tissues.*.about", XT_KEY_TEXT, NULL, false, "Its source.", NULL},
    {"tissues.*.*", XT_KEY_FORMULA, NULL, false, "A property: a quantity, or a formula of f_<phase>.", NULL},

    {"species", XT_KEY_MAP, NULL, true, "What diffuses.", NULL},
    {"species.*", XT_KEY_MAP, NULL, false,
     "A species. Keys besides these are properties: diffusivity, radius, ...", NULL},
    {"species.*.family", XT_KEY_NAME, NULL, false, "osteokine, myokine, adipokine, vesicle, ...", NULL},
    {"species.*.about", XT_KEY_TEXT, NULL, false, "What it stands for.", NULL},
    {"species.*.transport", XT_KEY_MAP, NULL, true, "How it moves.", NULL},
    {"species.*.transport.diffusivity", XT_KEY_BY_TISSUE, "um^2/s", true,
     "Diffusivity in the fluid of a tissue.", NULL},
    {"species.*.transport.loss", XT_KEY_BY_TISSUE, "1/h", true, "Local loss per volume of fluid.", NULL},
    {"species.*.transport.exchange", XT_KEY_BY_TISSUE, "1/h", true,
     "Exchange with plasma per volume of tissue.", NULL},
    {"species.*.transport.partition", XT_KEY_BY_TISSUE, "1", true, "Fluid to plasma at equilibrium.", NULL},
    {"species.*.plasma", XT_KEY_MAP, NULL, false, "The species in blood.", NULL},
    {"species.*.plasma.baseline", XT_KEY_QUANTITY, "pM", true, "Level of the reference state.", NULL},
    {"species.*.plasma.elimination", XT_KEY_QUANTITY, "1/h", true, "Clearance over volume.", NULL},
    {"species.*.plasma.source", XT_KEY_FORMULA, "pmol/h", false,
     "Direct source; `appearance` is baseline x elimination x plasma volume.", NULL},
    {"species.*.secretion", XT_KEY_MAP, NULL, false, "Where it comes from.", NULL},
    {"species.*.secretion.shares", XT_KEY_MAP, NULL, true,
     "Share of each compartment in the total; they sum to one.", NULL},
    {"species.*.secretion.shares.*", XT_KEY_NUMBER, NULL, false, "Share.", NULL},
    {"species.*.secretion.everywhere", XT_KEY_FORMULA, "1", false, "Factor on all secretion.", NULL},
    {"species.*.secretion.factor", XT_KEY_BY_TISSUE, "1", false, "Factor on the secretion of a tissue.",
     NULL},
    {"species.*.secretion.peak", XT_KEY_BY_TISSUE, "1", false, "Further factor at the exercise peak.", NULL},
    {"species.*.secretion.pulse", XT_KEY_BY_TISSUE, "1", false, "Further factor in acute mode.", NULL},
    {"species.*.reaction", XT_KEY_FORMULA, "pM/h", false, "Reactions in the fluid, of c_<species>.", NULL},
    {"species.*.*", XT_KEY_QUANTITY, NULL, false, "A property.", NULL},

    {"interfaces", XT_KEY_LIST, NULL, false, "Membranes between tissues that touch.", NULL},
    {"interfaces[]", XT_KEY_MAP, NULL, false, "A membrane.", NULL},
    {"interfaces[].between", XT_KEY_NAMES, NULL, true, "Two tissues.", NULL},
    {"interfaces[].permeability", XT_KEY_MAP, NULL, true, "Permeability by species; `default` for the rest.",
     "default"},
    {"interfaces[].permeability.*", XT_KEY_FORMULA, "mm/h", false, "Permeability of a species.", NULL},
    {"interfaces[].about", XT_KEY_TEXT, NULL, false, "Its source.", NULL},

    {"mechanics", XT_KEY_MAP, NULL, false, "Strain in a section by beam theory.", NULL},
    {"mechanics.modulus", XT_KEY_FORMULA, NULL, true, "Stiffness; only ratios matter.", NULL},
    {"mechanics.tissues", XT_KEY_NAMES, NULL, true, "Tissues that carry load.", NULL},
    {"mechanics.applies_to", XT_KEY_NAMES, NULL, true, "Tissues where `section` is the stimulus.", NULL},
    {"mechanics.cases", XT_KEY_LIST, NULL, true, "Load cases.", NULL},
    {"mechanics.cases[]", XT_KEY_MAP, NULL, false, "Where the axial force acts.", NULL},
    {"mechanics.cases[].x", XT_KEY_QUANTITY, "mm", true, "Eccentricity in x.", NULL},
    {"mechanics.cases[].y", XT_KEY_QUANTITY, "mm", true, "Eccentricity in y.", NULL},
    {"mechanics.about", XT_KEY_TEXT, NULL, false, "Its source.", NULL},

    {"quantities", XT_KEY_MAP, NULL, false, "Intermediate results of each voxel, in this order.", NULL},
    {"quantities.*", XT_KEY_BY_TISSUE, NULL, false, "A formula.", NULL},

    {"states", XT_KEY_MAP, NULL, false, "What each voxel remembers, advanced in this order.", NULL},
    {"states.*", XT_KEY_MAP, NULL, false, "A state.", NULL},
    {"states.*.initial", XT_KEY_FORMULA, NULL, true, "Value at the start.", NULL},
    {"states.*.unit", XT_KEY_UNIT, NULL, false, "Its unit, where the initial value does not show it.", NULL},
    {"states.*.in", XT_KEY_NAMES, NULL, false, "Tissues that have it; all if absent.", NULL},
    {"states.*.rate", XT_KEY_FORMULA, NULL, false, "Its change per time; this or `value`.", NULL},
    {"states.*.value", XT_KEY_FORMULA, NULL, false, "Its value each step; this or `rate`.", NULL},
    {"states.*.about", XT_KEY_TEXT, NULL, false, "Its meaning.", NULL},

    {"remodelling", XT_KEY_LIST, NULL, false, "How phases change, in this order.", NULL},
    {"remodelling[]", XT_KEY_MAP, NULL, false, "A change.", NULL},
    {"remodelling[].phase", XT_KEY_NAME, NULL, true, "The phase.", NULL},
    {"remodelling[].in", XT_KEY_NAMES, NULL, false, "Tissues; all if absent.", NULL},
    {"remodelling[].rate", XT_KEY_FORMULA, "1/d", false, "Change of its fraction per time; this or `target`.",
     NULL},
    {"remodelling[].target", XT_KEY_FORMULA, "1", false, "Its fraction each step; this or `rate`.", NULL},
    {"remodelling[].limit", XT_KEY_RANGE, "1", false, "Least and most that it may fill.", NULL},
    {"remodelling[].freed_to", XT_KEY_MAP, NULL, false,
     "Shares of what it frees; the rest goes to the slack phase.", NULL},
    {"remodelling[].freed_to.*", XT_KEY_FORMULA, "1", false, "Share.", NULL},
    {"remodelling[].taken_from", XT_KEY_MAP, NULL, false, "Shares of what it needs.", NULL},
    {"remodelling[].taken_from.*", XT_KEY_NUMBER, NULL, false, "Share.", NULL},
    {"remodelling[].then_from", XT_KEY_NAMES, NULL, false,
     "Phases that give what is still missing, in order.", NULL},
    {"remodelling[].about", XT_KEY_TEXT, NULL, false, "Its source.", NULL},

    {"labels", XT_KEY_MAP, NULL, false, "How voxels change tissue.", NULL},
    {"labels.dwell", XT_KEY_QUANTITY, "d", true, "A voxel that changed stays so for this time.", NULL},
    {"labels.rules", XT_KEY_LIST, NULL, true, "The first rule that fits.", NULL},
    {"labels.rules[]", XT_KEY_MAP, NULL, false, "A rule.", NULL},
    {"labels.rules[].from", XT_KEY_NAME, NULL, true, "Tissue.", NULL},
    {"labels.rules[].to", XT_KEY_NAME, NULL, true, "Tissue.", NULL},
    {"labels.rules[].when", XT_KEY_CONDITION, NULL, true, "Condition on f_<phase>, states and scalars.",
     NULL},
    {"labels.rules[].beside", XT_KEY_NAMES, NULL, false,
     "One of the six neighbours must be one of these tissues.", NULL},

    {"readouts", XT_KEY_MAP, NULL, false, "Columns of series.csv, in this order.", NULL},
    {"readouts.*", XT_KEY_MAP, NULL, false, "A column.", "formula"},
    {"readouts.*.formula", XT_KEY_FORMULA, NULL, true, "Its formula.", NULL},
    {"readouts.*.unit", XT_KEY_UNIT, NULL, false, "Unit of the column; 1 if absent.", NULL},
    {"readouts.*.relative", XT_KEY_FLAG, NULL, false, "Divided by its value at the start of the scene.",
     NULL},
    {"readouts.*.label", XT_KEY_TEXT, NULL, false, "What charts call it; its name if absent.", NULL},
    {"readouts.*.group", XT_KEY_TEXT, NULL, false, "The chart that it belongs to; by unit if absent.", NULL},
    {"readouts.*.about", XT_KEY_TEXT, NULL, false, "Its meaning.", NULL},

    {"targets", XT_KEY_LIST, NULL, false, "What was measured in people, to be shown beside the curves.",
     NULL},
    {"targets[]", XT_KEY_MAP, NULL, false, "A published range.", NULL},
    {"targets[].readout", XT_KEY_NAME, NULL, true, "The column that it belongs to.", NULL},
    {"targets[].sex", XT_KEY_NAME, NULL, false, "Of whom: female or male; both if absent.", NULL},
    {"targets[].from", XT_KEY_QUANTITY, "y", true, "Age at which it begins.", NULL},
    {"targets[].to", XT_KEY_QUANTITY, "y", true, "Age at which it ends.", NULL},
    {"targets[].low", XT_KEY_NUMBER, NULL, true, "Its lower end, in the unit of the column.", NULL},
    {"targets[].high", XT_KEY_NUMBER, NULL, true, "Its upper end.", NULL},
    {"targets[].change", XT_KEY_FLAG, NULL, false,
     "True: low and high are the change in % from the first age to the second.", NULL},
    {"targets[].about", XT_KEY_TEXT, NULL, true, "What was measured, in whom.", NULL},
    {"targets[].source", XT_KEY_TEXT, NULL, true, "Where that was published.", NULL},
};

enum { KEYS = sizeof keys / sizeof *keys, MAX_CHILDREN = 32 };

const xt_key *xt_model_keys(int *count) {
    *count = KEYS;
    return keys;
}

/* The child's own name if keys[i] is a child of `path` in a map ("*" for free names), else NULL. */
static const char *child_name(int i, const char *path) {
    size_t n = strlen(path);
    const char *rest = keys[i].path;
    if (n > 0) {
        if (strncmp(rest, path, n) != 0 || rest[n] != '.') return NULL;
        rest += n + 1;
    }
    return *rest == '\0' || strpbrk(rest, ".[") ? NULL : rest;
}

static xt_status check(const xt_node *node, const xt_key *key, xt_error *err);

static xt_status unknown(const xt_node *node, const char *const *known, int count, xt_error *err) {
    if (strpbrk(node->key, "(), ") && node->parent && node->parent->kind == XT_MAP)
        return xt_node_fail_key(
            node, err,
            "unknown key '%.60s': a comma inside { } ends a value, so quote a formula that has one",
            node->key);
    const char *near = xt_nearest(node->key, known, count);
    char list[600] = "";
    for (int i = 0; i < count && !near; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "; known here: ", known[i]);
    }
    return xt_node_fail_key(node, err, "unknown key '%.60s'%s%s%s", node->key,
                            near ? "; did you mean '" : list, near ? near : "", near ? "'?" : "");
}

static xt_status check_map(const xt_node *node, const xt_key *key, xt_error *err) {
    const char *known[MAX_CHILDREN];
    const xt_key *child[MAX_CHILDREN], *any = NULL;
    int count = 0;
    for (int i = 0; i < KEYS; i++) {
        const char *name = child_name(i, key->path);
        if (name && strcmp(name, "*") == 0) {
            any = &keys[i];
        } else if (name && count < MAX_CHILDREN) {
            known[count] = name;
            child[count++] = &keys[i];
        }
    }
    if (node->kind == XT_SCALAR && key->shorthand && !xt_node_is_null(node)) return XT_OK;
    XT_TRY(xt_node_map(node, err));
    for (const xt_node *n = node->first; n; n = n->next) {
        const xt_key *found = any;
        for (int i = 0; i < count; i++)
            if (strcmp(known[i], n->key) == 0) found = child[i];
        if (!found) return unknown(n, known, count, err);
        if (found == any && count > 0 && n->kind != XT_SCALAR) return unknown(n, known, count, err);
        XT_TRY(check(n, found, err));
    }
    for (int i = 0; i < count; i++) {
        const xt_node *ignored;
        if (child[i]->required) XT_TRY(xt_node_require(&ignored, node, known[i], err));
    }
    return XT_OK;
}

static xt_status check(const xt_node *node, const xt_key *key, xt_error *err) {
    if (key->kind == XT_KEY_MAP) return check_map(node, key, err);
    if (key->kind == XT_KEY_LIST) {
        const xt_key *item = NULL;
        size_t n = strlen(key->path);
        for (int i = 0; i < KEYS; i++)
            if (strncmp(keys[i].path, key->path, n) == 0 && strcmp(keys[i].path + n, "[]") == 0)
                item = &keys[i];
        XT_TRY(xt_node_list(node, 0, -1, err));
        for (const xt_node *child = node->first; child; child = child->next) XT_TRY(check(child, item, err));
        return XT_OK;
    }
    if (key->kind == XT_KEY_RANGE) return xt_node_list(node, 2, 2, err);
    if (key->kind == XT_KEY_NAMES && node->kind == XT_LIST) return XT_OK;
    if (key->kind == XT_KEY_BY_TISSUE && node->kind == XT_MAP) return XT_OK;
    const char *text;
    return xt_node_text(&text, node, err);
}

xt_status xt_model_check_keys(const xt_node *root, xt_error *err) { return check(root, &keys[0], err); }
