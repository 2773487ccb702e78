// One row of a table, and the function that saves a state there.
#ifndef ROW_H
#define ROW_H

#include "countersign.h"

#include "check.h"

struct row {
    uint8_t state[2048];
    size_t length;
    int saved;
    // What `save` answers. Only COUNTERSIGN_SAVE_STORED stores, and so does a row that says nothing.
    int32_t answer;
};

static inline int32_t save(void *user, const uint8_t *state, size_t length) {
    struct row *row = user;
    if (row->answer == 0) row->answer = COUNTERSIGN_SAVE_STORED;
    if (row->answer == COUNTERSIGN_SAVE_STORED) {
        CHECK(length <= sizeof row->state);
        memcpy(row->state, state, length);
        row->length = length;
        row->saved++;
    }
    return row->answer;
}

// The state of a row, as two arguments.
#define STATE(row) (row).state, (row).length
// A text, as two arguments.
#define TEXT(text) text, strlen(text)
#define OK(call) CHECK((call) == COUNTERSIGN_OK)
#define FAILS(number, call) CHECK((call) == COUNTERSIGN_ERROR_##number)
// Not UTF-8.
#define BROKEN "\xff\xfe"

#endif
