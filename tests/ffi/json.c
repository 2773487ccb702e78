// One value out of a JSON text, and a text as JSON.

#include "countersign.h"

#include "check.h"

#define TEXT(text) (text), strlen(text)

static const char JSON[] = "{\"a/b\": [true, {\"m~n\": \"quo\\\"te \\u00e9 \\ud83d\\ude00\"}], \"n\": null, \"no\": 17, \"\": {\"\": \"x\"}, \"c\": \"[1]\"}";

static countersign_result get(const char *pointer, char *value, size_t room) {
    return countersign_json_get(NULL, TEXT(JSON), TEXT(pointer), value, &room);
}

static void finds(const char *pointer, const char *expected) {
    char value[256] = "";
    CHECK(get(pointer, value, sizeof value) == COUNTERSIGN_OK);
    CHECK(strcmp(value, expected) == 0);
}

static void finds_nothing(const char *pointer) {
    char value[256] = "untouched";
    CHECK(get(pointer, value, sizeof value) == COUNTERSIGN_ERROR_JSON);
    CHECK(strcmp(value, "untouched") == 0);
}

static void values(void) {
    finds("", JSON);
    finds("/a~1b/0", "true");
    finds("/a~1b/1/m~0n", "quo\"te \xc3\xa9 \xf0\x9f\x98\x80");
    finds("/n", "null");
    finds("/no", "17");
    finds("//", "x");
    finds("/c", "[1]");
    const char *const nowhere[] = {"/a", "a", "/a~1b/2", "/a~1b/00", "/a~1b/-1", "/a~1b/+1", "/a~1b/-", "/no/0", "/c/0", "/n/x", "/a~01b"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; ++i) finds_nothing(nowhere[i]);
}

static void quotes(const char *text, size_t length, const char *expected) {
    char quoted[64];
    size_t room = 0;
    CHECK(countersign_json_quote(NULL, text, length, NULL, &room) == COUNTERSIGN_OK && room == strlen(expected) + 1);
    room = sizeof quoted;
    CHECK(countersign_json_quote(NULL, text, length, quoted, &room) == COUNTERSIGN_OK);
    CHECK(room == strlen(expected) + 1 && strcmp(quoted, expected) == 0);
}

static void texts(void) {
    quotes(TEXT("zoe"), "\"zoe\"");
    quotes(NULL, 0, "\"\"");
    quotes("a\"\\\n\0", 5, "\"a\\\"\\\\\\n\\u0000\"");
    quotes(TEXT("\xc5\x81\xc3\xb3"), "\"\xc5\x81\xc3\xb3\"");
}

static void wrong_arguments(void) {
    countersign_error *error = NULL;
    char value[64], why[256];
    size_t room = sizeof value, length = sizeof why;
    CHECK(countersign_error_new(&error) == COUNTERSIGN_OK);
    CHECK(countersign_json_get(error, NULL, 4, TEXT("/a"), value, &room) == COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_json_get(error, TEXT("{}"), NULL, 4, value, &room) == COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_json_get(error, TEXT("{}"), NULL, 0, value, NULL) == COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_json_get(error, "{}", SIZE_MAX, NULL, 0, value, &room) == COUNTERSIGN_ERROR_LENGTH);
    CHECK(countersign_json_get(error, TEXT("\"\xff\""), NULL, 0, value, &room) == COUNTERSIGN_ERROR_NOT_UTF8);
    CHECK(countersign_json_get(error, NULL, 0, NULL, 0, value, &room) == COUNTERSIGN_ERROR_JSON);
    CHECK(countersign_json_get((countersign_error *)why, TEXT("{}"), NULL, 0, value, &room) == COUNTERSIGN_ERROR_HANDLE);
    // An error does not say what stands there: it may be a secret.
    CHECK(countersign_json_get(error, TEXT("{\"secret\": \"swordfish\" \"x\"}"), TEXT("/secret"), value, &room) == COUNTERSIGN_ERROR_JSON);
    CHECK(countersign_last_error(error, why, &length) == COUNTERSIGN_OK && strstr(why, "swordfish") == NULL);
    CHECK(countersign_json_get(error, TEXT("{\"a\": \"\\ud800\"}"), TEXT("/a"), value, &room) == COUNTERSIGN_ERROR_JSON);
    room = 3;
    CHECK(countersign_json_get(error, TEXT("\"four\""), NULL, 0, value, &room) == COUNTERSIGN_ERROR_BUFFER_TOO_SMALL);
    CHECK(room == 5);
    strcpy(value, "\"overlap\"");
    room = sizeof value;
    CHECK(countersign_json_get(error, value, strlen(value), NULL, 0, value, &room) == COUNTERSIGN_ERROR_OVERLAP);
    CHECK(countersign_json_quote(error, value, strlen(value), value, &room) == COUNTERSIGN_ERROR_OVERLAP);
    CHECK(countersign_json_quote(error, NULL, 1, value, &room) == COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_json_quote(error, "\xff", 1, value, &room) == COUNTERSIGN_ERROR_NOT_UTF8);
    CHECK(countersign_json_quote(error, TEXT("a"), value, NULL) == COUNTERSIGN_ERROR_NULL);
    room = 2;
    CHECK(countersign_json_quote(error, TEXT("a"), value, &room) == COUNTERSIGN_ERROR_BUFFER_TOO_SMALL && room == 4);
    CHECK(countersign_free(error) == COUNTERSIGN_OK);
}

int main(void) {
    values();
    texts();
    wrong_arguments();
    return 0;
}
