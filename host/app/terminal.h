/* What the terminal at the other end can do. */
#ifndef APP_TERMINAL_H
#define APP_TERMINAL_H

#include <stdbool.h>

/* How pictures are shown, best first. */
typedef enum {
    XT_INLINE_NONE,
    XT_INLINE_KITTY,  /* PNG, by kitty's protocol: kitty, Ghostty */
    XT_INLINE_ITERM,  /* PNG, by iTerm2's: iTerm2, WezTerm, mintty */
    XT_INLINE_SIXEL,  /* 256 colours: xterm, foot, Konsole, Windows Terminal, mlterm */
    XT_INLINE_BLOCKS, /* two pixels a character, where 24-bit colours are said to work */
    XT_INLINE_AUTO
} xt_inline_way;

/* "auto", "kitty", "iterm", "sixel", "blocks", "none"; -1: no such. */
int xt_inline_find(const char *name);
extern const char *const xt_inline_names[XT_INLINE_AUTO + 1]; /* by xt_inline_way */

/* What this terminal shows best, by its environment; where that says nothing it is asked (DA1), and waited
 * for half a second. Signals are held meanwhile, and its settings are put back. */
xt_inline_way xt_terminal_way(int fd);

typedef struct {
    int columns, rows;
    double cell[2]; /* pixels of a character: width, height. 8 x 16 where the terminal does not say */
} xt_terminal_size;

xt_terminal_size xt_terminal_get_size(int fd);

/* By LC_ALL, LC_CTYPE, LANG. */
bool xt_terminal_is_utf8(void);

#endif
