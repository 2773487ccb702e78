// Eight threads on one verifier: over a SQLite file, and over a store of the host. Started with the path of an empty folder, or with the
// URL of a server.

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <time.h>

#include "countersign.h"

#include "check.h"

#define THREADS 8
#define ROUNDS 12
#define TEXT(text) text, strlen(text)
#define OK(call) CHECK((call) == COUNTERSIGN_OK)

static const int64_t NOW = 1764322921;
// One thread sets it while the others wait.
static int64_t now = 1764322921;
static const char SETTINGS[] = "{\"realm\": \"bank\"}";
static const char POLICY[] =
    "version = 1\ngrant_lifetime = 300\ntiers = [\"every\"]\n"
    "[action.\"address.change\".every_tier]\nany = [{ all = [{ factor = \"totp\", max_age = 600 }] }]\n";

// A table of the host, whose lock is the host's.
struct row {
    int used;
    uint8_t key[32];
    uint8_t version[24];
    uint8_t bytes[16384];
    size_t length;
    int64_t expires_at;
};

static struct row rows[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t events = 0;

static struct row *find(const uint8_t *key) {
    for (int i = 0; i < 64; i++)
        if (rows[i].used && memcmp(rows[i].key, key, 32) == 0) return &rows[i];
    return NULL;
}

static int32_t load(void *user, const uint8_t *key, countersign_entry *entry) {
    (void)user;
    pthread_mutex_lock(&lock);
    struct row *row = find(key);
    int32_t answer = row == NULL ? COUNTERSIGN_LOAD_NOTHING : COUNTERSIGN_LOAD_FOUND;
    if (row != NULL) OK(countersign_entry_set(entry, row->bytes, row->length, row->version, 24, row->expires_at));
    pthread_mutex_unlock(&lock);
    // Another thread may replace the record now. What is given is old then, and no fault of the store.
    const struct timespec moment = {.tv_nsec = 1000000};
    nanosleep(&moment, NULL);
    return answer;
}

static int32_t replace(void *user, const uint8_t *key, const uint8_t *expected, const countersign_record *next) {
    (void)user;
    pthread_mutex_lock(&lock);
    struct row *row = find(key);
    int is_expected = expected == NULL ? row == NULL : row != NULL && memcmp(row->version, expected, 24) == 0;
    for (int i = 0; is_expected && row == NULL && i < 64; i++)
        if (!rows[i].used) row = &rows[i];
    if (is_expected) {
        CHECK(row != NULL && (next == NULL || next->length <= sizeof row->bytes));
        row->used = next != NULL;
        if (next != NULL) {
            memcpy(row->key, key, 32);
            memcpy(row->version, next->version, 24);
            memcpy(row->bytes, next->bytes, next->length);
            row->length = next->length;
            row->expires_at = next->expires_at;
        }
    }
    pthread_mutex_unlock(&lock);
    return is_expected ? COUNTERSIGN_SAVE_STORED : COUNTERSIGN_SAVE_CONFLICT;
}

static int32_t read_clock(void *user, int64_t *moment) {
    (void)user;
    *moment = now;
    return COUNTERSIGN_CALLBACK_DONE;
}

static int32_t audit(void *user, const char *event, size_t length) {
    CHECK(strlen(event) == length);
    pthread_mutex_lock(&lock);
    ++*(int64_t *)user;
    pthread_mutex_unlock(&lock);
    return COUNTERSIGN_CALLBACK_DONE;
}

struct shared {
    countersign_verifier *verifier;
    countersign_policy *policy;
    // The codes of the customer whom all threads check at once.
    countersign_totp *totp;
    pthread_barrier_t together;
    char recovery[ROUNDS][64];
};

struct thread {
    pthread_t id;
    int number;
    int wins;
    struct shared *shared;
};

static countersign_context *begin(void) {
    countersign_context *context = NULL;
    OK(countersign_context_begin(NULL, COUNTERSIGN_CHANNEL_DEVICE, &context));
    return context;
}

static void enrol(struct shared *all, const char *name, countersign_totp *totp) {
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    char code[16];
    size_t length = sizeof code;
    countersign_context *context = begin();
    OK(countersign_verifier_create(all->verifier, TEXT(name), context));
    OK(countersign_verifier_add_totp(all->verifier, TEXT(name), totp, COUNTERSIGN_BY_HOST, NULL, context, &outcome, NULL));
    OK(countersign_totp_code_at(totp, NOW - 30, code, &length));
    OK(countersign_verifier_change(all->verifier, TEXT(name), COUNTERSIGN_CHANGE_CONFIRM_TOTP, TEXT(code), COUNTERSIGN_BY_HOST,
                                   NULL, context, &outcome, NULL));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_free(context));
}

// A customer of this thread's own, from sign-up to a grant.
static void own_customer(struct thread *thread) {
    struct shared *all = thread->shared;
    char name[16], code[16];
    size_t length = sizeof code;
    int32_t outcome = 99, answer = 99;
    countersign_totp *totp = NULL;
    countersign_text *text = NULL;
    snprintf(name, sizeof name, "own-%d", thread->number);
    OK(countersign_totp_generate(NULL, &totp));
    enrol(all, name, totp);
    countersign_context *context = begin();
    OK(countersign_verifier_check(all->verifier, TEXT(name), COUNTERSIGN_FACTOR_TOTP, TEXT("000000"), context, &outcome, NULL));
    CHECK(outcome == COUNTERSIGN_OUTCOME_DENIED);
    OK(countersign_totp_code_at(totp, NOW, code, &length));
    OK(countersign_verifier_check(all->verifier, TEXT(name), COUNTERSIGN_FACTOR_TOTP, TEXT(code), context, &outcome, NULL));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED);
    OK(countersign_verifier_change(all->verifier, TEXT(name), COUNTERSIGN_CHANGE_SET_PHONE, TEXT("+49 30 901820"),
                                   COUNTERSIGN_BY_HOST, NULL, context, &outcome, NULL));
    // Each number is its own, but its block is shared: some of these are refused.
    OK(countersign_verifier_issue(all->verifier, TEXT(name), TEXT("{\"code\": \"spoken\"}"), NULL, context, &outcome, NULL, &text));
    CHECK(outcome == COUNTERSIGN_OUTCOME_ACCEPTED || outcome == COUNTERSIGN_OUTCOME_LOCKED);
    OK(countersign_free(text));
    OK(countersign_verifier_status(all->verifier, TEXT(name), context, &text));
    OK(countersign_free(text));
    OK(countersign_verifier_authorize(all->verifier, all->policy, TEXT("{\"action\": \"address.change\"}"), TEXT(name), context,
                                      &answer, &text));
    CHECK(answer == COUNTERSIGN_ANSWER_YES);
    OK(countersign_free(text));
    OK(countersign_free(totp));
    OK(countersign_free(context));
}

// The text of the last error is that of any thread, and is whole.
static void errors(const struct shared *all, int number) {
    char why[512];
    size_t length = sizeof why;
    int32_t outcome = 99;
    countersign_context *context = begin();
    int32_t factor = number % 2 == 0 ? 99 : COUNTERSIGN_FACTOR_TOTP;
    const char *name = number % 2 == 0 ? "hot" : "";
    CHECK(countersign_verifier_check(all->verifier, TEXT(name), factor, TEXT("1"), context, &outcome, NULL) != COUNTERSIGN_OK);
    OK(countersign_last_error(all->verifier, why, &length));
    CHECK(strlen(why) + 1 == length && length > 10 && outcome == 99);
    OK(countersign_free(context));
}

static void *run(void *pointer) {
    struct thread *thread = pointer;
    struct shared *all = thread->shared;
    own_customer(thread);
    for (int round = 0; round < ROUNDS; round++) {
        char code[64];
        size_t length = sizeof code;
        int32_t outcome = 99;
        countersign_context *context = begin();
        // First the code of the app, then printed codes. One of eight may have each.
        if (round == 0) OK(countersign_totp_code_at(all->totp, NOW, code, &length));
        else memcpy(code, all->recovery[round - 1], sizeof code);
        int32_t factor = round == 0 ? COUNTERSIGN_FACTOR_TOTP : COUNTERSIGN_FACTOR_RECOVERY_CODE;
        pthread_barrier_wait(&all->together);
        // Those who came too late have locked it for half a minute.
        if (thread->number == 0) now = NOW + 60 * round;
        pthread_barrier_wait(&all->together);
        OK(countersign_verifier_check(all->verifier, TEXT("hot"), factor, TEXT(code), context, &outcome, NULL));
        if (outcome == COUNTERSIGN_OUTCOME_ACCEPTED) thread->wins++;
        errors(all, thread->number);
        OK(countersign_free(context));
    }
    return NULL;
}

static void eight_threads(const char *location, countersign_settings *settings, countersign_policy *policy) {
    struct shared all = {.policy = policy};
    struct thread threads[THREADS];
    countersign_callbacks callbacks = {.size = sizeof callbacks, .user = &events, .now = read_clock, .audit = audit};
    countersign_text *text = NULL;
    const char *codes = NULL;
    size_t length = 0;
    events = 0;
    now = NOW;
    if (location[0] == 0) callbacks.load = load, callbacks.replace = replace;
    OK(countersign_verifier_open(NULL, settings, TEXT(location), &callbacks, &all.verifier));
    OK(countersign_totp_generate(NULL, &all.totp));
    enrol(&all, "hot", all.totp);
    countersign_context *context = begin();
    OK(countersign_verifier_generate_recovery_codes(all.verifier, TEXT("hot"), ROUNDS, COUNTERSIGN_BY_HOST, NULL, context, &text));
    OK(countersign_text_data(text, &codes, &length));
    codes = strchr(codes, '[');
    for (int i = 0; i < ROUNDS; i++) {
        codes = strchr(codes, '"') + 1;
        snprintf(all.recovery[i], sizeof all.recovery[i], "%.*s", (int)strcspn(codes, "\""), codes);
        codes = strchr(codes, '"') + 1;
    }
    OK(countersign_free(text));
    OK(countersign_free(context));

    CHECK(pthread_barrier_init(&all.together, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.number = i, .shared = &all};
        CHECK(pthread_create(&threads[i].id, NULL, run, &threads[i]) == 0);
    }
    int wins = 0;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i].id, NULL) == 0);
        wins += threads[i].wins;
    }
    CHECK(wins == ROUNDS);
    CHECK(events >= THREADS * ROUNDS);
    CHECK(pthread_barrier_destroy(&all.together) == 0);
    OK(countersign_free(all.verifier));
    OK(countersign_free(all.totp));
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    char path[512];
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    countersign_policy *policy = NULL;
    OK(countersign_keyring_generate(NULL, &keyring));
    OK(countersign_settings_new(NULL, TEXT(SETTINGS), keyring, &settings));
    OK(countersign_policy_from_toml(NULL, TEXT(POLICY), &policy));
    snprintf(path, sizeof path, "%s/threads.db", arguments[1]);
    if (strstr(arguments[1], "://") != NULL) {
        eight_threads(arguments[1], settings, policy);
    } else {
        eight_threads(path, settings, policy);
        eight_threads("", settings, policy);
    }
    OK(countersign_free(policy));
    OK(countersign_free(settings));
    OK(countersign_free(keyring));
    return 0;
}
