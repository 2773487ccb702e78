// What Argon2id hashes: passwords, PINs and answers, and the permits for that.

#include "row.h"

static countersign_keyring *keyring;
static countersign_hash_pool *pool;

static countersign_hash_permit *permit(void) {
    countersign_hash_permit *permit = NULL;
    OK(countersign_hash_pool_permit(pool, 0, &permit));
    return permit;
}

static void permits(void) {
    countersign_hash_pool *two = NULL, *none = NULL;
    countersign_hash_permit *first = NULL, *second = NULL, *third = NULL;
    OK(countersign_hash_pool_new(NULL, 19456, 2, 1, 2, &two));
    OK(countersign_hash_pool_permit(two, 0, &first));
    OK(countersign_hash_pool_permit(two, 1000, &second));
    FAILS(BUSY, countersign_hash_pool_permit(two, 0, &third));
    FAILS(BUSY, countersign_hash_pool_permit(two, 1, &third));
    FAILS(BUSY, countersign_hash_pool_permits(two, 4, &third));
    CHECK(third == NULL);
    // It goes back when it is freed, also after its pool.
    OK(countersign_free(first));
    OK(countersign_hash_pool_permits(two, 4, &third));
    OK(countersign_free(two));
    OK(countersign_free(second));
    OK(countersign_free(third));

    first = NULL;
    FAILS(BAD_INPUT, countersign_hash_pool_new(NULL, 1024, 1, 1, 1, &none));
    FAILS(BAD_INPUT, countersign_hash_pool_new(NULL, 0, 0, 0, 0, &none));
    FAILS(BAD_INPUT, countersign_hash_pool_new(NULL, UINT32_MAX, 2, 1, 1, &none));
    FAILS(NULL, countersign_hash_pool_new(NULL, 0, 0, 0, 1, NULL));
    FAILS(NULL, countersign_hash_pool_permit(NULL, 0, &first));
    FAILS(NULL, countersign_hash_pool_permit(pool, 0, NULL));
    FAILS(NULL, countersign_hash_pool_permits(NULL, 1, &first));
    FAILS(BAD_INPUT, countersign_hash_pool_permits(pool, 0, &first));
    FAILS(NULL, countersign_hash_pool_permits(pool, 1, NULL));
    FAILS(HANDLE, countersign_hash_pool_permit((const countersign_hash_pool *)keyring, 0, &first));
    uint32_t memory = 0, passes = 0, lanes = 0;
    OK(countersign_hash_calibrate(NULL, 1, 19456, &memory, &passes, &lanes));
    CHECK(memory == 19456 && passes == 2 && lanes == 1);
    FAILS(BAD_INPUT, countersign_hash_calibrate(NULL, 1, 1024, &memory, &passes, &lanes));
    FAILS(NULL, countersign_hash_calibrate(NULL, 1, 19456, NULL, &passes, &lanes));
    FAILS(NULL, countersign_hash_calibrate(NULL, 1, 19456, &memory, NULL, &lanes));
    FAILS(NULL, countersign_hash_calibrate(NULL, 1, 19456, &memory, &passes, NULL));
    // No permit is lost on the way of a call that failed.
    OK(countersign_hash_pool_permits(pool, 2, &first));
    OK(countersign_free(first));
    CHECK(none == NULL);
}

static int32_t is_listed(void *user, const char *word, size_t length) {
    const char *listed = user;
    int is_there = length == strlen(listed) && memcmp(word, listed, length) == 0;
    return is_there ? 0 : COUNTERSIGN_NOT_LISTED;
}

static void passwords(void) {
    static char LISTED[] = "tr0ub4dor&3", PHC[256];
    countersign_password_rules *rules = NULL, *no_rules = NULL;
    countersign_password_hash *hash = NULL, *back = NULL, *none = NULL;
    countersign_hash_permit *held = permit();
    countersign_error *error = NULL;
    struct row row = {0};
    int32_t rejection = 99, verdict = 99, needs = 99;
    size_t length = sizeof PHC;
    OK(countersign_error_new(&error));
    const char *json = "{\"multi_factor\": true, \"at_least\": 10, \"blocked\": [\"Example Bank\"], \"context_words\": [\"Anna Berg\"]}";
    OK(countersign_password_rules_new(error, TEXT(json), is_listed, LISTED, &rules));
    static const struct { const char *password; int32_t rejection; } NEW[] = {
        {"horse battery", COUNTERSIGN_REJECTION_NONE},
        {"horse", COUNTERSIGN_REJECTION_TOO_SHORT},
        {"Tr0ub4dor&3", COUNTERSIGN_REJECTION_BLOCKED},
        {"example BANK", COUNTERSIGN_REJECTION_BLOCKED},
        {"anna berg 1984", COUNTERSIGN_REJECTION_OF_CONTEXT},
        {"horse\tbattery", COUNTERSIGN_REJECTION_UNREADABLE},
    };
    for (size_t place = 0; place < sizeof NEW / sizeof *NEW; place++) {
        OK(countersign_password_rules_check(rules, TEXT(NEW[place].password), &rejection));
        CHECK(rejection == NEW[place].rejection);
    }
    FAILS(BAD_INPUT, countersign_password_hash_enrol(error, TEXT("horse"), rules, keyring, held, &hash));
    CHECK(hash == NULL);
    OK(countersign_password_hash_enrol(error, TEXT("horse battery"), rules, keyring, held, &hash));
    OK(countersign_password_hash_phc(hash, PHC, &length));
    CHECK(strncmp(PHC, "$argon2id$v=19$m=19456,t=2,p=1,keyid=", 37) == 0 && strlen(PHC) + 1 == length);
    OK(countersign_password_hash_parse(error, TEXT(PHC), &back));
    OK(countersign_password_hash_needs_rehash(back, keyring, pool, &needs));
    CHECK(needs == 0);
    OK(countersign_password_hash_expect_pepper(back, keyring));

#define TYPE(hash, password) countersign_password_hash_check(hash, TEXT(password), keyring, held, save, &row, &verdict)
    OK(TYPE(back, "horse batterY"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 0);
    OK(TYPE(back, "horse battery"));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 0);
    // A text that no password is: wrong, and no error.
    OK(TYPE(back, ""));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);

    // The reference implementation's own test. A right password replaces a hash without a pepper.
    countersign_password_hash *foreign = NULL, *fresh = NULL;
    const char *reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    OK(countersign_password_hash_parse(error, TEXT(reference), &foreign));
    OK(countersign_password_hash_needs_rehash(foreign, keyring, pool, &needs));
    CHECK(needs == 1);
    OK(TYPE(foreign, "differentpassword"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == 0);
    verdict = 99;
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, TYPE(foreign, "password"));
    row.answer = 7;
    FAILS(CALLBACK, TYPE(foreign, "password"));
    CHECK(verdict == 99);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(TYPE(foreign, "password"));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    OK(countersign_password_hash_parse(error, (const char *)row.state, row.length, &fresh));
    OK(TYPE(fresh, "password"));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);

    countersign_password_hash *decoy = NULL, *weak = NULL, *plain = NULL;
    OK(countersign_password_hash_decoy(error, keyring, pool, &decoy));
    OK(TYPE(decoy, "password"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    const char *old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    FAILS(BAD_INPUT, countersign_password_hash_parse(error, TEXT(old), &none));
    OK(countersign_password_hash_parse_weak(error, TEXT(old), &weak));
    OK(TYPE(weak, "password"));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 2);
    OK(countersign_password_hash_enrol_without_pepper(error, TEXT("horse battery"), rules, held, &plain));
    OK(countersign_password_hash_needs_rehash(plain, keyring, pool, &needs));
    CHECK(needs == 1);

    // Another keyring is not the caller's guess.
    countersign_keyring *others = NULL;
    OK(countersign_keyring_generate(NULL, &others));
    verdict = 99;
    CHECK(countersign_password_hash_expect_pepper(back, others) != COUNTERSIGN_OK);
    CHECK(countersign_password_hash_check(back, TEXT("horse battery"), others, held, save, &row, &verdict) != COUNTERSIGN_OK);
    CHECK(verdict == 99);

    // Wrong arguments.
    FAILS(JSON, countersign_password_rules_new(error, TEXT("{\"capitals\": 1}"), NULL, NULL, &no_rules));
    FAILS(JSON, countersign_password_rules_new(error, NULL, 0, NULL, NULL, &no_rules));
    FAILS(NULL, countersign_password_rules_new(error, NULL, 2, NULL, NULL, &no_rules));
    FAILS(NULL, countersign_password_rules_new(error, TEXT("{}"), NULL, NULL, NULL));
    FAILS(NULL, countersign_password_rules_check(NULL, TEXT("x"), &rejection));
    FAILS(NOT_UTF8, countersign_password_rules_check(rules, BROKEN, 2, &rejection));
    FAILS(NULL, countersign_password_rules_check(rules, TEXT("x"), NULL));
    FAILS(NULL, countersign_password_hash_enrol(error, NULL, 4, rules, keyring, held, &none));
    FAILS(NULL, countersign_password_hash_enrol(error, TEXT("horse battery"), NULL, keyring, held, &none));
    FAILS(NULL, countersign_password_hash_enrol(error, TEXT("horse battery"), rules, NULL, held, &none));
    FAILS(NULL, countersign_password_hash_enrol(error, TEXT("horse battery"), rules, keyring, NULL, &none));
    FAILS(NULL, countersign_password_hash_enrol(error, TEXT("horse battery"), rules, keyring, held, NULL));
    FAILS(HANDLE, countersign_password_hash_enrol(error, TEXT("horse battery"), (const countersign_password_rules *)held, keyring, held, &none));
    FAILS(HANDLE, countersign_password_hash_enrol(error, TEXT("horse battery"), rules, (const countersign_keyring *)held, held, &none));
    FAILS(HANDLE, countersign_password_hash_enrol(error, TEXT("horse battery"), rules, keyring, (const countersign_hash_permit *)rules, &none));
    FAILS(NULL, countersign_password_hash_enrol_without_pepper(error, TEXT("horse battery"), NULL, held, &none));
    FAILS(BAD_INPUT, countersign_password_hash_enrol_without_pepper(error, TEXT("horse"), rules, held, &none));
    FAILS(NULL, countersign_password_hash_decoy(error, NULL, pool, &none));
    FAILS(NULL, countersign_password_hash_decoy(error, keyring, NULL, &none));
    FAILS(NULL, countersign_password_hash_decoy(error, keyring, pool, NULL));
    FAILS(CORRUPT, countersign_password_hash_parse(error, TEXT("x"), &none));
    FAILS(CORRUPT, countersign_password_hash_parse_weak(error, TEXT("x"), &none));
    FAILS(NULL, countersign_password_hash_parse(error, NULL, 4, &none));
    FAILS(NULL, countersign_password_hash_parse(error, TEXT(PHC), NULL));
    length = sizeof PHC;
    FAILS(NULL, countersign_password_hash_phc(NULL, PHC, &length));
    FAILS(NULL, countersign_password_hash_phc(hash, PHC, NULL));
    length = 4;
    FAILS(BUFFER_TOO_SMALL, countersign_password_hash_phc(hash, PHC, &length));
    FAILS(NULL, countersign_password_hash_check(NULL, TEXT("x"), keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_password_hash_check(hash, NULL, 1, keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_password_hash_check(hash, TEXT("x"), NULL, held, save, &row, &verdict));
    FAILS(NULL, countersign_password_hash_check(hash, TEXT("x"), keyring, NULL, save, &row, &verdict));
    FAILS(NULL, countersign_password_hash_check(hash, TEXT("x"), keyring, held, NULL, &row, &verdict));
    FAILS(NULL, countersign_password_hash_check(hash, TEXT("x"), keyring, held, save, &row, NULL));
    FAILS(NULL, countersign_password_hash_needs_rehash(NULL, keyring, pool, &needs));
    FAILS(NULL, countersign_password_hash_needs_rehash(hash, NULL, pool, &needs));
    FAILS(NULL, countersign_password_hash_needs_rehash(hash, keyring, NULL, &needs));
    FAILS(NULL, countersign_password_hash_needs_rehash(hash, keyring, pool, NULL));
    FAILS(NULL, countersign_password_hash_expect_pepper(NULL, keyring));
    FAILS(NULL, countersign_password_hash_expect_pepper(hash, NULL));
    CHECK(none == NULL && no_rules == NULL && verdict == 99);
    void *all[] = {rules, hash, back, foreign, fresh, decoy, weak, plain, others, held, error};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

static void pins(void) {
    static char LISTED[] = "192837", PHC[256];
    countersign_pin_rules *rules = NULL, *no_rules = NULL;
    countersign_pin_hash *hash = NULL, *back = NULL, *decoy = NULL, *none = NULL;
    countersign_hash_permit *held = permit();
    struct row row = {0};
    int32_t rejection = 99, verdict = 99, needs = 99;
    size_t length = sizeof PHC;
    OK(countersign_pin_rules_new(NULL, TEXT("{\"at_least\": 5, \"context_words\": [\"29.02.1984\"]}"), is_listed, LISTED, &rules));
    static const struct { const char *pin; int32_t rejection; } NEW[] = {
        {"39 58 2", COUNTERSIGN_REJECTION_NONE},     {"3958", COUNTERSIGN_REJECTION_TOO_SHORT},
        {"123456", COUNTERSIGN_REJECTION_BLOCKED},   {"192837", COUNTERSIGN_REJECTION_BLOCKED},
        {"29021984", COUNTERSIGN_REJECTION_OF_CONTEXT}, {"39582x", COUNTERSIGN_REJECTION_NOT_DIGITS},
    };
    for (size_t place = 0; place < sizeof NEW / sizeof *NEW; place++) {
        OK(countersign_pin_rules_check(rules, TEXT(NEW[place].pin), &rejection));
        CHECK(rejection == NEW[place].rejection);
    }
    FAILS(BAD_INPUT, countersign_pin_hash_enrol(NULL, TEXT("3958"), rules, keyring, held, &hash));
    OK(countersign_pin_hash_enrol(NULL, TEXT("39582"), rules, keyring, held, &hash));
    OK(countersign_pin_hash_phc(hash, PHC, &length));
    OK(countersign_pin_hash_parse(NULL, TEXT(PHC), &back));
    OK(countersign_pin_hash_decoy(NULL, keyring, pool, &decoy));
    OK(countersign_pin_hash_needs_rehash(back, keyring, pool, &needs));
    CHECK(needs == 0);
    OK(countersign_pin_hash_expect_pepper(back, keyring));
#define KEY_IN(hash, pin) countersign_pin_hash_check(hash, TEXT(pin), keyring, held, save, &row, &verdict)
    OK(KEY_IN(back, "39583"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(KEY_IN(decoy, "39582"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(KEY_IN(back, "39 582"));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 0);
    // Another cost: the next right PIN brings a present hash.
    countersign_hash_pool *dearer = NULL;
    countersign_hash_permit *other = NULL;
    OK(countersign_hash_pool_new(NULL, 19456, 3, 1, 1, &dearer));
    OK(countersign_hash_pool_permit(dearer, 0, &other));
    OK(countersign_pin_hash_needs_rehash(back, keyring, dearer, &needs));
    CHECK(needs == 1);
    OK(countersign_pin_hash_check(back, TEXT("39582"), keyring, other, save, &row, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    CHECK(memcmp(row.state, "$argon2id$v=19$m=19456,t=3,p=1", 30) == 0);

    verdict = 99;
    FAILS(BAD_INPUT, countersign_pin_rules_new(NULL, TEXT("{\"at_least\": 3}"), NULL, NULL, &no_rules));
    FAILS(JSON, countersign_pin_rules_new(NULL, TEXT("[]"), NULL, NULL, &no_rules));
    FAILS(NULL, countersign_pin_rules_new(NULL, TEXT("{}"), NULL, NULL, NULL));
    FAILS(NULL, countersign_pin_rules_check(NULL, TEXT("1"), &rejection));
    FAILS(NULL, countersign_pin_rules_check(rules, TEXT("1"), NULL));
    FAILS(NULL, countersign_pin_hash_enrol(NULL, TEXT("39582"), NULL, keyring, held, &none));
    FAILS(NULL, countersign_pin_hash_enrol(NULL, TEXT("39582"), rules, NULL, held, &none));
    FAILS(NULL, countersign_pin_hash_enrol(NULL, TEXT("39582"), rules, keyring, NULL, &none));
    FAILS(NULL, countersign_pin_hash_enrol(NULL, TEXT("39582"), rules, keyring, held, NULL));
    FAILS(HANDLE, countersign_pin_hash_enrol(NULL, TEXT("39582"), (const countersign_pin_rules *)held, keyring, held, &none));
    FAILS(NULL, countersign_pin_hash_decoy(NULL, NULL, pool, &none));
    FAILS(NULL, countersign_pin_hash_decoy(NULL, keyring, NULL, &none));
    FAILS(CORRUPT, countersign_pin_hash_parse(NULL, TEXT("x"), &none));
    FAILS(NULL, countersign_pin_hash_parse(NULL, TEXT(PHC), NULL));
    FAILS(NULL, countersign_pin_hash_phc(NULL, PHC, &length));
    FAILS(NULL, countersign_pin_hash_phc(hash, PHC, NULL));
    FAILS(NULL, countersign_pin_hash_check(NULL, TEXT("1"), keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_pin_hash_check(hash, TEXT("1"), NULL, held, save, &row, &verdict));
    FAILS(NULL, countersign_pin_hash_check(hash, TEXT("1"), keyring, NULL, save, &row, &verdict));
    FAILS(NULL, countersign_pin_hash_check(hash, TEXT("1"), keyring, held, NULL, &row, &verdict));
    FAILS(NULL, countersign_pin_hash_check(hash, TEXT("1"), keyring, held, save, &row, NULL));
    FAILS(NULL, countersign_pin_hash_needs_rehash(hash, NULL, pool, &needs));
    FAILS(NULL, countersign_pin_hash_needs_rehash(hash, keyring, pool, NULL));
    FAILS(NULL, countersign_pin_hash_expect_pepper(hash, NULL));
    CHECK(none == NULL && no_rules == NULL && verdict == 99);
    void *all[] = {rules, hash, back, decoy, other, dearer, held};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

static void questions(void) {
    static const char CATALOGUE[] =
        "{\"own\": {\"asked\": 2, \"questions\": ["
        "{\"id\": 1, \"prompt\": \"Which was your first school?\"},"
        "{\"id\": 2, \"prompt\": \"When was your sister born?\", \"answer\": {\"date\": \"day_month_year\"}, \"required\": true},"
        "{\"id\": 3, \"prompt\": \"The end of your first number?\", \"answer\": {\"digits\": 4}},"
        "{\"id\": 4, \"prompt\": \"Which branch?\", \"answer\": {\"choice\": [[\"n\", \"North\"], [\"s\", \"South\"]]}, \"retired\": true}]}}";
    countersign_catalogue *catalogue = NULL, *english = NULL, *no_catalogue = NULL;
    countersign_answers *enrolled = NULL, *given = NULL, *nothing = NULL;
    countersign_answer_blocklist *list = NULL, *no_list = NULL;
    countersign_answer_hashes *hashes = NULL, *back = NULL, *none = NULL;
    countersign_hash_permit *held = NULL;
    countersign_text *prompts = NULL;
    countersign_error *error = NULL;
    struct row row = {0};
    uint16_t asked[COUNTERSIGN_MAX_QUESTIONS];
    size_t count = COUNTERSIGN_MAX_QUESTIONS, length;
    int32_t verdict = 99, needs = 99;
    char text[1024];
    OK(countersign_hash_pool_permits(pool, 2, &held));
    OK(countersign_error_new(&error));
    OK(countersign_catalogue_english(error, &english));
    OK(countersign_catalogue_new(error, TEXT(CATALOGUE), &catalogue));
    OK(countersign_answer_blocklist_new(error, TEXT("{\"known\": [\"Lindenschule\"]}"), 1800000000, &list));

    OK(countersign_answers_new(error, &enrolled));
    OK(countersign_answers_add(enrolled, catalogue, 1, TEXT("Lindenschule")));
    OK(countersign_answers_add(enrolled, catalogue, 2, TEXT("29.2.1984")));
    OK(countersign_answers_add(enrolled, catalogue, 3, TEXT("030 901820")));
    FAILS(BAD_INPUT, countersign_answer_hashes_enrol(error, catalogue, enrolled, list, keyring, held, &hashes));
    length = sizeof text;
    OK(countersign_last_error(error, text, &length));
    CHECK(strstr(text, "question 1") != NULL && strstr(text, "Linden") == NULL);
    OK(countersign_free(enrolled));
    OK(countersign_answers_new(error, &enrolled));
    OK(countersign_answers_add(enrolled, catalogue, 1, TEXT("Lindenschule")));
    OK(countersign_answers_add(enrolled, catalogue, 2, TEXT("29.2.1984")));
    OK(countersign_answers_add(enrolled, catalogue, 3, TEXT("030 901826")));
    OK(countersign_answer_hashes_enrol(error, catalogue, enrolled, NULL, keyring, held, &hashes));

    length = sizeof row.state;
    OK(countersign_answer_hashes_bytes(hashes, row.state, &length));
    OK(countersign_answer_hashes_read(error, row.state, length, &back));
    OK(countersign_answer_hashes_needs_rehash(back, keyring, pool, &needs));
    CHECK(needs == 0);
    OK(countersign_answer_hashes_draw(back, catalogue, NULL, &count));
    CHECK(count == 2);
    count = 1;
    asked[0] = 77;
    FAILS(BUFFER_TOO_SMALL, countersign_answer_hashes_draw(back, catalogue, asked, &count));
    CHECK(count == 2 && asked[0] == 77);
    OK(countersign_answer_hashes_draw(back, catalogue, asked, &count));
    CHECK(count == 2 && (asked[0] == 2 || asked[1] == 2));
    asked[0] = 1;
    asked[1] = 2;
    OK(countersign_catalogue_prompts(catalogue, asked, 2, &prompts));
    length = sizeof text;
    OK(countersign_text_copy(prompts, text, &length));
    CHECK(strstr(text, "Which was your first school?") != NULL && strstr(text, "Lindenschule") == NULL);
    OK(countersign_free(prompts));

#define ANSWER(answers) countersign_answer_hashes_check(back, asked, 2, answers, keyring, held, save, &row, &verdict)
    OK(countersign_answers_new(error, &given));
    OK(ANSWER(given));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(countersign_answers_add(given, catalogue, 1, TEXT("LINDENSCHULE!")));
    OK(ANSWER(given));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(countersign_answers_add(given, catalogue, 2, TEXT("29 02 1984")));
    OK(ANSWER(given));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 0);
    OK(countersign_answers_add(given, catalogue, 99, TEXT("and more")));
    OK(ANSWER(given));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    // Another cost: right answers bring present hashes.
    countersign_hash_pool *dearer = NULL;
    countersign_hash_permit *other = NULL;
    OK(countersign_hash_pool_new(NULL, 19456, 3, 1, 2, &dearer));
    OK(countersign_hash_pool_permits(dearer, 2, &other));
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    verdict = 99;
    FAILS(CONFLICT, countersign_answer_hashes_check(back, (const uint16_t[]){1, 2, 3}, 3, enrolled, keyring, other, save, &row, &verdict));
    CHECK(verdict == 99);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(countersign_answer_hashes_check(back, (const uint16_t[]){1, 2, 3}, 3, enrolled, keyring, other, save, &row, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == 1);
    countersign_answer_hashes *present = NULL;
    OK(countersign_answer_hashes_read(error, STATE(row), &present));
    OK(countersign_answer_hashes_needs_rehash(present, keyring, dearer, &needs));
    CHECK(needs == 0);
    // A name that nobody has gets the same questions each time.
    uint16_t again[COUNTERSIGN_MAX_QUESTIONS];
    size_t of_nobody = COUNTERSIGN_MAX_QUESTIONS, of_nobody_again = COUNTERSIGN_MAX_QUESTIONS;
    OK(countersign_catalogue_for_unknown(english, TEXT("bank"), TEXT("nobody"), keyring, asked, &of_nobody));
    OK(countersign_catalogue_for_unknown(english, TEXT("bank"), TEXT("nobody"), keyring, again, &of_nobody_again));
    CHECK(of_nobody == 3 && of_nobody_again == 3 && memcmp(asked, again, 6) == 0);

    // Wrong arguments.
    verdict = 99;
    prompts = NULL;
    FAILS(JSON, countersign_catalogue_new(error, TEXT("{\"own\": 1}"), &no_catalogue));
    FAILS(BAD_INPUT, countersign_catalogue_new(error, TEXT("{\"own\": {\"asked\": 1, \"questions\": []}}"), &no_catalogue));
    FAILS(NULL, countersign_catalogue_new(error, NULL, 3, &no_catalogue));
    FAILS(NULL, countersign_catalogue_new(error, TEXT(CATALOGUE), NULL));
    FAILS(NULL, countersign_catalogue_english(error, NULL));
    FAILS(NULL, countersign_catalogue_prompts(NULL, asked, 1, &prompts));
    FAILS(NULL, countersign_catalogue_prompts(catalogue, NULL, 1, &prompts));
    FAILS(LENGTH, countersign_catalogue_prompts(catalogue, asked, SIZE_MAX, &prompts));
    FAILS(NULL, countersign_catalogue_prompts(catalogue, asked, 1, NULL));
    asked[0] = 99;
    FAILS(BAD_INPUT, countersign_catalogue_prompts(catalogue, asked, 1, &prompts));
    FAILS(NULL, countersign_catalogue_for_unknown(NULL, TEXT("bank"), TEXT("nobody"), keyring, asked, &count));
    FAILS(NULL, countersign_catalogue_for_unknown(english, TEXT("bank"), TEXT("nobody"), NULL, asked, &count));
    FAILS(NULL, countersign_catalogue_for_unknown(english, TEXT("bank"), TEXT("nobody"), keyring, asked, NULL));
    FAILS(NULL, countersign_answers_new(error, NULL));
    FAILS(NULL, countersign_answers_add(NULL, catalogue, 1, TEXT("x")));
    FAILS(NULL, countersign_answers_add(given, NULL, 1, TEXT("x")));
    FAILS(NULL, countersign_answers_add(given, catalogue, 1, NULL, 1));
    FAILS(NOT_UTF8, countersign_answers_add(given, catalogue, 1, BROKEN, 2));
    FAILS(JSON, countersign_answer_blocklist_new(error, TEXT("{\"x\": 1}"), 0, &no_list));
    FAILS(BAD_INPUT, countersign_answer_blocklist_new(error, TEXT("{}"), -1, &no_list));
    FAILS(NULL, countersign_answer_blocklist_new(error, TEXT("{}"), 0, NULL));
    FAILS(NULL, countersign_answer_hashes_enrol(error, NULL, enrolled, NULL, keyring, held, &none));
    FAILS(NULL, countersign_answer_hashes_enrol(error, catalogue, NULL, NULL, keyring, held, &none));
    FAILS(HANDLE, countersign_answer_hashes_enrol(error, catalogue, enrolled, (const countersign_answer_blocklist *)given, keyring, held, &none));
    FAILS(NULL, countersign_answer_hashes_enrol(error, catalogue, enrolled, NULL, NULL, held, &none));
    FAILS(NULL, countersign_answer_hashes_enrol(error, catalogue, enrolled, NULL, keyring, NULL, &none));
    FAILS(NULL, countersign_answer_hashes_enrol(error, catalogue, enrolled, NULL, keyring, held, NULL));
    FAILS(CORRUPT, countersign_answer_hashes_read(error, (const uint8_t *)"x", 1, &none));
    FAILS(CORRUPT, countersign_answer_hashes_read(error, NULL, 0, &none));
    FAILS(NULL, countersign_answer_hashes_read(error, STATE(row), NULL));
    FAILS(NULL, countersign_answer_hashes_bytes(NULL, row.state, &length));
    FAILS(NULL, countersign_answer_hashes_bytes(back, row.state, NULL));
    FAILS(NULL, countersign_answer_hashes_draw(NULL, catalogue, asked, &count));
    FAILS(NULL, countersign_answer_hashes_draw(back, NULL, asked, &count));
    FAILS(NULL, countersign_answer_hashes_draw(back, catalogue, asked, NULL));
    FAILS(NULL, countersign_answer_hashes_check(NULL, asked, 2, given, keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, NULL, 2, given, keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, asked, 2, NULL, keyring, held, save, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, asked, 2, given, NULL, held, save, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, asked, 2, given, keyring, NULL, save, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, asked, 2, given, keyring, held, NULL, &row, &verdict));
    FAILS(NULL, countersign_answer_hashes_check(back, asked, 2, given, keyring, held, save, &row, NULL));
    FAILS(NULL, countersign_answer_hashes_needs_rehash(NULL, keyring, pool, &needs));
    FAILS(NULL, countersign_answer_hashes_needs_rehash(back, NULL, pool, &needs));
    FAILS(NULL, countersign_answer_hashes_needs_rehash(back, keyring, NULL, &needs));
    FAILS(NULL, countersign_answer_hashes_needs_rehash(back, keyring, pool, NULL));
    CHECK(none == NULL && prompts == NULL && no_list == NULL && no_catalogue == NULL && nothing == NULL && verdict == 99);
    void *all[] = {catalogue, english, enrolled, given, list, hashes, back, present, held, other, dearer, error};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

int main(void) {
    OK(countersign_keyring_generate(NULL, &keyring));
    OK(countersign_hash_pool_new(NULL, 0, 0, 0, 2, &pool));
    permits();
    passwords();
    pins();
    questions();
    OK(countersign_free(pool));
    OK(countersign_free(keyring));
    return 0;
}
