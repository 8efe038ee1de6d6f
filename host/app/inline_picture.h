/* A picture file as what a terminal takes for a picture. */
#ifndef APP_INLINE_PICTURE_H
#define APP_INLINE_PICTURE_H

#include "app/terminal.h"
#include "base/error.h"
#include "base/text.h"

typedef struct {
    xt_text bytes;     /* drawn with the cursor at the top left corner; may leave it anywhere */
    int columns, rows; /* of characters that it covers */
} xt_inline_picture;

/* The PNG file, as large as fits into columns x rows, its shape kept. *picture may hold an earlier one, which
 * is replaced; free its bytes. XT_IO if the file is no picture, XT_USAGE if there is no room. */
xt_status xt_inline_compose(xt_inline_picture *picture, const char *path, xt_inline_way way, int columns,
                            int rows, const xt_terminal_size *size, xt_error *err);

/* What takes a picture away that does not go with the text: kitty's. "" otherwise. */
const char *xt_inline_erase(xt_inline_way way);

#endif
