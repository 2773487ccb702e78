// What is freed holds no secret. This program's own `free` looks through every block that is given back: those of the library,
// too.
//
// Every secret has the mark in it. This program itself keeps none on the heap.

#define _GNU_SOURCE

#include <malloc.h>

#include "countersign.h"

#include "check.h"

#define TEXT(text) text, strlen(text)
#define OK(call) CHECK((call) == COUNTERSIGN_OK)
#define MARK "qzxwvkjqzxwv"
// The mark in hexadecimal digits, as a form has it.
#define DIGITS "717a7877766b6a717a787776"
// The mark in a key URI, but for its last bit.
#define BASE32 "OF5HQ53WNNVHC6TYO53"
// Argon2id's memory is larger, and a test of the Rust library looks at it.
#define LARGEST (1 << 20)

static const uint8_t KEY[] = MARK "-0123456789-abcdefgh";
static const int64_t NOW = 1764322921;

extern void __libc_free(void *block);
extern void *__libc_malloc(size_t size);
static int found = 0;

static void look(const char *block, size_t size) {
    static const char *const marks[] = {MARK, DIGITS, BASE32};
    int holds = 0;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        holds |= size <= LARGEST && memmem(block, size, TEXT(marks[i])) != NULL;
    found += holds;
}

void free(void *block) {
    if (block == NULL) return;
    look(block, malloc_usable_size(block));
    __libc_free(block);
}

// Memory that grows moves, and what is left behind is looked at.
void *realloc(void *block, size_t size) {
    void *larger = __libc_malloc(size);
    if (block == NULL || larger == NULL) return larger;
    size_t old = malloc_usable_size(block);
    memcpy(larger, block, old < size ? old : size);
    free(block);
    return larger;
}

static int32_t save(void *user, const uint8_t *state, size_t length) {
    (void)user, (void)state, (void)length;
    return COUNTERSIGN_SAVE_STORED;
}

static int32_t read_clock(void *user, int64_t *moment) {
    (void)user;
    *moment = NOW;
    return COUNTERSIGN_CALLBACK_DONE;
}

// So that a check is not said to be clean for what another one left.
static void clean(const char *after) {
    if (found != 0) fprintf(stderr, "%d blocks hold a secret after: %s\n", found, after);
    CHECK(found == 0);
}

static countersign_keyring *keyring;
static countersign_context *context;

static void keys(void) {
    countersign_keyring *again = NULL, *rotated = NULL;
    uint8_t bytes[1024];
    char text[128];
    size_t length = sizeof bytes;
    OK(countersign_keyring_bytes(keyring, bytes, &length));
    CHECK(memmem(bytes, length, TEXT(MARK)) != NULL);
    OK(countersign_keyring_from_bytes(NULL, bytes, length, &again));
    OK(countersign_keyring_rotate(again, 2, &rotated));
    OK(countersign_free(rotated));
    OK(countersign_free(again));
    // Half a ring, and a key that is too long.
    CHECK(countersign_keyring_from_bytes(NULL, bytes, length - 1, &again) != COUNTERSIGN_OK);
    memset(text, 'x', sizeof text);
    memcpy(text, KEY, 32);
    CHECK(countersign_keyring_new(NULL, 1, (const uint8_t *)text, 33, 1, KEY, 32, &again) != COUNTERSIGN_OK);
    clean("keyrings");
}

static void codes(void) {
    countersign_totp *totp = NULL;
    countersign_hotp *hotp = NULL;
    countersign_ocra *ocra = NULL;
    countersign_key_uri *uri = NULL;
    char code[16], text[16384];
    size_t length = sizeof code, written = sizeof text;
    int32_t verdict = 99;
    OK(countersign_totp_new(NULL, KEY, 32, COUNTERSIGN_ALGORITHM_SHA256, 6, 30, &totp));
    OK(countersign_totp_code_at(totp, NOW, code, &length));
    OK(countersign_totp_check(totp, NULL, 0, TEXT(code), NOW, save, NULL, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    OK(countersign_totp_key_uri(totp, TEXT("bank"), TEXT("anna"), &uri));
    OK(countersign_key_uri_text(uri, text, &written));
    OK(countersign_free(uri));
    OK(countersign_key_uri_parse(NULL, TEXT(text), &uri));
    OK(countersign_free(uri));
    OK(countersign_free(totp));
    CHECK(countersign_totp_new(NULL, KEY, 32, 99, 6, 30, &totp) != COUNTERSIGN_OK);
    CHECK(countersign_totp_new(NULL, KEY, 32, COUNTERSIGN_ALGORITHM_SHA256, 6, 0, &totp) != COUNTERSIGN_OK);
    OK(countersign_hotp_new(NULL, KEY, 32, COUNTERSIGN_ALGORITHM_SHA1, 6, 3, &hotp));
    OK(countersign_free(hotp));
    OK(countersign_ocra_new(NULL, TEXT("OCRA-1:HOTP-SHA256-8:QN08-PSHA1"), KEY, 32, TEXT(MARK), &ocra));
    OK(countersign_free(ocra));
    CHECK(countersign_ocra_new(NULL, TEXT("OCRA-1:HOTP-SHA256-8:QN08"), KEY, 32, TEXT(MARK), &ocra) != COUNTERSIGN_OK);
    clean("codes");
}

static void fields(void) {
    const countersign_bytes place[] = {{"customers", 9}, {"note", 4}, {"42", 2}};
    const countersign_field row[] = {{{"name", 4}, {KEY, 32}}, {{"phone", 5}, {KEY, 32}}};
    countersign_field sealed_row[2];
    countersign_field_cipher *cipher = NULL;
    countersign_values *values = NULL, *opened = NULL;
    uint8_t sealed[256], plain[64];
    size_t length = sizeof sealed, written = sizeof plain;
    OK(countersign_field_cipher_new(NULL, keyring, TEXT("bank"), TEXT("customers"), &cipher));
    OK(countersign_field_cipher_seal(cipher, place, 3, KEY, 32, sealed, &length));
    OK(countersign_field_cipher_open(cipher, place, 3, sealed, length, plain, &written));
    CHECK(memcmp(plain, KEY, 32) == 0);
    sealed[length - 1] ^= 1;
    CHECK(countersign_field_cipher_open(cipher, place, 3, sealed, length, plain, &written) == COUNTERSIGN_ERROR_CORRUPT);
    OK(countersign_field_cipher_seal_row(cipher, TEXT("customers"), (const uint8_t *)"42", 2, row, 2, &values));
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *data = NULL;
        OK(countersign_values_data(values, i, &data, &length));
        sealed_row[i] = (countersign_field){row[i].column, {data, length}};
    }
    OK(countersign_field_cipher_open_row(cipher, TEXT("customers"), (const uint8_t *)"42", 2, sealed_row, 2, &opened));
    OK(countersign_free(opened));
    // The second does not open: what the first gave is wiped.
    sealed_row[1].value = sealed_row[0].value;
    CHECK(countersign_field_cipher_open_row(cipher, TEXT("customers"), (const uint8_t *)"42", 2, sealed_row, 2, &opened) ==
          COUNTERSIGN_ERROR_CORRUPT);
    OK(countersign_free(values));
    OK(countersign_free(cipher));
    clean("fields");
}

static void passwords_and_answers(void) {
    countersign_hash_pool *pool = NULL;
    countersign_hash_permit *permit = NULL;
    countersign_password_rules *rules = NULL;
    countersign_password_hash *hash = NULL;
    countersign_catalogue *catalogue = NULL;
    countersign_answers *answers = NULL;
    countersign_answer_hashes *hashes = NULL;
    countersign_word_key *key = NULL;
    countersign_word *word = NULL;
    int32_t verdict = 99;
    OK(countersign_hash_pool_new(NULL, 0, 0, 0, 1, &pool));
    OK(countersign_hash_pool_permit(pool, 1000, &permit));
    OK(countersign_password_rules_new(NULL, TEXT("{\"multi_factor\": true}"), NULL, NULL, &rules));
    OK(countersign_password_hash_enrol(NULL, TEXT(MARK), rules, keyring, permit, &hash));
    OK(countersign_password_hash_check(hash, TEXT(MARK), keyring, permit, save, NULL, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    OK(countersign_password_hash_check(hash, TEXT(MARK "!"), keyring, permit, save, NULL, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(countersign_free(rules));
    clean("passwords");

    OK(countersign_catalogue_new(NULL, TEXT("{\"own\": {\"asked\": 1, \"questions\": [{\"id\": 1, \"prompt\": \"?\"}]}}"), &catalogue));
    OK(countersign_answers_new(NULL, &answers));
    OK(countersign_answers_add(answers, catalogue, 1, TEXT(MARK)));
    OK(countersign_answer_hashes_enrol(NULL, catalogue, answers, NULL, keyring, permit, &hashes));
    const uint16_t asked[] = {1};
    OK(countersign_answer_hashes_check(hashes, asked, 1, answers, keyring, permit, save, NULL, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    OK(countersign_free(hashes));
    OK(countersign_free(answers));
    clean("answers");

    OK(countersign_word_key_new(NULL, keyring, TEXT("bank"), &key));
    OK(countersign_word_enrol(NULL, TEXT(MARK), NULL, TEXT("bank"), TEXT("anna"), key, &word));
    OK(countersign_word_check(word, TEXT("q z x"), TEXT("bank"), TEXT("anna"), key, context, save, NULL, &verdict));
    OK(countersign_free(word));
    OK(countersign_free(key));
    clean("words");
    OK(countersign_free(catalogue));
    OK(countersign_free(hash));
    OK(countersign_free(permit));
    OK(countersign_free(pool));
    clean("the pool");
}

static countersign_verifier *verifier;
static int32_t outcome;

static void change(const char *form, int32_t result) {
    int32_t answer = countersign_verifier_change_json(verifier, TEXT("anna"), TEXT(form), COUNTERSIGN_BY_HOST, NULL, context,
                                                      &outcome, NULL);
    if (answer != result) fprintf(stderr, "%d: %s\n", (int)answer, form);
    CHECK(answer == result);
    clean(form);
}

static void check(const char *form, int32_t result) {
    int32_t answer = countersign_verifier_check_json(verifier, TEXT("anna"), TEXT(form), context, &outcome, NULL);
    if (answer != result) fprintf(stderr, "%d: %s\n", (int)answer, form);
    CHECK(answer == result);
    clean(form);
}

static void the_verifier(const char *path) {
    countersign_settings *settings = NULL;
    countersign_text *text = NULL;
    countersign_callbacks all = {.size = sizeof all, .now = read_clock};
    const char form[] = "{\"realm\": \"bank\", \"memorable_words\": true, \"accepts_worse_guess_chance\": true,"
                        " \"catalogue\": {\"own\": {\"asked\": 1, \"questions\": [{\"id\": 1, \"prompt\": \"?\"}]}}}";
    OK(countersign_settings_new(NULL, TEXT(form), keyring, &settings));
    OK(countersign_verifier_open(NULL, settings, TEXT(path), &all, &verifier));
    OK(countersign_verifier_create(verifier, TEXT("anna"), context));
    change("{\"set_password\": {\"password\": \"" MARK "-and more\"}}", COUNTERSIGN_OK);
    // An escape makes the reader copy.
    change("{\"set_password\": {\"password\": \"" MARK "\\u002dand more\"}}", COUNTERSIGN_OK);
    change("{\"set_password\": {\"password\": \"" MARK "\\u002dand more\", \"rules\": {\"x\": 1}}}", COUNTERSIGN_ERROR_JSON);
    change("{\"set_password\": {\"password\": \"" MARK "\\u002d\", \"password\": \"" MARK "\\u002d\"}}", COUNTERSIGN_ERROR_JSON);
    change("{\"set_password\": {\"password\": \"" MARK "\\u002dand more", COUNTERSIGN_ERROR_JSON);
    change("{\"set_password\": {\"password\": \"" MARK "\", \"rules\": {\"at_least\": 20}}}", COUNTERSIGN_ERROR_BAD_INPUT);
    change("{\"set_password\": {\"password\": \"" MARK "\", \"rules\": {\"multi_factor\": true, \"context_words\": [\"" MARK "\"]}}}",
           COUNTERSIGN_ERROR_BAD_INPUT);
    change("{\"set_ocra\": {\"customer\": {\"suite\": \"OCRA-1:HOTP-SHA256-8:QN08\", \"secret\": \"" DIGITS DIGITS "\"}}}",
           COUNTERSIGN_OK);
    change("{\"set_ocra\": {\"customer\": {\"suite\": \"OCRA-1:HOTP-SHA256-8:QN08\", \"secret\": \"" DIGITS "7\"}}}",
           COUNTERSIGN_ERROR_BAD_INPUT);
    change("{\"set_ocra\": {\"customer\": {\"suite\": \"OCRA-1:none\", \"secret\": \"" DIGITS DIGITS "\"}}}",
           COUNTERSIGN_ERROR_BAD_INPUT);
    change("{\"set_questions\": {\"answers\": [{\"question\": 1, \"answer\": \"" MARK "\\u0041\"}]}}", COUNTERSIGN_OK);
    change("{\"set_questions\": {\"answers\": [{\"question\": 1, \"answer\": \"" MARK "\\u0041\"}, {\"question\": 2, \"answer\": \"" MARK
           "\\u0041\"}]}}",
           COUNTERSIGN_ERROR_BAD_INPUT);
    change("{\"set_memorable_word\": {\"word\": \"" MARK "\"}}", COUNTERSIGN_OK);
    change("{\"set_memorable_word\": {\"word\": \"" MARK "\", \"blocklist\": {\"known\": [\"" MARK "\"]}}}", COUNTERSIGN_ERROR_BAD_INPUT);
    check("{\"questions\": [{\"question\": 1, \"answer\": \"" MARK "\\u0041\"}]}", COUNTERSIGN_OK);
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    check("{\"questions\": [{\"question\": 1, \"answer\": \"" MARK "\\u0042\"}]}", COUNTERSIGN_OK);
    CHECK(outcome == COUNTERSIGN_OUTCOME_DENIED);
    check("{\"totp_pair\": [\"" MARK "\\u0041\", \"" MARK "\"]}", COUNTERSIGN_OK);
    check("{\"totp_pair\": [\"" MARK "\\u0041\"]}", COUNTERSIGN_ERROR_JSON);
    check("{\"memorable_word\": [\"" MARK "\\u0041\", \"x\", \"y\"]}", COUNTERSIGN_OK);

    for (int32_t factor = COUNTERSIGN_FACTOR_TOTP; factor <= COUNTERSIGN_FACTOR_PIN; factor++) {
        int32_t result = countersign_verifier_check(verifier, TEXT("anna"), factor, TEXT(MARK "-and more"), context, &outcome, NULL);
        CHECK(result == COUNTERSIGN_OK || result == COUNTERSIGN_ERROR_UNKNOWN_NUMBER || result == COUNTERSIGN_ERROR_BAD_INPUT);
        if (factor == COUNTERSIGN_FACTOR_PASSWORD) CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
        char after[32];
        snprintf(after, sizeof after, "a check of factor %d", (int)factor);
        clean(after);
    }
    for (int32_t what = COUNTERSIGN_CHANGE_ADD_TOTP; what <= COUNTERSIGN_CHANGE_RESUME; what++) {
        countersign_verifier_change(verifier, TEXT("anna"), what, TEXT(MARK "-and more"), COUNTERSIGN_BY_HOST, NULL, context, &outcome,
                                    NULL);
        char after[32];
        snprintf(after, sizeof after, "change %d", (int)what);
        clean(after);
    }
    const char uri[] = "otpauth://totp/Bank:anna?secret=OF5HQ53WNNVHC6TYO53C2MBRGIZTINJWG44DSLLBMJRWIZLGM5UA&issuer=Bank";
    OK(countersign_verifier_change(verifier, TEXT("anna"), COUNTERSIGN_CHANGE_ADD_TOTP, TEXT(uri), COUNTERSIGN_BY_HOST, NULL, context,
                                   &outcome, NULL));
    clean("an app by its key URI");
    OK(countersign_verifier_generate_recovery_codes(verifier, TEXT("anna"), 10, COUNTERSIGN_BY_HOST, NULL, context, &text));
    OK(countersign_free(text));
    OK(countersign_free(verifier));
    OK(countersign_free(settings));
    clean("the verifier");
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    char path[512];
    char *block = malloc(64);
    memcpy(block, MARK, 12);
    free(block);
    CHECK(found == 1);
    block = malloc(64);
    memcpy(block, DIGITS, 24);
    block = realloc(block, 1 << 16);
    CHECK(found == 2);
    memset(block, 0, 64);
    free(block);
    found = 0;
    snprintf(path, sizeof path, "%s/wiped.db", arguments[1]);
    OK(countersign_keyring_new(NULL, 1, KEY, 32, 1, KEY, 32, &keyring));
    OK(countersign_context_begin(NULL, COUNTERSIGN_CHANNEL_DEVICE, &context));
    keys();
    codes();
    fields();
    passwords_and_answers();
    the_verifier(path);
    OK(countersign_free(context));
    OK(countersign_free(keyring));
    clean("all");
    return 0;
}
