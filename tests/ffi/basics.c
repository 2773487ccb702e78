// Comparison, errors, handles and buffers, and an app's codes.

#include "countersign.h"

#include "check.h"

static const uint8_t SECRET[] = "12345678901234567890";
enum { SECRET_LENGTH = 20 };

// One row of a table.
struct row {
    uint8_t state[64];
    size_t length;
    int saved;
    int answer;
};

static int32_t save(void *user, const uint8_t *state, size_t length) {
    struct row *row = user;
    if (row->answer == COUNTERSIGN_SAVE_STORED) {
        CHECK(length <= sizeof row->state);
        memcpy(row->state, state, length);
        row->length = length;
        row->saved++;
    }
    return row->answer;
}

static void compares(void) {
    int32_t equal = 7;
    const uint8_t a[] = "tag", b[] = "tac";
    CHECK(countersign_ct_eq(a, 3, a, 3, &equal) == COUNTERSIGN_OK && equal == 1);
    CHECK(countersign_ct_eq(a, 3, b, 3, &equal) == COUNTERSIGN_OK && equal == 0);
    CHECK(countersign_ct_eq(a, 3, a, 2, &equal) == COUNTERSIGN_OK && equal == 0);
    CHECK(countersign_ct_eq(NULL, 0, NULL, 0, &equal) == COUNTERSIGN_OK && equal == 1);
    equal = 7;
    CHECK(countersign_ct_eq(NULL, 1, a, 1, &equal) == COUNTERSIGN_ERROR_NULL && equal == 7);
    CHECK(countersign_ct_eq(a, SIZE_MAX, a, 1, &equal) == COUNTERSIGN_ERROR_LENGTH && equal == 7);
    CHECK(countersign_ct_eq(a, 3, a, 3, NULL) == COUNTERSIGN_ERROR_NULL);
}

static void says_what_is_wrong(void) {
    countersign_error *error = NULL;
    countersign_totp *totp = NULL;
    char text[128];
    size_t length = sizeof text;
    CHECK(countersign_error_new(&error) == COUNTERSIGN_OK);
    CHECK(countersign_last_error(error, text, &length) == COUNTERSIGN_OK && length == 1);

    int32_t result = countersign_totp_new(error, SECRET, 5, COUNTERSIGN_ALGORITHM_SHA1, 6, 30, &totp);
    CHECK(result == COUNTERSIGN_ERROR_BAD_INPUT && totp == NULL);
    length = 0;
    CHECK(countersign_last_error(error, NULL, &length) == COUNTERSIGN_OK && length > 10);
    size_t needed = length;
    length = needed - 1;
    CHECK(countersign_last_error(error, text, &length) == COUNTERSIGN_ERROR_BUFFER_TOO_SMALL);
    CHECK(length == needed);
    CHECK(countersign_last_error(error, text, &length) == COUNTERSIGN_OK);
    CHECK(strstr(text, "secret") != NULL && strlen(text) + 1 == length);

    result = countersign_totp_new(error, SECRET, SECRET_LENGTH, 99, 6, 30, &totp);
    CHECK(result == COUNTERSIGN_ERROR_UNKNOWN_NUMBER && totp == NULL);
    // Another kind, in the place of the error and of the app.
    CHECK(countersign_totp_generate(NULL, &totp) == COUNTERSIGN_OK);
    countersign_totp *other = NULL;
    CHECK(countersign_totp_generate((const countersign_error *)totp, &other) == COUNTERSIGN_ERROR_HANDLE);
    length = sizeof text;
    result = countersign_totp_code_at((const countersign_totp *)error, 59, text, &length);
    CHECK(result == COUNTERSIGN_ERROR_HANDLE && other == NULL);
    CHECK(countersign_totp_code_at(NULL, 59, text, &length) == COUNTERSIGN_ERROR_NULL);

    CHECK(countersign_free(totp) == COUNTERSIGN_OK);
    CHECK(countersign_free(totp) == COUNTERSIGN_ERROR_HANDLE);
    CHECK(countersign_free(text) == COUNTERSIGN_ERROR_HANDLE);
    CHECK(countersign_free(NULL) == COUNTERSIGN_OK);
    CHECK(countersign_free(error) == COUNTERSIGN_OK);
    CHECK(strcmp(countersign_strerror(COUNTERSIGN_OK), "done") == 0);
    CHECK(countersign_strerror(-1) != NULL && countersign_strerror(INT32_MAX) != NULL);
    CHECK(strcmp(countersign_version(), COUNTERSIGN_VERSION) == 0);
}

// RFC 6238 appendix B, of which the last six digits.
static void an_app(void) {
    countersign_totp *totp = NULL;
    char code[16];
    size_t length = sizeof code;
    int32_t verdict = 99;
    struct row row = {{0}, 0, 0, COUNTERSIGN_SAVE_STORED};
    CHECK(countersign_totp_new(NULL, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, 30, &totp) == COUNTERSIGN_OK);
    CHECK(countersign_totp_code_at(totp, 59, code, &length) == COUNTERSIGN_OK && length == 7);
    CHECK(strcmp(code, "287082") == 0);

#define CHECK_CODE(text) countersign_totp_check(totp, row.state, row.length, text, strlen(text), 59, save, &row, &verdict)
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    CHECK(CHECK_CODE("287082") == COUNTERSIGN_ERROR_CONFLICT && verdict == 99);
    row.answer = 42;
    CHECK(CHECK_CODE("287082") == COUNTERSIGN_ERROR_CALLBACK && verdict == 99);
    // What a callback of another language returns after an exception.
    row.answer = 0;
    CHECK(CHECK_CODE("287082") == COUNTERSIGN_ERROR_CALLBACK && verdict == 99);
    row.answer = COUNTERSIGN_SAVE_STORED;
    CHECK(CHECK_CODE("287083") == COUNTERSIGN_OK && verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 0);
    CHECK(CHECK_CODE("287 082") == COUNTERSIGN_OK && verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    CHECK(CHECK_CODE("287082") == COUNTERSIGN_OK && verdict == COUNTERSIGN_VERDICT_REPLAYED && row.saved == 1);
    row.state[0] ^= 0x80;
    CHECK(CHECK_CODE("287082") == COUNTERSIGN_ERROR_CORRUPT);
    CHECK(countersign_free(totp) == COUNTERSIGN_OK);
}

int main(void) {
    compares();
    says_what_is_wrong();
    an_app();
    return 0;
}
