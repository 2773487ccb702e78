// A memorable word, of which three letters are asked for.

#include "row.h"

static const char WORD[] = "Lindenbaum";
static countersign_keyring *keyring;
static countersign_word_key *key;

// The letters that are asked for, as a person says them.
static void asked(const countersign_word *word, int positions[3], char letters[8]) {
    countersign_text *prompt = NULL;
    const char *data = NULL;
    size_t length = 0;
    OK(countersign_word_prompt(word, &prompt));
    OK(countersign_text_data(prompt, &data, &length));
    CHECK(sscanf(data, "{\"positions\":[%d,%d,%d]", &positions[0], &positions[1], &positions[2]) == 3);
    CHECK(strstr(data, "letters") != NULL);
    OK(countersign_free(prompt));
    snprintf(letters, 8, "%c %c %c", WORD[positions[0] - 1], WORD[positions[1] - 1], WORD[positions[2] - 1]);
}

static countersign_word *back(const struct row *row) {
    countersign_word *word = NULL;
    OK(countersign_word_read(NULL, row->state, row->length, &word));
    return word;
}

int main(void) {
    static const uint8_t INTERACTION[16] = "one conversation";
    countersign_word *word = NULL, *none = NULL, *of_nobody = NULL;
    countersign_word_key *no_key = NULL;
    countersign_context *agent = NULL, *web = NULL;
    countersign_error *error = NULL;
    countersign_text *text = NULL;
    struct row row = {0};
    int positions[3], next[3];
    char letters[8], others[8], said[256];
    int32_t verdict = 99, due = 99;
    uint32_t count = 99, heard = 99;
    size_t length;
    OK(countersign_error_new(&error));
    OK(countersign_keyring_generate(error, &keyring));
    OK(countersign_word_key_new(error, keyring, TEXT("bank"), &key));
    OK(countersign_context_new(error, COUNTERSIGN_CHANNEL_AGENT, INTERACTION, 16, &agent));
    OK(countersign_context_new(error, COUNTERSIGN_CHANNEL_WEB, INTERACTION, 16, &web));
#define ENROL(text, to) countersign_word_enrol(error, TEXT(text), NULL, TEXT("bank"), TEXT("anna"), key, to)
    FAILS(BAD_INPUT, ENROL("Linde", &none));
    length = sizeof said;
    OK(countersign_last_error(error, said, &length));
    CHECK(strstr(said, "Linde") == NULL);
    OK(ENROL(WORD, &word));
    row.length = sizeof row.state;
    OK(countersign_word_bytes(word, row.state, &row.length));
    OK(countersign_free(word));
    word = back(&row);
    asked(word, positions, letters);

#define SAY(context, letters) \
    countersign_word_check(word, TEXT(letters), TEXT("bank"), TEXT("anna"), key, context, save, &row, &verdict)
    OK(SAY(web, "x y z"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(SAY(web, letters + 2));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    verdict = 99;
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, SAY(agent, letters));
    CHECK(verdict == 99);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(SAY(agent, letters));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    OK(countersign_free(word));
    word = back(&row);
    asked(word, next, others);
    CHECK(memcmp(positions, next, sizeof next) != 0);
    OK(countersign_word_exposure(word, &count, &heard, &due));
    CHECK(count == 10 && heard == 3 && due == 0);
    // Of another subject it does not open.
    verdict = 99;
    FAILS(CORRUPT, countersign_word_check(word, TEXT(others), TEXT("bank"), TEXT("bert"), key, web, save, &row, &verdict));
    CHECK(verdict == 99);

    OK(countersign_word_for_unknown(error, TEXT("bank"), TEXT("nobody"), keyring, key, &of_nobody));
    OK(countersign_word_check(of_nobody, TEXT(letters), TEXT("bank"), TEXT("nobody"), key, web, save, &row, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);

    // Wrong arguments.
    verdict = 99;
    FAILS(NULL, countersign_word_key_new(error, NULL, TEXT("bank"), &no_key));
    FAILS(NULL, countersign_word_key_new(error, keyring, NULL, 4, &no_key));
    FAILS(BAD_INPUT, countersign_word_key_new(error, keyring, TEXT(""), &no_key));
    FAILS(NULL, countersign_word_key_new(error, keyring, TEXT("bank"), NULL));
    FAILS(NULL, ENROL(WORD, NULL));
    FAILS(NULL, countersign_word_enrol(error, NULL, 9, NULL, TEXT("bank"), TEXT("anna"), key, &none));
    FAILS(NOT_UTF8, countersign_word_enrol(error, BROKEN, 2, NULL, TEXT("bank"), TEXT("anna"), key, &none));
    FAILS(HANDLE, countersign_word_enrol(error, TEXT(WORD), (const countersign_answer_blocklist *)key, TEXT("bank"), TEXT("anna"), key, &none));
    FAILS(NULL, countersign_word_enrol(error, TEXT(WORD), NULL, TEXT("bank"), TEXT("anna"), NULL, &none));
    FAILS(BAD_INPUT, countersign_word_enrol(error, TEXT(WORD), NULL, TEXT("bank"), TEXT(""), key, &none));
    FAILS(NULL, countersign_word_for_unknown(error, TEXT("bank"), TEXT("nobody"), NULL, key, &none));
    FAILS(NULL, countersign_word_for_unknown(error, TEXT("bank"), TEXT("nobody"), keyring, NULL, &none));
    FAILS(NULL, countersign_word_for_unknown(error, TEXT("bank"), TEXT("nobody"), keyring, key, NULL));
    FAILS(CORRUPT, countersign_word_read(error, (const uint8_t *)"x", 1, &none));
    FAILS(NULL, countersign_word_read(error, STATE(row), NULL));
    FAILS(NULL, countersign_word_bytes(NULL, row.state, &length));
    FAILS(NULL, countersign_word_bytes(word, row.state, NULL));
    FAILS(NULL, countersign_word_prompt(NULL, &text));
    FAILS(NULL, countersign_word_prompt(word, NULL));
    FAILS(NULL, countersign_word_check(NULL, TEXT("a b c"), TEXT("bank"), TEXT("anna"), key, web, save, &row, &verdict));
    FAILS(NULL, countersign_word_check(word, NULL, 5, TEXT("bank"), TEXT("anna"), key, web, save, &row, &verdict));
    FAILS(NULL, countersign_word_check(word, TEXT("a b c"), TEXT("bank"), TEXT("anna"), NULL, web, save, &row, &verdict));
    FAILS(NULL, countersign_word_check(word, TEXT("a b c"), TEXT("bank"), TEXT("anna"), key, NULL, save, &row, &verdict));
    FAILS(NULL, countersign_word_check(word, TEXT("a b c"), TEXT("bank"), TEXT("anna"), key, web, NULL, &row, &verdict));
    FAILS(NULL, countersign_word_check(word, TEXT("a b c"), TEXT("bank"), TEXT("anna"), key, web, save, &row, NULL));
    FAILS(NULL, countersign_word_exposure(NULL, &count, &heard, &due));
    FAILS(NULL, countersign_word_exposure(word, NULL, &heard, &due));
    FAILS(NULL, countersign_word_exposure(word, &count, NULL, &due));
    FAILS(NULL, countersign_word_exposure(word, &count, &heard, NULL));
    CHECK(none == NULL && no_key == NULL && text == NULL && verdict == 99);
    void *all[] = {word, of_nobody, key, keyring, agent, web, error};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
    return 0;
}
