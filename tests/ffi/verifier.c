// The verifier: the main job over a SQLite file and over callbacks, and every function with wrong arguments.
//
// Started with the path of an empty folder. It leaves `bank.db` and `keys` there, for a test in Rust that opens them. If a URL
// follows, the main job is done over that server alone.

#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "countersign.h"

#include "check.h"

#define TEXT(text) text, strlen(text)
#define ANNA TEXT("C-1042")
#define OK(call) CHECK((call) == COUNTERSIGN_OK)

static int64_t now = 1764322921;
static int events = 0;
static char last_event[1024];
static int audit_answer = COUNTERSIGN_CALLBACK_DONE;

// A store of the host: a table of rows in memory.
struct row {
    int used;
    uint8_t key[32];
    uint8_t version[24];
    uint8_t bytes[16384];
    size_t length;
    int64_t expires_at;
};

enum fault {
    NONE,
    FAILS,
    GARBAGE_BYTES,
    SHORT_VERSION,
    FOUND_NOTHING,
    NOTHING_FOUND,
    UNKNOWN_ANSWER,
    ALWAYS_CONFLICT,
    CONFLICTS_TWICE,
    OLD_VERSION,
    OTHER_KEY,
    BAD_TIME,
    SETS_TWICE,
    CALLS_BACK,
    FREES,
};

struct table {
    struct row rows[64];
    struct row old;
    enum fault fault;
    int conflicts;
    const countersign_verifier *verifier;
    const countersign_context *context;
    int32_t called_back;
};

static struct row *find(struct table *table, const uint8_t *key) {
    for (int i = 0; i < 64; i++)
        if (table->rows[i].used && memcmp(table->rows[i].key, key, 32) == 0) return &table->rows[i];
    return NULL;
}

static int32_t load(void *user, const uint8_t *key, countersign_entry *entry) {
    struct table *table = user;
    struct row *row = find(table, key);
    countersign_text *text = NULL;
    switch (table->fault) {
    case FAILS:
        return 7;
    case UNKNOWN_ANSWER:
        return -3;
    case FOUND_NOTHING:
        return COUNTERSIGN_LOAD_FOUND;
    case CALLS_BACK:
        table->called_back = countersign_verifier_status(table->verifier, ANNA, table->context, &text);
        break;
    case FREES:
        // It must not. Nothing breaks for it.
        countersign_free(entry);
        return COUNTERSIGN_LOAD_FOUND;
    default:
        break;
    }
    if (table->fault == OLD_VERSION) row = &table->old;
    if (table->fault == OTHER_KEY)
        for (int i = 0; i < 64; i++)
            if (table->rows[i].used && memcmp(table->rows[i].key, key, 32) != 0) row = &table->rows[i];
    if (row == NULL) return COUNTERSIGN_LOAD_NOTHING;
    uint8_t bytes[16384];
    memcpy(bytes, row->bytes, row->length);
    if (table->fault == GARBAGE_BYTES) bytes[row->length / 2] ^= 1;
    size_t version_length = table->fault == SHORT_VERSION ? 23 : 24;
    int64_t expires_at = table->fault == BAD_TIME ? -5 : row->expires_at;
    int32_t set = countersign_entry_set(entry, bytes, row->length, row->version, version_length, expires_at);
    if (table->fault == SHORT_VERSION || table->fault == BAD_TIME) {
        CHECK(set != COUNTERSIGN_OK);
        return COUNTERSIGN_LOAD_FOUND;
    }
    OK(set);
    if (table->fault == SETS_TWICE)
        CHECK(countersign_entry_set(entry, bytes, row->length, row->version, 24, row->expires_at) ==
              COUNTERSIGN_ERROR_BAD_INPUT);
    return table->fault == NOTHING_FOUND ? COUNTERSIGN_LOAD_NOTHING : COUNTERSIGN_LOAD_FOUND;
}

static int32_t replace(void *user, const uint8_t *key, const uint8_t *expected, const countersign_record *next) {
    struct table *table = user;
    struct row *row = find(table, key);
    if (table->fault == ALWAYS_CONFLICT) return COUNTERSIGN_SAVE_CONFLICT;
    if (table->fault == CONFLICTS_TWICE && table->conflicts < 2) {
        table->conflicts++;
        return COUNTERSIGN_SAVE_CONFLICT;
    }
    int is_expected = expected == NULL ? row == NULL : row != NULL && memcmp(row->version, expected, 24) == 0;
    if (!is_expected) return COUNTERSIGN_SAVE_CONFLICT;
    if (row != NULL) table->old = *row;
    if (next == NULL) {
        row->used = 0;
        return COUNTERSIGN_SAVE_STORED;
    }
    for (int i = 0; row == NULL && i < 64; i++)
        if (!table->rows[i].used) row = &table->rows[i];
    CHECK(row != NULL && next->length <= sizeof row->bytes);
    row->used = 1;
    memcpy(row->key, key, 32);
    memcpy(row->version, next->version, 24);
    memcpy(row->bytes, next->bytes, next->length);
    row->length = next->length;
    row->expires_at = next->expires_at;
    return COUNTERSIGN_SAVE_STORED;
}

static int32_t purge(void *user, int64_t until, uint64_t *dropped) {
    struct table *table = user;
    for (int i = 0; i < 64; i++)
        if (table->rows[i].used && table->rows[i].expires_at <= until) {
            table->rows[i].used = 0;
            (*dropped)++;
        }
    return table->fault == FAILS ? 7 : COUNTERSIGN_CALLBACK_DONE;
}

static int32_t read_clock(void *user, int64_t *moment) {
    (void)user;
    *moment = now;
    return now == 0 ? 0 : COUNTERSIGN_CALLBACK_DONE;
}

static int32_t audit(void *user, const char *event, size_t length) {
    (void)user;
    CHECK(strlen(event) == length && length < sizeof last_event);
    memcpy(last_event, event, length + 1);
    events++;
    return audit_answer;
}

static countersign_callbacks callbacks(void) {
    countersign_callbacks all;
    memset(&all, 0, sizeof all);
    all.size = sizeof all;
    all.now = read_clock;
    all.audit = audit;
    return all;
}

// The text of an object, which is freed. It stands until the next call.
static const char *taken(countersign_text *text) {
    static char copy[65536];
    const char *data = NULL;
    size_t length = sizeof copy;
    CHECK(text != NULL);
    OK(countersign_text_copy(text, copy, &length));
    size_t bytes = 0;
    OK(countersign_text_data(text, &data, &bytes));
    CHECK(bytes + 1 == length && strcmp(data, copy) == 0);
    OK(countersign_free(text));
    return copy;
}

// The value of a text in JSON, as far as these tests need it.
static const char *value(const char *json, const char *key) {
    static char found[512];
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *start = strstr(json, quoted);
    CHECK(start != NULL);
    start += strlen(quoted);
    size_t length = strcspn(start, "\"");
    CHECK(length < sizeof found);
    memcpy(found, start, length);
    found[length] = 0;
    return found;
}

static const char POLICY[] =
    "version = 1\n"
    "grant_lifetime = 300\n"
    "tiers = [\"every\"]\n"
    "[action.\"address.change\".every_tier]\n"
    "any = [{ all = [{ factor = \"totp\", max_age = 600 }] }]\n"
    "[action.\"authenticator.add\".every_tier]\n"
    "any = [{ all = [{ factor = \"totp\", max_age = 600 }] }]\n"
    "[action.\"payment.release\".every_tier]\n"
    "any = [{ all = [{ factor = \"totp\", max_age = 600 }, { approvals = 1, max_age = 600 }] }]\n";

static const char SETTINGS[] =
    "{\"realm\": \"bank\", \"catalogue\": \"english\", \"memorable_words\": true,"
    " \"accepts_worse_guess_chance\": true, \"hashing\": {\"at_once\": 2}}";

static countersign_context *begin(int32_t channel) {
    countersign_context *context = NULL;
    OK(countersign_context_begin(NULL, channel, &context));
    return context;
}

static int32_t outcome;
static int64_t until;

static int32_t check(countersign_verifier *verifier, int32_t factor, const char *text, countersign_context *context) {
    outcome = 99;
    until = -7;
    OK(countersign_verifier_check(verifier, ANNA, factor, TEXT(text), context, &outcome, &until));
    return outcome;
}

static int32_t change(countersign_verifier *verifier, int32_t what, const char *text, countersign_context *context) {
    outcome = 99;
    until = -7;
    OK(countersign_verifier_change(verifier, ANNA, what, TEXT(text), COUNTERSIGN_BY_HOST, NULL, context, &outcome, &until));
    return outcome;
}

static void code_at(countersign_totp *totp, int64_t moment, char *code) {
    size_t length = 16;
    OK(countersign_totp_code_at(totp, moment, code, &length));
}

// The main job: an app is enrolled, a code is checked, and an action is authorized.
static void main_job(countersign_verifier *verifier, countersign_policy *policy) {
    char code[16];
    countersign_text *text = NULL;
    countersign_totp *totp = NULL;
    countersign_context *sign_up = begin(COUNTERSIGN_CHANNEL_DEVICE);
    OK(countersign_verifier_create(verifier, ANNA, sign_up));
    CHECK(countersign_verifier_create(verifier, ANNA, sign_up) == COUNTERSIGN_ERROR_ALREADY_EXISTS);
    CHECK(strcmp(value(last_event, "action"), "account.create") == 0);

    OK(countersign_totp_generate(NULL, &totp));
    OK(countersign_verifier_add_totp(verifier, ANNA, totp, COUNTERSIGN_BY_HOST, NULL, sign_up, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED && until == 0);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_CONFIRM_TOTP, "000000", sign_up) == COUNTERSIGN_OUTCOME_DENIED);
    code_at(totp, now, code);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_CONFIRM_TOTP, code, sign_up) == COUNTERSIGN_OUTCOME_ACCEPTED);

    // A call comes in.
    now += 60;
    countersign_context *call = begin(COUNTERSIGN_CHANNEL_AGENT);
    int32_t answer = 99;
    const char request[] = "{\"action\": \"address.change\"}";
    OK(countersign_verifier_authorize(verifier, policy, TEXT(request), ANNA, call, &answer, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_STEP_UP);
    CHECK(strstr(taken(text), "\"factors\":[\"totp\"]") != NULL);

    int before = events;
    code_at(totp, now, code);
    code[0] = (char)('0' + (code[0] - '0' + 1) % 10);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_TOTP, code, call) == COUNTERSIGN_OUTCOME_DENIED && until == 0);
    CHECK(events == before + 1 && strcmp(value(last_event, "reason"), "wrong") == 0);
    code_at(totp, now, code);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_TOTP, code, call) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_TOTP, code, call) == COUNTERSIGN_OUTCOME_DENIED);
    CHECK(strcmp(value(last_event, "reason"), "replayed") == 0);

    OK(countersign_verifier_evidence(verifier, ANNA, call, &text));
    CHECK(strcmp(value(taken(text), "factor"), "totp") == 0);
    OK(countersign_verifier_explain(verifier, policy, TEXT(request), ANNA, call, &text));
    CHECK(strstr(taken(text), "\"allowed_by\":1") != NULL);

    countersign_grant *grant = NULL;
    OK(countersign_verifier_decide(verifier, policy, TEXT(request), ANNA, call, &answer, &grant, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_YES && grant != NULL);
    CHECK(strcmp(value(taken(text), "action"), "address.change") == 0);
    OK(countersign_verifier_redeem(verifier, grant, call, &answer, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_YES);
    CHECK(strcmp(value(taken(text), "answer"), "yes") == 0);
    OK(countersign_verifier_redeem(verifier, grant, call, &answer, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_NO);
    CHECK(strcmp(value(taken(text), "reason"), "spent") == 0);
    OK(countersign_free(grant));

    // A change by a grant, and one by the grant of another action.
    const char add[] = "{\"action\": \"authenticator.add\"}";
    OK(countersign_verifier_decide(verifier, policy, TEXT(add), ANNA, call, &answer, &grant, NULL));
    CHECK(answer == COUNTERSIGN_ANSWER_YES);
    OK(countersign_verifier_change(verifier, ANNA, COUNTERSIGN_CHANGE_SET_PHONE, TEXT("+49 30 901820"),
                                   COUNTERSIGN_BY_GRANT, grant, call, &outcome, NULL));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(strstr(last_event, "\"by_host\":false") != NULL);
    CHECK(countersign_verifier_change(verifier, ANNA, COUNTERSIGN_CHANGE_SUSPEND, NULL, 0, COUNTERSIGN_BY_GRANT, grant,
                                      call, &outcome, NULL) == COUNTERSIGN_ERROR_BAD_INPUT);
    OK(countersign_free(grant));

    // A code goes to the new telephone.
    OK(countersign_verifier_issue(verifier, ANNA, TEXT("{\"code\": \"spoken\"}"), NULL, call, &outcome, &until, &text));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    const char *delivery = taken(text);
    CHECK(strcmp(value(delivery, "to"), "+4930901820") == 0);
    char sent[16];
    snprintf(sent, sizeof sent, "%s", value(delivery, "code"));
    CHECK(check(verifier, COUNTERSIGN_FACTOR_SPOKEN_CODE, sent, call) == COUNTERSIGN_OUTCOME_ACCEPTED);
    now += 31;
    const char message[] = "{\"code\": \"spoken\", \"message\": {\"from\": \"Example Bank\"}}";
    countersign_wording *wording = NULL;
    OK(countersign_wording_english(NULL, &wording));
    OK(countersign_verifier_issue(verifier, ANNA, TEXT(message), wording, call, &outcome, &until, &text));
    OK(countersign_free(wording));
    CHECK(strncmp(value(taken(text), "message"), "Example Bank: ", 14) == 0);
    OK(countersign_verifier_issue(verifier, ANNA, TEXT(message), NULL, call, &outcome, &until, &text));
    CHECK(outcome == COUNTERSIGN_OUTCOME_LOCKED && until > now && text == NULL);

    // An approval, without which a payment is not released.
    const char pay[] = "{\"action\": \"payment.release\", \"handled_by\": \"ann\"}";
    OK(countersign_verifier_authorize(verifier, policy, TEXT(pay), ANNA, call, &answer, NULL));
    CHECK(answer == COUNTERSIGN_ANSWER_STEP_UP);
    OK(countersign_verifier_approve(verifier, ANNA, TEXT("bob"), TEXT("payment.release"), 300, call));
    OK(countersign_verifier_authorize(verifier, policy, TEXT(pay), ANNA, call, &answer, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_YES);
    CHECK(strcmp(value(taken(text), "answer"), "yes") == 0);

    OK(countersign_verifier_end(verifier, ANNA, call));
    OK(countersign_verifier_evidence(verifier, ANNA, call, &text));
    CHECK(strcmp(taken(text), "[]") == 0);
    OK(countersign_free(call));
    OK(countersign_free(sign_up));
    OK(countersign_free(totp));
}

// What a customer knows, and lists of codes.
static void other_factors(countersign_verifier *verifier) {
    countersign_text *text = NULL;
    countersign_context *chat = begin(COUNTERSIGN_CHANNEL_WEB);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_SET_PASSWORD, "eleven purple elephants", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(countersign_verifier_change(verifier, ANNA, COUNTERSIGN_CHANGE_SET_PASSWORD, TEXT("short"), COUNTERSIGN_BY_HOST,
                                      NULL, chat, &outcome, &until) == COUNTERSIGN_ERROR_BAD_INPUT);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_PASSWORD, "eleven purple elephants", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_PASSWORD, "twelve purple elephants", chat) == COUNTERSIGN_OUTCOME_DENIED);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_SET_PIN, "290417", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_PIN, "290417", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);

    const char answers[] = "{\"set_questions\": {\"answers\": [{\"question\": 1, \"answer\": \"Lindenschule\"},"
                           " {\"question\": 2, \"answer\": \"Sommerstra\\u00dfe\"}, {\"question\": 3, \"answer\": \"Prenzlau\"}]}}";
    OK(countersign_verifier_change_json(verifier, ANNA, TEXT(answers), COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_verifier_questions(verifier, ANNA, &text));
    CHECK(strlen(taken(text)) == strlen("[1,2,3]"));
    OK(countersign_verifier_prompts(verifier, ANNA, &text));
    CHECK(strstr(taken(text), "\"prompt\":\"") != NULL);
    const char right[] = "{\"questions\": [{\"question\": 1, \"answer\": \"lindenschule\"},"
                         " {\"question\": 2, \"answer\": \"Sommerstrasse\"}, {\"question\": 3, \"answer\": \"prenzlau\"}]}";
    OK(countersign_verifier_check_json(verifier, ANNA, TEXT(right), chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);

    CHECK(change(verifier, COUNTERSIGN_CHANGE_SET_MEMORABLE_WORD, "Nightingale", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_verifier_word_prompt(verifier, ANNA, &text));
    int at[3];
    CHECK(sscanf(taken(text), "{\"positions\":[%d,%d,%d]", &at[0], &at[1], &at[2]) == 3);
    char letters[128];
    const char word[] = "Nightingale";
    snprintf(letters, sizeof letters, "{\"memorable_word\": [\"%c\", \"%c\", \"%c\"]}", word[at[0] - 1], word[at[1] - 1], word[at[2] - 1]);
    OK(countersign_verifier_check_json(verifier, ANNA, TEXT(letters), chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    const char counter[] = "{\"external\": {\"verifier\": \"counter\", \"class\": \"possession\", \"strength\": \"full\"}}";
    OK(countersign_verifier_check_json(verifier, ANNA, TEXT(counter), chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);

    OK(countersign_verifier_generate_recovery_codes(verifier, ANNA, 10, COUNTERSIGN_BY_HOST, NULL, chat, &text));
    const char *codes = strchr(taken(text), '[') + 2;
    char recovery[64];
    snprintf(recovery, sizeof recovery, "%.*s", (int)strcspn(codes, "\""), codes);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_RECOVERY_CODE, recovery, chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_RECOVERY_CODE, recovery, chat) == COUNTERSIGN_OUTCOME_DENIED);
    OK(countersign_verifier_status(verifier, ANNA, chat, &text));
    CHECK(strstr(taken(text), "\"recovery_codes\":9") != NULL);

    // A device that answers questions.
    const char device[] = "{\"set_ocra\": {\"customer\": {\"suite\": \"OCRA-1:HOTP-SHA1-6:QN08\","
                          " \"secret\": \"3132333435363738393031323334353637383930\"}}}";
    OK(countersign_verifier_change_json(verifier, ANNA, TEXT(device), COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until));
    OK(countersign_verifier_challenge(verifier, ANNA, TEXT("{\"task\": \"authenticate\"}"), chat, &outcome, &until, &text));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED && strlen(value(taken(text), "question")) == 8);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_OCRA, "000000", chat) == COUNTERSIGN_OUTCOME_DENIED);

    // A token by its key URI.
    const char token[] = "otpauth://hotp/Bank:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank&counter=0";
    CHECK(change(verifier, COUNTERSIGN_CHANGE_ADD_HOTP, token, chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_CONFIRM_HOTP, "755224", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_HOTP, "287082", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);

    // The same by objects.
    const uint8_t secret[] = "12345678901234567890";
    countersign_hotp *hotp = NULL;
    countersign_ocra *ocra = NULL, *host = NULL;
    OK(countersign_hotp_new(NULL, secret, 20, COUNTERSIGN_ALGORITHM_SHA1, 6, 3, &hotp));
    OK(countersign_verifier_add_hotp(verifier, ANNA, hotp, 2, COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_CONFIRM_HOTP, "359152", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_ocra_new(NULL, TEXT("OCRA-1:HOTP-SHA1-6:QN08"), secret, 20, NULL, 0, &ocra));
    OK(countersign_verifier_set_ocra(verifier, ANNA, ocra, NULL, COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    // A device that asks first has another secret for the host's answers.
    const uint8_t other_secret[] = "abcdefghijabcdefghij";
    OK(countersign_ocra_new(NULL, TEXT("OCRA-1:HOTP-SHA1-6:QN08"), other_secret, 20, NULL, 0, &host));
    OK(countersign_verifier_set_ocra(verifier, ANNA, ocra, host, COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_free(host));
    CHECK(countersign_verifier_set_ocra(verifier, ANNA, NULL, ocra, COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until) ==
          COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_verifier_add_hotp(verifier, ANNA, NULL, 2, COUNTERSIGN_BY_HOST, NULL, chat, &outcome, &until) ==
          COUNTERSIGN_ERROR_NULL);
    OK(countersign_free(hotp));
    OK(countersign_free(ocra));

    // Five wrong tries lock.
    now += 60;
    countersign_context *other = begin(COUNTERSIGN_CHANNEL_WEB);
    for (int i = 0; i < 8; i++) check(verifier, COUNTERSIGN_FACTOR_HOTP, "000000", other);
    CHECK(outcome == COUNTERSIGN_OUTCOME_LOCKED && until > now);
    OK(countersign_verifier_status(verifier, ANNA, other, &text));
    CHECK(strstr(taken(text), "\"locked\":[{\"factor\":\"hotp\",\"until\":") != NULL);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_UNLOCK, "hotp", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_HOTP, "000000", other) == COUNTERSIGN_OUTCOME_DENIED);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_REMOVE, "hotp", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);

    CHECK(change(verifier, COUNTERSIGN_CHANGE_SUSPEND, "", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_PIN, "290417", chat) == COUNTERSIGN_OUTCOME_DENIED);
    CHECK(change(verifier, COUNTERSIGN_CHANGE_RESUME, "", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    CHECK(check(verifier, COUNTERSIGN_FACTOR_PIN, "290417", chat) == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_free(other));
    OK(countersign_free(chat));
}

// An unknown name looks like a customer, is erased, and is dropped in time.
static void unknown_names(countersign_verifier *verifier) {
    countersign_context *call = begin(COUNTERSIGN_CHANNEL_AGENT);
    int32_t erased = 99;
    uint64_t dropped = 99;
    OK(countersign_verifier_check(verifier, TEXT("nobody"), COUNTERSIGN_FACTOR_TOTP, TEXT("123456"), call, &outcome, &until));
    CHECK(outcome == COUNTERSIGN_OUTCOME_DENIED);
    OK(countersign_verifier_check(verifier, TEXT("someone"), COUNTERSIGN_FACTOR_TOTP, TEXT("123456"), call, &outcome, &until));
    OK(countersign_verifier_erase(verifier, TEXT("nobody"), &erased));
    CHECK(erased == 0);
    CHECK(countersign_verifier_change(verifier, TEXT("nobody"), COUNTERSIGN_CHANGE_SUSPEND, NULL, 0, COUNTERSIGN_BY_HOST,
                                      NULL, call, &outcome, NULL) == COUNTERSIGN_ERROR_UNKNOWN_SUBJECT);
    const char *imported = "[{\"import_password\": \"$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}, \"suspend\"]";
    int32_t created = 99;
    OK(countersign_verifier_import(verifier, TEXT("berta"), TEXT(imported), call, &created));
    CHECK(created == 1);
    OK(countersign_verifier_import(verifier, TEXT("berta"), TEXT(imported), call, &created));
    CHECK(created == 0);
    OK(countersign_verifier_erase(verifier, TEXT("berta"), &erased));
    CHECK(erased == 1);
    OK(countersign_verifier_create(verifier, TEXT("berta"), call));
    OK(countersign_verifier_erase(verifier, TEXT("berta"), &erased));
    now += 31 * 86400;
    OK(countersign_verifier_purge(verifier, &dropped));
    CHECK(dropped >= 1);
    OK(countersign_free(call));
}

static void wrong_callbacks(countersign_settings *settings, struct table *table, countersign_verifier *good) {
    countersign_context *call = begin(COUNTERSIGN_CHANNEL_AGENT);
    countersign_text *text = NULL;
    uint64_t dropped = 0;
    OK(countersign_verifier_create(good, TEXT("carla"), call));
    // The row before this write is a whole record of this key, and an old one.
    CHECK(check(good, COUNTERSIGN_FACTOR_RECOVERY_CODE, "none", call) == COUNTERSIGN_OUTCOME_DENIED);
    const struct {
        enum fault fault;
        int32_t result;
    } faults[] = {
        {FAILS, COUNTERSIGN_ERROR_CALLBACK},         {GARBAGE_BYTES, COUNTERSIGN_ERROR_CORRUPT},
        {SHORT_VERSION, COUNTERSIGN_ERROR_CALLBACK}, {FOUND_NOTHING, COUNTERSIGN_ERROR_CALLBACK},
        {NOTHING_FOUND, COUNTERSIGN_ERROR_CALLBACK}, {UNKNOWN_ANSWER, COUNTERSIGN_ERROR_CALLBACK},
        {OLD_VERSION, COUNTERSIGN_ERROR_CORRUPT},    {OTHER_KEY, COUNTERSIGN_ERROR_CORRUPT},
        {BAD_TIME, COUNTERSIGN_ERROR_CALLBACK},      {FREES, COUNTERSIGN_ERROR_CALLBACK},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        table->fault = faults[i].fault;
        outcome = 99;
        int32_t result = countersign_verifier_check(good, ANNA, COUNTERSIGN_FACTOR_TOTP, TEXT("123456"), call, &outcome, NULL);
        if (result != faults[i].result) fprintf(stderr, "fault %d: %d\n", (int)faults[i].fault, (int)result);
        CHECK(result == faults[i].result && outcome == 99);
        char why[256];
        size_t length = sizeof why;
        OK(countersign_last_error(good, why, &length));
        CHECK(length > 10);
        if (faults[i].fault == OLD_VERSION) CHECK(strstr(why, "was replaced before") != NULL);
    }
    // A store that never stores: the call ends, and reveals nothing.
    table->fault = ALWAYS_CONFLICT;
    int32_t result = countersign_verifier_check(good, ANNA, COUNTERSIGN_FACTOR_TOTP, TEXT("123456"), call, &outcome, NULL);
    CHECK(result == COUNTERSIGN_ERROR_STORE && outcome == 99);
    // Lost races are made good.
    table->fault = CONFLICTS_TWICE;
    CHECK(check(good, COUNTERSIGN_FACTOR_PIN, "290417", call) == COUNTERSIGN_OUTCOME_ACCEPTED && table->conflicts == 2);
    table->fault = SETS_TWICE;
    CHECK(check(good, COUNTERSIGN_FACTOR_TOTP, "123456", call) == COUNTERSIGN_OUTCOME_DENIED);
    // A callback that calls its own verifier is refused, and the call goes on.
    table->fault = CALLS_BACK;
    table->verifier = good;
    table->context = call;
    OK(countersign_verifier_status(good, ANNA, call, &text));
    taken(text);
    CHECK(table->called_back == COUNTERSIGN_ERROR_CALLBACK);
    table->fault = NONE;
    for (int i = 0; i < 2; i++) {
        audit_answer = i == 0 ? 3 : 0;
        result = countersign_verifier_check(good, ANNA, COUNTERSIGN_FACTOR_PIN, TEXT("290417"), call, &outcome, NULL);
        CHECK(result == COUNTERSIGN_ERROR_CALLBACK);
    }
    audit_answer = COUNTERSIGN_CALLBACK_DONE;
    int64_t moment = now;
    now = 0;
    CHECK(countersign_verifier_status(good, ANNA, call, &text) == COUNTERSIGN_ERROR_CALLBACK);
    now = -1;
    CHECK(countersign_verifier_status(good, ANNA, call, &text) == COUNTERSIGN_ERROR_CALLBACK);
    now = moment;
    table->fault = FAILS;
    CHECK(countersign_verifier_purge(good, &dropped) == COUNTERSIGN_ERROR_CALLBACK);
    table->fault = NONE;

    // Without `purge`, the host drops records itself.
    countersign_callbacks all = callbacks();
    countersign_verifier *verifier = NULL;
    all.user = table;
    all.load = load;
    all.replace = replace;
    OK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier));
    CHECK(countersign_verifier_purge(verifier, &dropped) == COUNTERSIGN_ERROR_MISSING_SETTING);
    OK(countersign_free(verifier));
    verifier = NULL;
    // Half a store, no store, two stores, a struct of another size.
    all.replace = NULL;
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier) == COUNTERSIGN_ERROR_NULL);
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, NULL, &verifier) == COUNTERSIGN_ERROR_NULL);
    all.replace = replace;
    CHECK(countersign_verifier_open(NULL, settings, TEXT("bank.db"), &all, &verifier) == COUNTERSIGN_ERROR_BAD_INPUT);
    all.size = 0;
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier) == COUNTERSIGN_ERROR_LENGTH);
    all.size = sizeof all - 1;
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier) == COUNTERSIGN_ERROR_LENGTH);
    all.size = SIZE_MAX;
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier) == COUNTERSIGN_ERROR_LENGTH);
    // A program of a later version, whose new member is not used, or is.
    struct {
        countersign_callbacks known;
        void *later;
    } newer;
    memset(&newer, 0, sizeof newer);
    newer.known = all;
    newer.known.size = sizeof newer;
    OK(countersign_verifier_open(NULL, settings, NULL, 0, &newer.known, &verifier));
    OK(countersign_free(verifier));
    verifier = NULL;
    newer.later = &newer;
    CHECK(countersign_verifier_open(NULL, settings, NULL, 0, &newer.known, &verifier) == COUNTERSIGN_ERROR_LENGTH);
    CHECK(verifier == NULL);
    OK(countersign_free(call));
}

// A fork may free a verifier, and do nothing else with it. The parent goes on.
static void forked(countersign_verifier *verifier) {
    countersign_context *call = begin(COUNTERSIGN_CHANNEL_AGENT);
    countersign_text *text = NULL;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int32_t result = countersign_verifier_status(verifier, ANNA, call, &text);
        int32_t freed = countersign_free(verifier);
        _exit(result == COUNTERSIGN_ERROR_FORKED && freed == COUNTERSIGN_OK && text == NULL ? 0 : 1);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    OK(countersign_verifier_status(verifier, ANNA, call, &text));
    taken(text);
    OK(countersign_free(call));
}

// Each function without each of its pointers, and with handles of another kind.
static void wrong_arguments(countersign_verifier *v, countersign_settings *settings, countersign_policy *policy,
                            countersign_keyring *keyring) {
    countersign_context *call = begin(COUNTERSIGN_CHANNEL_AGENT), *other = NULL;
    countersign_text *text = NULL;
    countersign_grant *grant = NULL;
    countersign_totp *totp = NULL;
    countersign_error *error = NULL;
    countersign_verifier *opened = NULL;
    countersign_settings *made = NULL;
    countersign_policy *loaded = NULL;
    const countersign_verifier *not_v = (const countersign_verifier *)settings;
    const countersign_context *not_call = (const countersign_context *)v;
    int32_t number = 99;
    uint64_t dropped = 99;
    const char r[] = "{\"action\": \"address.change\"}";
    OK(countersign_totp_generate(NULL, &totp));
    OK(countersign_error_new(&error));
#define NUL COUNTERSIGN_ERROR_NULL
#define KIND COUNTERSIGN_ERROR_HANDLE
#define IS(result, call) CHECK((call) == (result))
    IS(NUL, countersign_verifier_create(NULL, ANNA, call));
    IS(NUL, countersign_verifier_create(v, NULL, 3, call));
    IS(NUL, countersign_verifier_create(v, ANNA, NULL));
    IS(KIND, countersign_verifier_create(not_v, ANNA, call));
    IS(KIND, countersign_verifier_create(v, ANNA, not_call));
    IS(COUNTERSIGN_ERROR_LENGTH, countersign_verifier_create(v, "x", SIZE_MAX, call));
    IS(COUNTERSIGN_ERROR_NOT_UTF8, countersign_verifier_create(v, "\xff", 1, call));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_verifier_create(v, NULL, 0, call));

    IS(NUL, countersign_verifier_check(NULL, ANNA, 1, TEXT("1"), call, &number, NULL));
    IS(NUL, countersign_verifier_check(v, ANNA, 1, NULL, 1, call, &number, NULL));
    IS(NUL, countersign_verifier_check(v, ANNA, 1, TEXT("1"), NULL, &number, NULL));
    IS(NUL, countersign_verifier_check(v, ANNA, 1, TEXT("1"), call, NULL, NULL));
    IS(KIND, countersign_verifier_check(not_v, ANNA, 1, TEXT("1"), call, &number, NULL));
    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_verifier_check(v, ANNA, 0, TEXT("1"), call, &number, NULL));
    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_verifier_check(v, ANNA, 99, TEXT("1"), call, &number, NULL));
    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER,
       countersign_verifier_check(v, ANNA, COUNTERSIGN_FACTOR_QUESTIONS, TEXT("1"), call, &number, NULL));
    IS(NUL, countersign_verifier_check_json(v, ANNA, NULL, 1, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_JSON, countersign_verifier_check_json(v, ANNA, TEXT("{}"), call, &number, NULL));
    IS(COUNTERSIGN_ERROR_JSON, countersign_verifier_check_json(v, ANNA, NULL, 0, call, &number, NULL));

    IS(NUL, countersign_verifier_change(v, ANNA, 14, NULL, 0, COUNTERSIGN_BY_GRANT, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_verifier_change(v, ANNA, 14, NULL, 0, 0, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER,
       countersign_verifier_change(v, ANNA, 0, NULL, 0, COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_verifier_change(v, ANNA, 13, NULL, 0, COUNTERSIGN_BY_HOST,
                                                                (const countersign_grant *)v, call, &number, NULL));
    IS(KIND, countersign_verifier_change(v, ANNA, 13, NULL, 0, COUNTERSIGN_BY_GRANT, (const countersign_grant *)v, call,
                                         &number, NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT,
       countersign_verifier_change(v, ANNA, 1, TEXT("otpauth://"), COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT,
       countersign_verifier_change(v, ANNA, 11, TEXT("x"), COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT,
       countersign_verifier_change(v, ANNA, 13, TEXT("x"), COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(COUNTERSIGN_ERROR_JSON,
       countersign_verifier_change_json(v, ANNA, TEXT("[]"), COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(NUL, countersign_verifier_add_totp(v, ANNA, NULL, COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(KIND, countersign_verifier_add_totp(v, ANNA, (const countersign_totp *)v, COUNTERSIGN_BY_HOST, NULL, call, &number, NULL));
    IS(NUL, countersign_verifier_generate_recovery_codes(v, ANNA, 8, COUNTERSIGN_BY_HOST, NULL, call, NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT,
       countersign_verifier_generate_recovery_codes(v, ANNA, 17, COUNTERSIGN_BY_HOST, NULL, call, &text));
    IS(COUNTERSIGN_ERROR_LENGTH,
       countersign_verifier_generate_recovery_codes(v, ANNA, 256, COUNTERSIGN_BY_HOST, NULL, call, &text));
    IS(NUL, countersign_verifier_import(v, ANNA, TEXT("[]"), call, NULL));
    IS(NUL, countersign_verifier_erase(v, ANNA, NULL));
    IS(NUL, countersign_verifier_erase(NULL, ANNA, &number));
    IS(NUL, countersign_verifier_purge(v, NULL));
    IS(NUL, countersign_verifier_purge(NULL, &dropped));

    IS(NUL, countersign_verifier_authorize(v, NULL, TEXT(r), ANNA, call, &number, &text));
    IS(NUL, countersign_verifier_authorize(v, policy, TEXT(r), ANNA, NULL, &number, &text));
    IS(NUL, countersign_verifier_authorize(v, policy, TEXT(r), ANNA, call, NULL, &text));
    IS(KIND, countersign_verifier_authorize(v, (const countersign_policy *)v, TEXT(r), ANNA, call, &number, &text));
    IS(COUNTERSIGN_ERROR_JSON, countersign_verifier_authorize(v, policy, TEXT("{}"), ANNA, call, &number, &text));
    IS(COUNTERSIGN_ERROR_JSON,
       countersign_verifier_authorize(v, policy, TEXT("{\"action\": \"x\", \"actoin\": 1}"), ANNA, call, &number, &text));
    IS(NUL, countersign_verifier_decide(v, policy, TEXT(r), ANNA, call, &number, NULL, &text));
    IS(NUL, countersign_verifier_explain(v, policy, TEXT(r), ANNA, call, NULL));
    IS(NUL, countersign_verifier_redeem(v, NULL, call, &number, &text));
    IS(KIND, countersign_verifier_redeem(v, (const countersign_grant *)call, call, &number, &text));
    IS(NUL, countersign_verifier_approve(v, ANNA, NULL, 1, TEXT("x"), 60, call));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_verifier_approve(v, ANNA, NULL, 0, TEXT("x"), 60, call));
    IS(NUL, countersign_verifier_end(v, ANNA, NULL));
    IS(NUL, countersign_verifier_issue(v, ANNA, TEXT("{\"code\": \"spoken\"}"), NULL, call, &number, NULL, NULL));
    IS(KIND, countersign_verifier_issue(v, ANNA, TEXT("{\"code\": \"spoken\"}"), (const countersign_wording *)v, call, &number, NULL, &text));
    IS(COUNTERSIGN_ERROR_JSON, countersign_verifier_issue(v, ANNA, TEXT("{\"code\": \"sms\"}"), NULL, call, &number, NULL, &text));
    IS(NUL, countersign_verifier_challenge(v, ANNA, TEXT("{\"task\": \"authenticate\"}"), call, NULL, NULL, &text));
    IS(COUNTERSIGN_ERROR_JSON, countersign_verifier_challenge(v, ANNA, TEXT("{}"), call, &number, NULL, &text));
    IS(NUL, countersign_verifier_questions(v, ANNA, NULL));
    IS(NUL, countersign_verifier_prompts(NULL, ANNA, &text));
    IS(NUL, countersign_verifier_word_prompt(v, NULL, 5, &text));
    IS(NUL, countersign_verifier_status(v, ANNA, NULL, &text));
    IS(NUL, countersign_verifier_evidence(v, ANNA, call, NULL));
    CHECK(number == 99 && text == NULL && grant == NULL && dropped == 99);

    IS(NUL, countersign_verifier_open(error, NULL, TEXT("x"), NULL, &opened));
    IS(NUL, countersign_verifier_open(error, settings, TEXT("x"), NULL, NULL));
    IS(KIND, countersign_verifier_open(error, (const countersign_settings *)v, TEXT("x"), NULL, &opened));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_verifier_open(error, settings, TEXT("mysql://host"), NULL, &opened));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_verifier_open(error, settings, TEXT(":memory:"), NULL, &opened));
    IS(COUNTERSIGN_ERROR_STORE, countersign_verifier_open(error, settings, TEXT("/no/such/folder/x.db"), NULL, &opened));
    char why[256];
    size_t length = sizeof why;
    OK(countersign_last_error(error, why, &length));
    CHECK(strstr(why, "/no/such/folder/x.db") != NULL);
    IS(NUL, countersign_postgres_migrate(error, NULL, 9));
    int32_t migrated = countersign_postgres_migrate(error, TEXT("postgres://localhost:bad"));
    CHECK(migrated == COUNTERSIGN_ERROR_BAD_INPUT || migrated == COUNTERSIGN_ERROR_NOT_BUILT);

    IS(NUL, countersign_settings_new(error, TEXT("{\"realm\": \"bank\"}"), NULL, &made));
    IS(NUL, countersign_settings_new(error, NULL, 4, keyring, &made));
    IS(COUNTERSIGN_ERROR_JSON, countersign_settings_new(error, TEXT("{}"), keyring, &made));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_settings_new(error, TEXT("{\"realm\": \"\"}"), keyring, &made));
    IS(NUL, countersign_settings_interaction_hash(settings, NULL, NULL, &length));
    IS(NUL, countersign_settings_interaction_hash(settings, call, NULL, NULL));
    uint8_t bytes[32];
    length = sizeof bytes;
    OK(countersign_settings_interaction_hash(settings, call, bytes, &length));
    CHECK(length == 16);

    IS(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_context_begin(error, 0, &other));
    IS(NUL, countersign_context_begin(error, 1, NULL));
    IS(COUNTERSIGN_ERROR_LENGTH, countersign_context_new(error, 1, bytes, 15, &other));
    IS(NUL, countersign_context_new(error, 1, NULL, 16, &other));
    IS(NUL, countersign_context_protected(error, NULL, &other));
    IS(NUL, countersign_context_for_transaction(error, call, NULL, 1, &other));
    IS(COUNTERSIGN_ERROR_JSON, countersign_context_for_transaction(error, call, TEXT("{}"), &other));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_context_for_transaction(error, call, TEXT("{\"reference\": \"\"}"), &other));
    length = sizeof bytes;
    OK(countersign_context_interaction(call, bytes, &length));
    CHECK(length == 16);
    OK(countersign_context_new(error, COUNTERSIGN_CHANNEL_WEB, bytes, 16, &other));
    length = 15;
    IS(COUNTERSIGN_ERROR_BUFFER_TOO_SMALL, countersign_context_interaction(other, bytes, &length));
    CHECK(length == 16);
    length = sizeof bytes;
    OK(countersign_context_transaction_digest(other, bytes, &length));
    CHECK(length == 0);
    OK(countersign_free(other));
    OK(countersign_context_for_transaction(error, call, TEXT("{\"reference\": \"P-1\", \"fields\": [[\"a\", \"b\"]]}"), &other));
    length = sizeof bytes;
    OK(countersign_context_transaction_digest(other, bytes, &length));
    CHECK(length == 32);
    OK(countersign_free(other));

    IS(NUL, countersign_policy_from_toml(error, NULL, 1, &loaded));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_policy_from_toml(error, TEXT("version = 2"), &loaded));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_policy_from_json(error, TEXT("{"), &loaded));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_policy_preset(error, TEXT("bank"), &loaded));
    IS(NUL, countersign_policy_preset(error, TEXT("bank_psd2"), NULL));
    OK(countersign_policy_preset(error, TEXT("bank_psd2"), &loaded));
    OK(countersign_policy_lint(loaded, NULL, 0, &text));
    CHECK(strcmp(taken(text), "[]") == 0);
    IS(COUNTERSIGN_ERROR_JSON, countersign_policy_lint(loaded, TEXT("{\"x\": 1}"), &text));
    IS(NUL, countersign_policy_lint(loaded, NULL, 0, NULL));
    OK(countersign_policy_lint(policy, TEXT("{\"factors\": [\"password\"]}"), &text));
    CHECK(strcmp(value(taken(text), "kind"), "unreachable") == 0);
    IS(NUL, countersign_policy_diff(policy, NULL, &text));
    OK(countersign_policy_diff(policy, policy, &text));
    CHECK(strcmp(taken(text), "[]") == 0);
    OK(countersign_policy_requires(policy, TEXT("{\"actions\": [\"address.change\"], \"tiers\": [\"every\"]}")));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_policy_requires(policy, TEXT("{\"actions\": [\"adress.change\"]}")));
    IS(NUL, countersign_policy_table(policy, NULL));
    OK(countersign_policy_table(policy, &text));
    CHECK(strstr(taken(text), "address.change") != NULL);
    IS(NUL, countersign_policy_handbook(policy, TEXT("de"), NULL));
    IS(COUNTERSIGN_ERROR_BAD_INPUT, countersign_policy_handbook(policy, TEXT("xx"), &text));
    OK(countersign_policy_handbook(policy, TEXT("de"), &text));
    CHECK(strstr(taken(text), "# Anrufer pr") != NULL);
    OK(countersign_free(loaded));
    text = NULL;
    IS(NUL, countersign_text_copy(NULL, why, &length));
    IS(NUL, countersign_text_data(NULL, NULL, NULL));
    IS(KIND, countersign_text_copy((const countersign_text *)v, why, &length));
    OK(countersign_free(call));
    OK(countersign_free(totp));
    OK(countersign_free(error));
}

static void keep(const char *folder, const char *name, const uint8_t *bytes, size_t length) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, length, file) == length);
    fclose(file);
}

// The main job over a server, which is empty.
static void over_a_server(const char *url, const countersign_settings *settings, countersign_policy *policy) {
    countersign_verifier *verifier = NULL;
    countersign_error *error = NULL;
    countersign_callbacks all = callbacks();
    OK(countersign_error_new(&error));
    if (strncmp(url, "postgres://", 11) == 0) {
        OK(countersign_postgres_migrate(error, TEXT(url)));
        OK(countersign_postgres_migrate(error, TEXT(url)));
    }
    OK(countersign_verifier_open(error, settings, TEXT(url), &all, &verifier));
    main_job(verifier, policy);
    other_factors(verifier);
    unknown_names(verifier);
    forked(verifier);
    OK(countersign_free(verifier));
    OK(countersign_free(error));
}

int main(int count, char **arguments) {
    CHECK(count == 2 || count == 3);
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    countersign_policy *policy = NULL;
    countersign_verifier *verifier = NULL;
    OK(countersign_keyring_generate(NULL, &keyring));
    uint8_t keys[1024];
    size_t length = sizeof keys;
    OK(countersign_keyring_bytes(keyring, keys, &length));
    keep(arguments[1], "keys", keys, length);
    OK(countersign_settings_new(NULL, TEXT(SETTINGS), keyring, &settings));
    OK(countersign_policy_from_toml(NULL, TEXT(POLICY), &policy));
    if (count == 3) {
        over_a_server(arguments[2], settings, policy);
        OK(countersign_free(policy));
        OK(countersign_free(settings));
        OK(countersign_free(keyring));
        return 0;
    }

    char path[512];
    snprintf(path, sizeof path, "%s/bank.db", arguments[1]);
    countersign_callbacks all = callbacks();
    OK(countersign_verifier_open(NULL, settings, TEXT(path), &all, &verifier));
    main_job(verifier, policy);
    other_factors(verifier);
    wrong_arguments(verifier, settings, policy, keyring);
    forked(verifier);
    char moment[32];
    int digits = snprintf(moment, sizeof moment, "%lld", (long long)now);
    keep(arguments[1], "now", (const uint8_t *)moment, (size_t)digits);
    OK(countersign_free(verifier));

    static struct table table;
    all.user = &table;
    all.load = load;
    all.replace = replace;
    all.purge = purge;
    OK(countersign_verifier_open(NULL, settings, NULL, 0, &all, &verifier));
    main_job(verifier, policy);
    other_factors(verifier);
    unknown_names(verifier);
    wrong_callbacks(settings, &table, verifier);
    OK(countersign_free(verifier));
    OK(countersign_free(policy));
    OK(countersign_free(settings));
    OK(countersign_free(keyring));
    return 0;
}
