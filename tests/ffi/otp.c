// The rest of an app's calls, a token's, and key URIs.

#include "row.h"

static const uint8_t SECRET[] = "12345678901234567890";
enum { SECRET_LENGTH = 20 };

static countersign_totp *app(void) {
    countersign_totp *totp = NULL;
    OK(countersign_totp_new(NULL, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, 30, &totp));
    return totp;
}

static countersign_hotp *token(uint32_t look_ahead) {
    countersign_hotp *hotp = NULL;
    OK(countersign_hotp_new(NULL, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, look_ahead, &hotp));
    return hotp;
}

static void shown(const countersign_totp *totp, int64_t now, char code[16]) {
    size_t length = 16;
    OK(countersign_totp_code_at(totp, now, code, &length));
}

// A clock that runs ahead is learned by a confirmation or a pair of codes, and by no login.
static void an_app_that_runs_ahead(void) {
    countersign_totp *totp = app();
    struct row row = {0};
    char first[16], second[16];
    int32_t verdict = 99, ahead = 99;
    uint64_t next = 99;
    shown(totp, 1800000000, first);
    shown(totp, 1800000030, second);
#define CHECK_AT(how, code, now) how(totp, STATE(row), TEXT(code), now, save, &row, &verdict)
    OK(CHECK_AT(countersign_totp_check, second, 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 0);
    OK(CHECK_AT(countersign_totp_confirm, second, 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    OK(countersign_totp_read_state(STATE(row), &next, &ahead));
    CHECK(ahead == 1 && next == 60000002);
    OK(CHECK_AT(countersign_totp_confirm, second, 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED && row.saved == 1);

    struct row other = {0};
#define PAIR(a, b) countersign_totp_check_pair(totp, STATE(other), TEXT(a), TEXT(b), 1800000000, save, &other, &verdict)
    OK(PAIR(second, first));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && other.saved == 0);
    other.answer = COUNTERSIGN_SAVE_CONFLICT;
    verdict = 99;
    FAILS(CONFLICT, PAIR(first, second));
    CHECK(verdict == 99);
    other.answer = COUNTERSIGN_SAVE_STORED;
    OK(PAIR(first, second));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && other.saved == 1);
    CHECK(other.length == row.length && memcmp(other.state, row.state, row.length) == 0);

    // A state that another system kept: the step is spent.
    OK(countersign_totp_write_state(next, 0, NULL, &other.length));
    size_t needed = other.length;
    other.length = needed - 1;
    FAILS(BUFFER_TOO_SMALL, countersign_totp_write_state(next, 0, other.state, &other.length));
    CHECK(other.length == needed);
    OK(countersign_totp_write_state(next, 0, other.state, &other.length));
    OK(PAIR(first, second));
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED);
    OK(countersign_totp_read_state(STATE(other), &next, &ahead));
    CHECK(ahead == 0 && next == 60000002);
    OK(countersign_totp_read_state(NULL, 0, &next, &ahead));
    CHECK(ahead == 0 && next == 0);

    // Wrong arguments.
    verdict = 99;
    FAILS(UNKNOWN_NUMBER, countersign_totp_write_state(next, 2, other.state, &other.length));
    FAILS(NULL, countersign_totp_write_state(next, 0, other.state, NULL));
    FAILS(CORRUPT, countersign_totp_read_state((const uint8_t *)"x", 1, &next, &ahead));
    FAILS(NULL, countersign_totp_read_state(NULL, 0, NULL, &ahead));
    FAILS(NULL, countersign_totp_read_state(NULL, 0, &next, NULL));
    FAILS(NULL, countersign_totp_read_state(NULL, 9, &next, &ahead));
    FAILS(NULL, countersign_totp_confirm(NULL, STATE(row), TEXT(first), 0, save, &row, &verdict));
    FAILS(NULL, countersign_totp_confirm(totp, NULL, 7, TEXT(first), 0, save, &row, &verdict));
    FAILS(LENGTH, countersign_totp_confirm(totp, row.state, SIZE_MAX, TEXT(first), 0, save, &row, &verdict));
    FAILS(NOT_UTF8, countersign_totp_confirm(totp, STATE(row), BROKEN, 2, 0, save, &row, &verdict));
    FAILS(BAD_INPUT, countersign_totp_confirm(totp, STATE(row), TEXT(first), -1, save, &row, &verdict));
    FAILS(NULL, countersign_totp_confirm(totp, STATE(row), TEXT(first), 0, NULL, &row, &verdict));
    FAILS(NULL, countersign_totp_confirm(totp, STATE(row), TEXT(first), 0, save, &row, NULL));
    FAILS(NULL, countersign_totp_check_pair(NULL, STATE(row), TEXT(first), TEXT(second), 0, save, &row, &verdict));
    FAILS(NULL, countersign_totp_check_pair(totp, STATE(row), NULL, 6, TEXT(second), 0, save, &row, &verdict));
    FAILS(LENGTH, countersign_totp_check_pair(totp, STATE(row), TEXT(first), second, SIZE_MAX, 0, save, &row, &verdict));
    FAILS(NULL, countersign_totp_check_pair(totp, STATE(row), TEXT(first), TEXT(second), 0, NULL, &row, &verdict));
    FAILS(NULL, countersign_totp_check_pair(totp, STATE(row), TEXT(first), TEXT(second), 0, save, &row, NULL));
    CHECK(verdict == 99);
    OK(countersign_free(totp));
}

// RFC 4226 appendix D.
static void a_token(void) {
    static const char *const CODES[] = {"755224", "287082", "359152", "969429", "338314",
                                        "254676", "287922", "162583", "399871", "520489"};
    countersign_hotp *hotp = token(COUNTERSIGN_HOTP_DEFAULT_LOOK_AHEAD), *fresh = NULL;
    struct row row = {0};
    char code[16];
    size_t length;
    int32_t verdict = 99;
    uint64_t counter = 99;
    for (uint64_t at = 0; at < 10; at++) {
        length = sizeof code;
        OK(countersign_hotp_code_at(hotp, at, code, &length));
        CHECK(length == 7 && strcmp(code, CODES[at]) == 0);
    }
#define PRESS(code) countersign_hotp_check(hotp, STATE(row), TEXT(code), save, &row, &verdict)
    OK(PRESS(CODES[4]));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 0);
    row.answer = 42;
    verdict = 99;
    FAILS(CALLBACK, PRESS(CODES[2]));
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, PRESS(CODES[2]));
    CHECK(verdict == 99 && row.length == 0);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(PRESS(CODES[2]));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    OK(countersign_hotp_read_state(STATE(row), &counter));
    CHECK(counter == 3);
    OK(PRESS(CODES[2]));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 1);

    // Far ahead: two codes find it.
#define PRESSED_TWICE(a, b) \
    countersign_hotp_check_pair(hotp, STATE(row), TEXT(a), TEXT(b), save, &row, &verdict)
    OK(PRESSED_TWICE(CODES[8], CODES[7]));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 1);
    OK(PRESSED_TWICE(CODES[8], CODES[9]));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 2);
    OK(countersign_hotp_read_state(STATE(row), &counter));
    CHECK(counter == 10);

    // A counter that is at its end.
    row.length = sizeof row.state;
    OK(countersign_hotp_write_state(UINT64_MAX, row.state, &row.length));
    OK(PRESS("000000"));
    CHECK(verdict == COUNTERSIGN_VERDICT_EXHAUSTED);
    OK(PRESSED_TWICE("000000", "000000"));
    CHECK(verdict == COUNTERSIGN_VERDICT_EXHAUSTED);

    OK(countersign_hotp_generate(NULL, &fresh));
    length = sizeof code;
    OK(countersign_hotp_code_at(fresh, 0, code, &length));

    // Wrong arguments.
    countersign_error *error = NULL;
    countersign_hotp *none = NULL;
    verdict = 99;
    OK(countersign_error_new(&error));
    FAILS(NULL, countersign_hotp_generate(NULL, NULL));
    FAILS(NULL, countersign_hotp_new(error, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, 3, NULL));
    FAILS(NULL, countersign_hotp_new(error, NULL, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, 3, &none));
    FAILS(BAD_INPUT, countersign_hotp_new(error, SECRET, 3, COUNTERSIGN_ALGORITHM_SHA1, 6, 3, &none));
    FAILS(UNKNOWN_NUMBER, countersign_hotp_new(error, SECRET, SECRET_LENGTH, 0, 6, 3, &none));
    FAILS(BAD_INPUT, countersign_hotp_new(error, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 262, 3, &none));
    FAILS(BAD_INPUT, countersign_hotp_new(error, SECRET, SECRET_LENGTH, COUNTERSIGN_ALGORITHM_SHA1, 6, 259, &none));
    char text[128];
    length = sizeof text;
    OK(countersign_last_error(error, text, &length));
    CHECK(strstr(text, "look-ahead") != NULL);
    length = sizeof code;
    FAILS(NULL, countersign_hotp_code_at(NULL, 0, code, &length));
    FAILS(NULL, countersign_hotp_code_at(hotp, 0, code, NULL));
    length = 6;
    FAILS(BUFFER_TOO_SMALL, countersign_hotp_code_at(hotp, 0, code, &length));
    CHECK(length == 7);
    FAILS(NULL, countersign_hotp_check(NULL, STATE(row), TEXT(code), save, &row, &verdict));
    FAILS(HANDLE, countersign_hotp_check((const countersign_hotp *)error, STATE(row), TEXT(code), save, &row, &verdict));
    FAILS(CORRUPT, countersign_hotp_check(hotp, (const uint8_t *)"\x80", 1, TEXT(code), save, &row, &verdict));
    FAILS(CORRUPT, countersign_hotp_check(hotp, (const uint8_t *)"\x01\x01", 2, TEXT(code), save, &row, &verdict));
    FAILS(NULL, countersign_hotp_check(hotp, STATE(row), NULL, 6, save, &row, &verdict));
    FAILS(LENGTH, countersign_hotp_check(hotp, row.state, SIZE_MAX, TEXT(code), save, &row, &verdict));
    FAILS(NOT_UTF8, countersign_hotp_check(hotp, STATE(row), BROKEN, 2, save, &row, &verdict));
    FAILS(NULL, countersign_hotp_check(hotp, STATE(row), TEXT(code), NULL, &row, &verdict));
    FAILS(NULL, countersign_hotp_check(hotp, STATE(row), TEXT(code), save, &row, NULL));
    FAILS(NULL, countersign_hotp_check_pair(NULL, STATE(row), TEXT(code), TEXT(code), save, &row, &verdict));
    FAILS(NULL, countersign_hotp_check_pair(hotp, STATE(row), NULL, 1, TEXT(code), save, &row, &verdict));
    FAILS(NULL, countersign_hotp_check_pair(hotp, STATE(row), TEXT(code), TEXT(code), NULL, &row, &verdict));
    FAILS(NULL, countersign_hotp_check_pair(hotp, STATE(row), TEXT(code), TEXT(code), save, &row, NULL));
    FAILS(NULL, countersign_hotp_write_state(0, row.state, NULL));
    FAILS(NULL, countersign_hotp_read_state(STATE(row), NULL));
    FAILS(CORRUPT, countersign_hotp_read_state((const uint8_t *)"\x80", 1, &counter));
    CHECK(verdict == 99 && none == NULL);
    OK(countersign_free(error));
    OK(countersign_free(fresh));
    OK(countersign_free(hotp));
}

static void read_text(int32_t (*read)(const countersign_key_uri *, char *, size_t *),
                      const countersign_key_uri *uri, char *text, size_t room) {
    size_t needed = 0, length = room;
    OK(read(uri, NULL, &needed));
    CHECK(needed <= room);
    OK(read(uri, text, &length));
    CHECK(length == needed && strlen(text) + 1 == length);
    length = needed - 1;
    FAILS(BUFFER_TOO_SMALL, read(uri, text, &length));
    FAILS(NULL, read(NULL, text, &length));
    FAILS(NULL, read(uri, text, NULL));
}

static void key_uris(void) {
    static char text[65536];
    countersign_totp *totp = app(), *back = NULL;
    countersign_hotp *hotp = token(3), *counted = NULL;
    countersign_key_uri *uri = NULL, *again = NULL, *other = NULL;
    int32_t kind = 99, is_short = 99;
    uint64_t counter = 99;

    OK(countersign_totp_key_uri(totp, TEXT("Example Bank"), TEXT("anna@example.com"), &uri));
    read_text(countersign_key_uri_text, uri, text, sizeof text);
    CHECK(strcmp(text, "otpauth://totp/Example%20Bank:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                       "&issuer=Example%20Bank&algorithm=SHA1&digits=6&period=30") == 0);
    OK(countersign_key_uri_parse(NULL, TEXT(text), &again));
    read_text(countersign_key_uri_issuer, again, text, sizeof text);
    CHECK(strcmp(text, "Example Bank") == 0);
    read_text(countersign_key_uri_account, again, text, sizeof text);
    CHECK(strcmp(text, "anna@example.com") == 0);
    OK(countersign_key_uri_kind(again, &kind));
    CHECK(kind == COUNTERSIGN_KEY_URI_TOTP);
    OK(countersign_key_uri_has_short_secret(again, &is_short));
    CHECK(is_short == 0);
    OK(countersign_totp_from_key_uri(NULL, again, &back));
    char mine[16], theirs[16];
    shown(totp, 59, mine);
    shown(back, 59, theirs);
    CHECK(strcmp(mine, theirs) == 0);
    FAILS(BAD_INPUT, countersign_hotp_from_key_uri(NULL, again, &counter, &counted));
    CHECK(counted == NULL && counter == 99);
    read_text(countersign_key_uri_qr_text, uri, text, sizeof text);
    CHECK(strstr(text, "\xe2\x96\x88") != NULL);
    read_text(countersign_key_uri_qr_svg, uri, text, sizeof text);
    CHECK(strncmp(text, "<svg ", 5) == 0);
    OK(countersign_free(uri));

    OK(countersign_hotp_key_uri(hotp, 7, TEXT("Example Bank"), TEXT("anna"), &uri));
    OK(countersign_key_uri_kind(uri, &kind));
    CHECK(kind == COUNTERSIGN_KEY_URI_HOTP);
    OK(countersign_hotp_from_key_uri(NULL, uri, &counter, &counted));
    CHECK(counter == 7);
    countersign_totp *of_a_token = NULL;
    FAILS(BAD_INPUT, countersign_totp_from_key_uri(NULL, uri, &of_a_token));
    CHECK(of_a_token == NULL);

    // An old secret of 80 bits: by its own call alone.
    const char *old = "otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQ";
    FAILS(BAD_INPUT, countersign_key_uri_parse(NULL, TEXT(old), &other));
    OK(countersign_key_uri_import_short(NULL, TEXT(old), &other));
    OK(countersign_key_uri_has_short_secret(other, &is_short));
    CHECK(is_short == 1);
    read_text(countersign_key_uri_issuer, other, text, sizeof text);
    CHECK(text[0] == 0);
    countersign_totp *imported = NULL;
    OK(countersign_totp_from_key_uri(NULL, other, &imported));

    // Wrong arguments.
    countersign_key_uri *none = NULL;
    FAILS(BAD_INPUT, countersign_key_uri_parse(NULL, TEXT("otpauth://totp/anna"), &none));
    FAILS(NULL, countersign_key_uri_parse(NULL, NULL, 4, &none));
    FAILS(NOT_UTF8, countersign_key_uri_parse(NULL, BROKEN, 2, &none));
    FAILS(LENGTH, countersign_key_uri_parse(NULL, "x", SIZE_MAX, &none));
    FAILS(NULL, countersign_key_uri_parse(NULL, TEXT(old), NULL));
    FAILS(NULL, countersign_key_uri_import_short(NULL, TEXT(old), NULL));
    FAILS(NULL, countersign_key_uri_kind(NULL, &kind));
    FAILS(NULL, countersign_key_uri_kind(uri, NULL));
    FAILS(NULL, countersign_key_uri_has_short_secret(NULL, &is_short));
    FAILS(NULL, countersign_key_uri_has_short_secret(uri, NULL));
    FAILS(HANDLE, countersign_key_uri_kind((const countersign_key_uri *)totp, &kind));
    FAILS(NULL, countersign_totp_from_key_uri(NULL, NULL, &back));
    FAILS(NULL, countersign_totp_from_key_uri(NULL, other, NULL));
    FAILS(HANDLE, countersign_totp_from_key_uri(NULL, (const countersign_key_uri *)totp, &back));
    FAILS(NULL, countersign_hotp_from_key_uri(NULL, NULL, &counter, &counted));
    FAILS(NULL, countersign_hotp_from_key_uri(NULL, uri, NULL, &counted));
    FAILS(NULL, countersign_hotp_from_key_uri(NULL, uri, &counter, NULL));
    FAILS(BAD_INPUT, countersign_totp_key_uri(totp, TEXT("Example: Bank"), TEXT("anna"), &none));
    size_t length = sizeof text;
    OK(countersign_last_error(totp, text, &length));
    CHECK(strcmp(text, "key uri issuer: must not hold a colon") == 0);
    FAILS(NULL, countersign_totp_key_uri(NULL, TEXT("Bank"), TEXT("anna"), &none));
    FAILS(NULL, countersign_totp_key_uri(totp, TEXT("Bank"), TEXT("anna"), NULL));
    FAILS(NULL, countersign_totp_key_uri(totp, NULL, 4, TEXT("anna"), &none));
    FAILS(BAD_INPUT, countersign_hotp_key_uri(hotp, 0, TEXT(""), TEXT("anna"), &none));
    FAILS(BAD_INPUT, countersign_hotp_key_uri(hotp, UINT64_MAX, TEXT("Bank"), TEXT("anna"), &none));
    FAILS(NULL, countersign_hotp_key_uri(NULL, 0, TEXT("Bank"), TEXT("anna"), &none));
    FAILS(NULL, countersign_hotp_key_uri(hotp, 0, TEXT("Bank"), TEXT("anna"), NULL));
    CHECK(none == NULL);
    void *all[] = {totp, back, hotp, counted, uri, again, other, imported};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

int main(void) {
    an_app_that_runs_ahead();
    a_token();
    key_uris();
    return 0;
}
