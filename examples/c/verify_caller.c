// The desk of a contact centre in C11: it verifies callers in the SQLite file of the Rust example `contact_center`.
//
//     verify_caller DATABASE [FOLDER]
//
// The database is that of `cargo run --example contact_center`. Both desks may work on it, one after the other or at once: what
// one writes, the other sees. FOLDER has the bank's settings.json and policy.toml [default: examples/contact_center].
//
// Read `main` first, from the bottom of this file, then `until_allowed`: it is the main job of a desk.

#include <countersign.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) (text), strlen(text)
#define BANK "Harbour Bank"
#define MAYA "C-1042"
enum { KEY = COUNTERSIGN_KEY_LENGTH, PATIENCE = 6, GUESSES = 6, DAY = 86400 };

struct desk {
    countersign_error *error; // keeps the texts of errors of calls that make objects
    countersign_verifier *verifier;
    countersign_policy *policy;
    countersign_totp *app; // on Maya's telephone: a bank does not have it
    int64_t now;           // the clock of the story
    char trail[160];       // the last line of the audit trail
};

// A wish of a caller: an action of the policy, and the transaction that its codes are for.
struct wish {
    const char *action;
    char transaction[256];
    char request[128];
};

// --- Errors, files, texts -----------------------------------------------------------------------------------------------------

static _Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "verify_caller: %s: %s\n", what, why);
    exit(1);
}

// Ends the program at an error. The object is the one whose call it was.
static void ok(const void *object, countersign_result result) {
    char why[512];
    size_t length = sizeof why;
    if (result == COUNTERSIGN_OK) return;
    if (countersign_last_error(object, why, &length) != COUNTERSIGN_OK) fail("countersign", countersign_strerror(result));
    fail("countersign", why);
}

// Wipes a secret. A compiler leaves out a memset before the end of a buffer's life, but not this.
static void wipe(void *secret, size_t length) {
    for (volatile unsigned char *byte = secret; length > 0; --length) *byte++ = 0;
}

// Reads a whole file of less than `room` bytes, ends it with NUL, and returns its length.
static size_t read_file(const char *folder, const char *name, char *to, size_t room) {
    char path[1024];
    int written = snprintf(path, sizeof path, "%s%s", folder, name);
    if (written < 0 || (size_t)written >= sizeof path) fail(name, "its path is too long");
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path, strerror(errno));
    size_t length = fread(to, 1, room, file);
    fclose(file);
    if (length >= room) fail(path, "is longer than it should be");
    to[length] = '\0';
    return length;
}

// Takes a value out of a JSON text. False: there is none.
static bool get(const char *json, const char *pointer, char *value, size_t room) {
    return countersign_json_get(NULL, TEXT(json), TEXT(pointer), value, &room) == COUNTERSIGN_OK;
}

// Copies the JSON that a call has given, and frees it.
static void take(countersign_text *text, char *json, size_t room) {
    ok(text, countersign_text_copy(text, json, &room));
    countersign_free(text);
}

// Writes a moment as hour and minute. Its text stands until the next call.
static const char *clock_of(const struct desk *desk, int64_t moment) {
    static char text[32];
    const char *day = moment / DAY == desk->now / DAY ? "" : " on another day";
    snprintf(text, sizeof text, "%02d:%02d%s", (int)(moment / 3600 % 24), (int)(moment / 60 % 60), day);
    return text;
}

static void say(const struct desk *desk, const char *text) {
    printf("%s  %s\n", clock_of(desk, desk->now), text);
}

// --- Functions that the library calls -----------------------------------------------------------------------------------------

static int32_t now(void *user, int64_t *to) {
    *to = ((const struct desk *)user)->now;
    return COUNTERSIGN_CALLBACK_DONE;
}

static int32_t audit(void *user, const char *event, size_t length) {
    struct desk *desk = user;
    char kind[32] = "", factor[32] = "", reason[32] = "";
    size_t room = sizeof kind;
    countersign_json_get(NULL, event, length, TEXT("/kind"), kind, &room);
    room = sizeof factor;
    countersign_json_get(NULL, event, length, TEXT("/factor"), factor, &room);
    room = sizeof reason;
    countersign_json_get(NULL, event, length, TEXT("/reason"), reason, &room);
    int used = snprintf(desk->trail, sizeof desk->trail, "%s %s", kind, factor);
    if (reason[0] != '\0') snprintf(desk->trail + used, sizeof desk->trail - (size_t)used, " (%s)", reason);
    return COUNTERSIGN_CALLBACK_DONE;
}

// --- One attempt --------------------------------------------------------------------------------------------------------------

// Prints what the caller is told, and what the audit trail has. The caller never hears the reason.
static void tell(const struct desk *desk, const char *what, int32_t outcome, int64_t until) {
    char told[64];
    switch (outcome) {
    case COUNTERSIGN_OUTCOME_ACCEPTED:
        snprintf(told, sizeof told, "accepted");
        break;
    case COUNTERSIGN_OUTCOME_LOCKED:
        if (until == COUNTERSIGN_NEVER)
            snprintf(told, sizeof told, "locked");
        else
            snprintf(told, sizeof told, "locked until %s", clock_of(desk, until));
        break;
    case COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT:
    case COUNTERSIGN_OUTCOME_BUSY:
        snprintf(told, sizeof told, "once more, please");
        break;
    default: // an outcome that this program does not know is a denial
        snprintf(told, sizeof told, "denied");
    }
    printf("         %-12s %-20s audit: %s\n", what, told, desk->trail);
}

static int32_t check_code(struct desk *desk, const countersign_context *call, int32_t factor, const char *what, const char *code) {
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    int64_t until = 0;
    ok(desk->verifier, countersign_verifier_check(desk->verifier, TEXT(MAYA), factor, TEXT(code), call, &outcome, &until));
    tell(desk, what, outcome, until);
    return outcome;
}

static int32_t give_app_code(struct desk *desk, const countersign_context *call, int64_t moment) {
    char code[16];
    size_t room = sizeof code;
    ok(desk->app, countersign_totp_code_at(desk->app, moment, code, &room));
    int32_t outcome = check_code(desk, call, COUNTERSIGN_FACTOR_TOTP, "app code", code);
    wipe(code, sizeof code);
    return outcome;
}

// Answers the two questions that the record asks. The answers are by the numbers of the questions.
static int32_t answer(struct desk *desk, const countersign_context *call, const char *const answers[3]) {
    countersign_text *text = NULL;
    char prompts[1024], form[512] = "{\"questions\": [";
    ok(desk->verifier, countersign_verifier_prompts(desk->verifier, TEXT(MAYA), &text));
    take(text, prompts, sizeof prompts);
    for (int i = 0; i < 2; ++i) {
        char pointer[32], number[8], quoted[64];
        snprintf(pointer, sizeof pointer, "/%d/question", i);
        if (!get(prompts, pointer, number, sizeof number)) fail("prompts", "there are not two");
        int question = atoi(number);
        if (question < 1 || question > 3) fail("prompts", "this bank has three questions");
        // Quoted: an answer that somebody typed may hold any sign.
        size_t room = sizeof quoted;
        ok(desk->error, countersign_json_quote(desk->error, TEXT(answers[question - 1]), quoted, &room));
        size_t used = strlen(form);
        snprintf(form + used, sizeof form - used, "%s{\"question\": %d, \"answer\": %s}", i == 0 ? "" : ", ", question, quoted);
    }
    strcat(form, "]}"); // there is room: two answers have 64 bytes at most
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    int64_t until = 0;
    ok(desk->verifier, countersign_verifier_check_json(desk->verifier, TEXT(MAYA), TEXT(form), call, &outcome, &until));
    wipe(form, sizeof form);
    tell(desk, "two answers", outcome, until);
    return outcome;
}

// Sends a code that is for this wish alone, and gives it back as Maya reads it.
static int32_t give_sent_code(struct desk *desk, const countersign_context *call, const struct wish *wish) {
    char order[512], json[2048], message[512], to[64];
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    int64_t until = 0;
    countersign_text *delivery = NULL;
    snprintf(order, sizeof order, "{\"code\": \"spoken\", \"message\": {\"from\": \"" BANK "\", \"transaction\": %s}}",
             wish->transaction);
    ok(desk->verifier,
       countersign_verifier_issue(desk->verifier, TEXT(MAYA), TEXT(order), NULL, call, &outcome, &until, &delivery));
    if (delivery == NULL) {
        tell(desk, "no code", outcome, until);
        return outcome;
    }
    take(delivery, json, sizeof json);
    // A real desk hands both to its message gateway. Without a parcel it sends nothing, and says nothing of that.
    if (!get(json, "/parcel/to", to, sizeof to) || !get(json, "/parcel/message", message, sizeof message))
        fail("delivery", "Maya has a telephone");
    printf("         SMS to %s: \"%s\"\n", to, message);
    char *end = strstr(message, " is your code"), *code = strstr(message, ": ");
    if (end == NULL || code == NULL || code + 2 > end) fail("message", "has no code");
    *end = '\0';
    outcome = check_code(desk, call, COUNTERSIGN_FACTOR_SPOKEN_CODE, "sent code", code + 2);
    wipe(json, sizeof json);
    wipe(message, sizeof message);
    return outcome;
}

// --- A call -------------------------------------------------------------------------------------------------------------------

static countersign_context *begin_call(const struct desk *desk) {
    countersign_context *call = NULL;
    ok(desk->error, countersign_context_begin(desk->error, COUNTERSIGN_CHANNEL_AGENT, &call));
    return call;
}

// Ends the interaction: its evidence serves nobody who calls next.
static void hang_up(const struct desk *desk, countersign_context *call) {
    ok(desk->verifier, countersign_verifier_end(desk->verifier, TEXT(MAYA), call));
    countersign_free(call);
}

// Returns whether the first requirement of the first option takes a factor. Options come least burdensome first.
static bool takes(const char *decision, const char *factor) {
    char name[32];
    for (int i = 0;; ++i) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/options/0/requirements/0/factors/%d", i);
        if (!get(decision, pointer, name, sizeof name)) return false;
        if (strcmp(name, factor) == 0) return true;
    }
}

// Asks for what the policy requires, until it allows the wish, or nothing is left to ask.
static bool until_allowed(struct desk *desk, const countersign_context *call, const struct wish *wish) {
    static const char *const answers[] = {"zoe", "anns row", "LODZ"};
    countersign_context *about = NULL;
    bool app_is_locked = false;
    ok(desk->error, countersign_context_for_transaction(desk->error, call, TEXT(wish->transaction), &about));
    int32_t answered = COUNTERSIGN_ANSWER_NO;
    for (int asked = 0; asked < PATIENCE; ++asked) {
        char decision[4096], text[256];
        countersign_text *details = NULL;
        ok(desk->verifier, countersign_verifier_authorize(desk->verifier, desk->policy, TEXT(wish->request), TEXT(MAYA), about,
                                                          &answered, &details));
        take(details, decision, sizeof decision);
        if (answered == COUNTERSIGN_ANSWER_YES) {
            printf("         policy: allowed, this once: %s\n", wish->action);
            break;
        }
        if (answered != COUNTERSIGN_ANSWER_STEP_UP) {
            if (get(decision, "/text", text, sizeof text)) printf("         policy: %s\n", text);
            break;
        }
        if (get(decision, "/options/0/text", text, sizeof text)) printf("         policy: step up: %s\n", text);
        desk->now += 20;
        int32_t outcome;
        if (takes(decision, "totp") && !app_is_locked) {
            outcome = give_app_code(desk, call, desk->now);
            app_is_locked = outcome == COUNTERSIGN_OUTCOME_LOCKED;
            if (app_is_locked) continue; // another factor may do
        } else if (takes(decision, "spoken_code")) {
            outcome = give_sent_code(desk, about, wish);
        } else {
            outcome = answer(desk, call, answers);
        }
        if (outcome != COUNTERSIGN_OUTCOME_ACCEPTED) break;
    }
    countersign_free(about);
    return answered == COUNTERSIGN_ANSWER_YES;
}

// Makes a wish of this call, with a reference of the bank's own.
static struct wish wish_of(const countersign_context *call, const char *action, const char *words) {
    struct wish wish = {.action = action};
    uint8_t interaction[16];
    char reference[16] = "HB-";
    size_t room = sizeof interaction;
    ok(call, countersign_context_interaction(call, interaction, &room));
    for (size_t i = 0; i < 4; ++i) snprintf(reference + 3 + 2 * i, 3, "%02X", (unsigned)interaction[i]);
    snprintf(wish.transaction, sizeof wish.transaction,
             "{\"reference\": \"%s\", \"fields\": [[\"action\", \"%s (reference %s)\"]]}", reference, words, reference);
    snprintf(wish.request, sizeof wish.request, "{\"action\": \"%s\"}", action);
    return wish;
}

static void print_locks(const struct desk *desk) {
    countersign_context *call = begin_call(desk);
    countersign_text *text = NULL;
    char status[1024], factor[32], until[24];
    ok(desk->verifier, countersign_verifier_status(desk->verifier, TEXT(MAYA), call, &text));
    take(text, status, sizeof status);
    for (int i = 0;; ++i) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/locked/%d/factor", i);
        if (!get(status, pointer, factor, sizeof factor)) break;
        snprintf(pointer, sizeof pointer, "/locked/%d/until", i);
        if (!get(status, pointer, until, sizeof until)) break;
        // A lock whose end is null does not end by waiting.
        const char *end = strcmp(until, "null") == 0 ? "the bank unlocks it" : clock_of(desk, strtoll(until, NULL, 10));
        printf("         %s is locked until %s, for callers of whom nothing else is known\n", factor, end);
    }
    countersign_free(call);
}

// --- The desk opens -----------------------------------------------------------------------------------------------------------

// Reads where the story stands, and takes the next minutes for this desk. The file has two lines: `now` and `app`.
static void read_story(struct desk *desk, const char *database) {
    enum { TEN_TO_SIX = 17 * 3600 + 50 * 60, MINUTES = 6 * 60 };
    char path[1024], uri[512];
    countersign_key_uri *key = NULL;
    snprintf(path, sizeof path, "%s.story", database);
    FILE *file = fopen(path, "r+");
    if (file == NULL) fail(path, strerror(errno));
    if (fscanf(file, "now %" SCNd64 " app %511s", &desk->now, uri) != 2) fail(path, "has no `now` and `app`");
    int64_t evening = desk->now - desk->now % DAY + TEN_TO_SIX;
    if (desk->now < evening) desk->now = evening;
    rewind(file);
    fprintf(file, "now %" PRId64, desk->now + MINUTES);
    if (fclose(file) != 0) fail(path, strerror(errno));
    ok(desk->error, countersign_key_uri_parse(desk->error, TEXT(uri), &key));
    ok(desk->error, countersign_totp_from_key_uri(desk->error, key, &desk->app));
    countersign_free(key);
    wipe(uri, sizeof uri);
}

static void open_desk(struct desk *desk, const char *database, const char *folder) {
    char keys[2 * KEY + 1], text[8192];
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    countersign_callbacks callbacks = {.size = sizeof callbacks, .user = desk, .now = now, .audit = audit};
    ok(NULL, countersign_error_new(&desk->error));

    FILE *exists = fopen(database, "rb"); // the library would make a new file
    if (exists == NULL) fail(database, "is not there: run `cargo run --example contact_center` first");
    fclose(exists);
    if (read_file(database, ".key", keys, sizeof keys) != 2 * KEY) fail("the key file", "must hold 64 bytes");
    const uint8_t *root = (const uint8_t *)keys;
    ok(desk->error, countersign_keyring_new(desk->error, 1, root, KEY, 1, root + KEY, KEY, &keyring));
    wipe(keys, sizeof keys);

    size_t length = read_file(folder, "/settings.json", text, sizeof text);
    ok(desk->error, countersign_settings_new(desk->error, text, length, keyring, &settings));
    length = read_file(folder, "/policy.toml", text, sizeof text);
    ok(desk->error, countersign_policy_from_toml(desk->error, text, length, &desk->policy));
    ok(desk->error, countersign_verifier_open(desk->error, settings, TEXT(database), &callbacks, &desk->verifier));
    countersign_free(settings);
    countersign_free(keyring);
    read_story(desk, database);
}

int main(int count, char **arguments) {
    static const char *const guesses[] = {"Rex", "Mill Lane", "Leeds"};
    static struct desk desk;
    if (count < 2 || count > 3 || arguments[1][0] == '-') fail("usage", "verify_caller DATABASE [FOLDER]");
    open_desk(&desk, arguments[1], count == 3 ? arguments[2] : "examples/contact_center");
    printf("HARBOUR BANK: the desk in C, countersign %s, on %s\n\n", countersign_version(), arguments[1]);

    say(&desk, "The IMPOSTOR calls as Maya, and answers two questions.");
    countersign_context *call = begin_call(&desk);
    answer(&desk, call, guesses);
    say(&desk, "He reads the app code of 17:30, which Maya gave to the desk in Rust.");
    give_app_code(&desk, call, desk.now - desk.now % DAY + 17 * 3600 + 30 * 60);
    hang_up(&desk, call);

    desk.now += 60;
    say(&desk, "Maya calls: \"What is my balance, please?\"");
    call = begin_call(&desk);
    struct wish wish = wish_of(call, "balance.read", "hear your balance");
    say(&desk, until_allowed(&desk, call, &wish) ? "\"1,204.50 pounds.\"" : "\"I am sorry, I cannot do that for you now.\"");
    hang_up(&desk, call);

    int64_t seen = desk.now;
    desk.now += 5;
    say(&desk, "The IMPOSTOR sits near her, and reads the code that her app shows. Then he guesses.");
    call = begin_call(&desk);
    int32_t outcome = give_app_code(&desk, call, seen);
    for (int i = 0; i < GUESSES && outcome == COUNTERSIGN_OUTCOME_DENIED; ++i) {
        desk.now += 5;
        outcome = check_code(&desk, call, COUNTERSIGN_FACTOR_TOTP, "a guess", "000000");
    }
    hang_up(&desk, call);

    desk.now += 60;
    say(&desk, "Maya calls: \"I want a new card.\" What locks a stranger out does not lock her out.");
    print_locks(&desk);
    call = begin_call(&desk);
    wish = wish_of(call, "card.replace", "replace your card");
    say(&desk, until_allowed(&desk, call, &wish) ? "\"It is on its way.\"" : "\"I am sorry, I cannot do that for you now.\"");
    hang_up(&desk, call);

    countersign_free(desk.verifier);
    countersign_free(desk.policy);
    countersign_free(desk.app);
    countersign_free(desk.error);
    return 0;
}
