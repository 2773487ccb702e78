// Challenge and response in one direction, by the vectors of RFC 6287 appendix C.

#include "row.h"

static const char SECRET[] = "1234567890123456789012345678901234567890123456789012345678901234";

static countersign_ocra *device(const char *suite, size_t bytes, const char *pin) {
    countersign_ocra *ocra = NULL;
    OK(countersign_ocra_new(NULL, TEXT(suite), (const uint8_t *)SECRET, bytes, pin, pin == NULL ? 0 : strlen(pin), &ocra));
    return ocra;
}

// Takes a text out of its object.
static const char *taken(countersign_text *text, char copy[256]) {
    const char *data = NULL;
    size_t length = 0, room = 256;
    OK(countersign_text_data(text, &data, &length));
    CHECK(strlen(data) == length);
    OK(countersign_text_copy(text, copy, &room));
    CHECK(room == length + 1 && strcmp(copy, data) == 0);
    OK(countersign_free(text));
    return copy;
}

static const char *answer(countersign_ocra *ocra, struct row *row, const char *question, int64_t now, char copy[256]) {
    countersign_text *text = NULL;
    OK(countersign_ocra_respond(ocra, STATE(*row), TEXT(question), now, save, row, &text));
    return taken(text, copy);
}

static void the_vectors(void) {
    static const char *const PLAIN[] = {"237653", "243178", "653583", "740991", "608993",
                                        "388898", "816933", "224598", "750600", "294470"};
    static const char *const COUNTED[] = {"65347737", "86775851", "78192410", "71565254", "10104329",
                                          "65983500", "70069104", "91771096", "75011558", "08522129"};
    static const char *const TIMED[] = {"95209754", "55907591", "22048402", "24218844", "36209546"};
    static const char *const SIGNED[][2] = {{"SIG1000000", "77537423"}, {"SIG1100000", "31970405"}, {"SIG1200000", "10235557"},
                                            {"SIG1300000", "95213541"}, {"SIG1400000", "65360607"}};
    char copy[256], question[9] = "00000000";
    struct row row = {0};
    countersign_ocra *ocra = device("OCRA-1:HOTP-SHA1-6:QN08", 20, NULL);
    for (int digit = 0; digit < 10; digit++) {
        memset(question, '0' + digit, 8);
        CHECK(strcmp(answer(ocra, &row, question, 0, copy), PLAIN[digit]) == 0);
    }
    CHECK(row.saved == 0);
    // Without a counter there is nothing to save.
    countersign_text *text = NULL;
    OK(countersign_ocra_respond(ocra, NULL, 0, TEXT("00000000"), 0, NULL, NULL, &text));
    CHECK(strcmp(taken(text, copy), PLAIN[0]) == 0);
    OK(countersign_free(ocra));

    ocra = device("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", 32, "1234");
    for (int at = 0; at < 10; at++) {
        CHECK(strcmp(answer(ocra, &row, "12345678", 0, copy), COUNTED[at]) == 0);
        CHECK(row.saved == at + 1);
    }
    text = NULL;
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, countersign_ocra_respond(ocra, STATE(row), TEXT("12345678"), 0, save, &row, &text));
    row.answer = -1;
    FAILS(CALLBACK, countersign_ocra_respond(ocra, STATE(row), TEXT("12345678"), 0, save, &row, &text));
    FAILS(NULL, countersign_ocra_respond(ocra, STATE(row), TEXT("12345678"), 0, NULL, &row, &text));
    CHECK(text == NULL);
    uint64_t round = 99, counter = 99, step = 99;
    OK(countersign_ocra_read_state(STATE(row), &round, &counter, &step));
    CHECK(round == 0 && counter == 10 && step == 0);
    OK(countersign_free(ocra));

    memset(&row, 0, sizeof row);
    ocra = device("OCRA-1:HOTP-SHA512-8:QN08-T1M", 64, NULL);
    for (int digit = 0; digit < 5; digit++) {
        memset(question, '0' + digit, 8);
        CHECK(strcmp(answer(ocra, &row, question, 20107446LL * 60, copy), TIMED[digit]) == 0);
    }
    OK(countersign_free(ocra));

    countersign_ocra *signs = NULL;
    ocra = device("OCRA-1:HOTP-SHA512-8:QA10-T1M", 64, NULL);
    OK(countersign_ocra_for_signatures(ocra, &signs));
    OK(countersign_free(ocra));
    for (int at = 0; at < 5; at++) {
        CHECK(strcmp(answer(signs, &row, SIGNED[at][0], 20107446LL * 60, copy), SIGNED[at][1]) == 0);
    }
    // The host asks for the same, and checks it once.
    countersign_ocra_challenge *challenge = NULL;
    int32_t verdict = 99;
    FAILS(BAD_INPUT, countersign_ocra_ask(signs, NULL, 0, 20107446LL * 60, &challenge));
    OK(countersign_ocra_ask_to_sign_text(signs, NULL, 0, TEXT("SIG1000000"), 20107446LL * 60, &challenge));
#define SIGN() countersign_ocra_check(signs, STATE(row), challenge, TEXT("77537423"), 20107446LL * 60, save, &row, &verdict)
    OK(SIGN());
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    OK(SIGN());
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED && row.saved == 1);
    OK(countersign_free(challenge));
    OK(countersign_free(signs));
}

// A login: the host draws a question, keeps it as bytes, and checks the response.
static void a_login(void) {
    const char *suite = "OCRA-1:HOTP-SHA256-8:C-QN08";
    uint8_t secret[64], kept[128];
    size_t secret_length = sizeof secret, kept_length = 0, length;
    OK(countersign_ocra_fresh_secret(NULL, TEXT(suite), secret, &secret_length));
    CHECK(secret_length == 32);
    countersign_ocra *ocra = NULL;
    OK(countersign_ocra_new(NULL, TEXT(suite), secret, secret_length, NULL, 0, &ocra));
    struct row host = {0}, customer = {0};
    countersign_ocra_challenge *asked = NULL, *challenge = NULL;
    char question[64], copy[256];
    int64_t expires = 0;
    int32_t verdict = 99;
    OK(countersign_ocra_ask(ocra, STATE(host), 1800000000, &asked));
    length = sizeof question;
    OK(countersign_ocra_challenge_question(asked, question, &length));
    CHECK(length == 9 && strlen(question) == 8);
    OK(countersign_ocra_challenge_expires(asked, &expires));
    CHECK(expires == 1800000600);
    OK(countersign_ocra_challenge_bytes(asked, NULL, &kept_length));
    CHECK(kept_length <= sizeof kept);
    OK(countersign_ocra_challenge_bytes(asked, kept, &kept_length));
    OK(countersign_free(asked));
    OK(countersign_ocra_challenge_read(NULL, kept, kept_length, &challenge));

    // Three counters are skipped, which the look-ahead finds.
    OK(countersign_ocra_write_state(0, 3, 0, NULL, &customer.length));
    OK(countersign_ocra_write_state(0, 3, 0, customer.state, &customer.length));
    const char *response = answer(ocra, &customer, question, 1800000000, copy);
#define RESPOND(text, now) countersign_ocra_check(ocra, STATE(host), challenge, TEXT(text), now, save, &host, &verdict)
    OK(RESPOND("x", 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && host.saved == 0);
    OK(RESPOND(response, 1800000600));
    CHECK(verdict == COUNTERSIGN_VERDICT_EXPIRED && host.saved == 0);
    countersign_ocra *strict = NULL;
    OK(countersign_ocra_with_look_ahead(ocra, 0, &strict));
    OK(countersign_ocra_check(strict, STATE(host), challenge, TEXT(response), 1800000000, save, &host, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && host.saved == 0);
    verdict = 99;
    host.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, RESPOND(response, 1800000000));
    CHECK(verdict == 99);
    host.answer = COUNTERSIGN_SAVE_STORED;
    OK(RESPOND(response, 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && host.saved == 1);
    OK(RESPOND(response, 1800000000));
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED && host.saved == 1);

    // Wrong arguments.
    uint64_t number = 0;
    countersign_ocra *none = NULL;
    countersign_ocra_challenge *unasked = NULL;
    countersign_text *text = NULL;
    countersign_error *error = NULL;
    verdict = 99;
    OK(countersign_error_new(&error));
    const uint8_t *bytes = (const uint8_t *)SECRET;
    FAILS(BAD_INPUT, countersign_ocra_new(error, TEXT("OCRA-2:HOTP-SHA1-6:QN08"), bytes, 20, NULL, 0, &none));
    char said[256];
    length = sizeof said;
    OK(countersign_last_error(error, said, &length));
    CHECK(strcmp(said, "ocra suite: must begin with OCRA-1") == 0);
    FAILS(BAD_INPUT, countersign_ocra_new(error, TEXT(suite), bytes, 4, NULL, 0, &none));
    FAILS(BAD_INPUT, countersign_ocra_new(error, TEXT(suite), bytes, 20, TEXT("1234"), &none));
    FAILS(BAD_INPUT, countersign_ocra_new(error, TEXT("OCRA-1:HOTP-SHA256-8:QN08-PSHA1"), bytes, 20, NULL, 0, &none));
    FAILS(BAD_INPUT, countersign_ocra_new(error, TEXT("OCRA-1:HOTP-SHA256-8:QN08-PSHA1"), bytes, 20, "", 0, &none));
    FAILS(NULL, countersign_ocra_new(error, NULL, 8, bytes, 20, NULL, 0, &none));
    FAILS(NULL, countersign_ocra_new(error, TEXT(suite), NULL, 20, NULL, 0, &none));
    FAILS(NULL, countersign_ocra_new(error, TEXT(suite), bytes, 20, NULL, 4, &none));
    FAILS(NULL, countersign_ocra_new(error, TEXT(suite), bytes, 20, NULL, 0, NULL));
    FAILS(NOT_UTF8, countersign_ocra_new(error, BROKEN, 2, bytes, 20, NULL, 0, &none));
    FAILS(BAD_INPUT, countersign_ocra_fresh_secret(error, TEXT("x"), secret, &secret_length));
    FAILS(NULL, countersign_ocra_fresh_secret(error, TEXT(suite), secret, NULL));
    secret_length = 31;
    FAILS(BUFFER_TOO_SMALL, countersign_ocra_fresh_secret(error, TEXT(suite), secret, &secret_length));
    CHECK(secret_length == 32);
    FAILS(BAD_INPUT, countersign_ocra_with_look_ahead(ocra, 256, &none));
    FAILS(NULL, countersign_ocra_with_look_ahead(NULL, 1, &none));
    FAILS(NULL, countersign_ocra_with_look_ahead(ocra, 1, NULL));
    FAILS(BAD_INPUT, countersign_ocra_with_time_window(ocra, 1, 1, &none));
    FAILS(NULL, countersign_ocra_with_time_window(NULL, 1, 1, &none));
    FAILS(NULL, countersign_ocra_for_signatures(NULL, &none));
    FAILS(NULL, countersign_ocra_for_signatures(ocra, NULL));
    FAILS(BAD_INPUT, countersign_ocra_in_session(ocra, bytes, 8, &none));
    FAILS(NULL, countersign_ocra_in_session(NULL, bytes, 8, &none));
    FAILS(NULL, countersign_ocra_in_session(ocra, NULL, 8, &none));
    FAILS(NULL, countersign_ocra_ask(NULL, STATE(host), 0, &unasked));
    FAILS(NULL, countersign_ocra_ask(ocra, STATE(host), 0, NULL));
    FAILS(CORRUPT, countersign_ocra_ask(ocra, bytes, 4, 0, &unasked));
    FAILS(BAD_INPUT, countersign_ocra_ask(ocra, STATE(host), -1, &unasked));
    FAILS(BAD_INPUT, countersign_ocra_ask_to_sign_text(ocra, STATE(host), TEXT("12345678"), 0, &unasked));
    FAILS(NULL, countersign_ocra_ask_to_sign_text(NULL, STATE(host), TEXT("12345678"), 0, &unasked));
    FAILS(NULL, countersign_ocra_ask_to_sign_text(ocra, STATE(host), NULL, 8, 0, &unasked));
    FAILS(NULL, countersign_ocra_respond(NULL, STATE(host), TEXT("12345678"), 0, save, &host, &text));
    FAILS(BAD_INPUT, countersign_ocra_respond(ocra, STATE(host), TEXT("1234x678"), 0, save, &host, &text));
    FAILS(NULL, countersign_ocra_respond(ocra, STATE(host), TEXT("12345678"), 0, save, &host, NULL));
    FAILS(NULL, countersign_ocra_check(NULL, STATE(host), challenge, TEXT("1"), 0, save, &host, &verdict));
    FAILS(NULL, countersign_ocra_check(ocra, STATE(host), NULL, TEXT("1"), 0, save, &host, &verdict));
    FAILS(HANDLE, countersign_ocra_check(ocra, STATE(host), (const countersign_ocra_challenge *)ocra, TEXT("1"), 0, save, &host, &verdict));
    FAILS(NULL, countersign_ocra_check(ocra, STATE(host), challenge, NULL, 1, 0, save, &host, &verdict));
    FAILS(NULL, countersign_ocra_check(ocra, STATE(host), challenge, TEXT("1"), 0, NULL, &host, &verdict));
    FAILS(NULL, countersign_ocra_check(ocra, STATE(host), challenge, TEXT("1"), 0, save, &host, NULL));
    FAILS(CORRUPT, countersign_ocra_challenge_read(error, bytes, 4, &unasked));
    FAILS(CORRUPT, countersign_ocra_challenge_read(error, NULL, 0, &unasked));
    FAILS(NULL, countersign_ocra_challenge_read(error, kept, kept_length, NULL));
    FAILS(NULL, countersign_ocra_challenge_bytes(NULL, kept, &kept_length));
    FAILS(NULL, countersign_ocra_challenge_bytes(challenge, kept, NULL));
    FAILS(NULL, countersign_ocra_challenge_question(NULL, question, &length));
    length = 8;
    FAILS(BUFFER_TOO_SMALL, countersign_ocra_challenge_question(challenge, question, &length));
    FAILS(NULL, countersign_ocra_challenge_expires(NULL, &expires));
    FAILS(NULL, countersign_ocra_challenge_expires(challenge, NULL));
    FAILS(NULL, countersign_ocra_write_state(0, 0, 0, kept, NULL));
    FAILS(NULL, countersign_ocra_read_state(STATE(host), NULL, &number, &number));
    FAILS(NULL, countersign_ocra_read_state(STATE(host), &number, NULL, &number));
    FAILS(NULL, countersign_ocra_read_state(STATE(host), &number, &number, NULL));
    FAILS(CORRUPT, countersign_ocra_read_state(bytes, 4, &number, &number, &number));
    FAILS(NULL, countersign_text_data(NULL, NULL, NULL));
    FAILS(NULL, countersign_text_copy(NULL, said, &length));
    FAILS(HANDLE, countersign_text_copy((const countersign_text *)error, said, &length));
    CHECK(verdict == 99 && none == NULL && unasked == NULL && text == NULL);

    // Session data go into the response.
    countersign_ocra *all = device("OCRA-1:HOTP-SHA256-8:QN08-S008-T30S", 32, NULL), *one = NULL, *two = NULL, *wide = NULL;
    FAILS(BAD_INPUT, countersign_ocra_respond(all, NULL, 0, TEXT("12345678"), 0, NULL, NULL, &text));
    OK(countersign_ocra_in_session(all, bytes, 8, &one));
    OK(countersign_ocra_in_session(all, bytes + 1, 8, &two));
    OK(countersign_ocra_with_time_window(one, 3, 1, &wide));
    char mine[256], theirs[256];
    struct row empty = {0};
    answer(one, &empty, "12345678", 0, mine);
    answer(two, &empty, "12345678", 0, theirs);
    CHECK(strcmp(mine, theirs) != 0);
    void *objects[] = {all, one, two, wide, error, strict, challenge, ocra};
    for (size_t place = 0; place < sizeof objects / sizeof *objects; place++) {
        OK(countersign_free(objects[place]));
    }
}

// A transaction is signed by its digest, and no other one is.
static void a_transaction(void) {
    static const uint8_t INTERACTION[16] = "one conversation";
    countersign_ocra *ocra = device("OCRA-1:HOTP-SHA256-8:QH64", 32, NULL), *signs = NULL;
    countersign_context *plain = NULL, *pays = NULL;
    countersign_ocra_challenge *challenge = NULL, *none = NULL;
    struct row row = {0};
    char question[128], copy[256];
    size_t length = sizeof question;
    int32_t verdict = 99;
    const char *payment = "{\"reference\": \"TX-7\", \"payment\": {\"payee\": \"Anna\", \"amount\": \"9.50\", \"currency\": \"EUR\"}}";
    OK(countersign_ocra_for_signatures(ocra, &signs));
    OK(countersign_context_new(NULL, COUNTERSIGN_CHANNEL_WEB, INTERACTION, 16, &plain));
    OK(countersign_context_for_transaction(NULL, plain, TEXT(payment), &pays));
    OK(countersign_ocra_ask_to_sign(signs, NULL, 0, pays, 1800000000, &challenge));
    OK(countersign_ocra_challenge_question(challenge, question, &length));
    CHECK(length == 65);
    const char *signature = answer(signs, &row, question, 1800000000, copy);
    OK(countersign_ocra_check(signs, NULL, 0, challenge, TEXT(signature), 1800000000, save, &row, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    FAILS(BAD_INPUT, countersign_ocra_ask_to_sign(signs, NULL, 0, plain, 1800000000, &none));
    FAILS(BAD_INPUT, countersign_ocra_ask_to_sign(ocra, NULL, 0, pays, 1800000000, &none));
    FAILS(NULL, countersign_ocra_ask_to_sign(NULL, NULL, 0, pays, 1800000000, &none));
    FAILS(NULL, countersign_ocra_ask_to_sign(signs, NULL, 0, NULL, 1800000000, &none));
    FAILS(NULL, countersign_ocra_ask_to_sign(signs, NULL, 0, pays, 1800000000, NULL));
    CHECK(none == NULL);
    void *all[] = {ocra, signs, plain, pays, challenge};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

int main(void) {
    the_vectors();
    a_transaction();
    a_login();
    return 0;
}
