// The library as a plug-in of a plug-in: loaded by `dlopen`, used by threads, unloaded, and loaded again.
//
// Started with the path of the library, and that of an empty folder. Nothing here is linked to it.

#define _GNU_SOURCE

#include <dlfcn.h>
#include <pthread.h>

#include "countersign.h"

#include "check.h"

#define TEXT(text) text, strlen(text)
#define OK(call) CHECK((call) == COUNTERSIGN_OK)

// A function of the library, as the header declares it.
#define FUNCTION(name) __typeof__(&countersign_##name) name
static struct {
    void *library;
    FUNCTION(free);
    FUNCTION(keyring_new);
    FUNCTION(settings_new);
    FUNCTION(context_begin);
    FUNCTION(verifier_open);
    FUNCTION(verifier_create);
    FUNCTION(verifier_check);
    FUNCTION(verifier_status);
} l;

static void find(const char *name, void *place) {
    void *symbol = dlsym(l.library, name);
    CHECK(symbol != NULL);
    memcpy(place, &symbol, sizeof symbol);
}
#define FIND(name) find("countersign_" #name, &l.name)

static void open_library(const char *path) {
    l.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (l.library == NULL) fprintf(stderr, "%s\n", dlerror());
    CHECK(l.library != NULL);
    FIND(free), FIND(keyring_new), FIND(settings_new), FIND(context_begin);
    FIND(verifier_open), FIND(verifier_create), FIND(verifier_check), FIND(verifier_status);
}

static int is_mapped(void) {
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) found |= strstr(line, "libcountersign") != NULL;
    fclose(maps);
    return found;
}

static countersign_verifier *verifier;
static int32_t expected;

static void *check(void *unused) {
    (void)unused;
    countersign_context *context = NULL;
    int32_t outcome = 99;
    OK(l.context_begin(NULL, COUNTERSIGN_CHANNEL_WEB, &context));
    CHECK(l.verifier_check(verifier, TEXT("anna"), COUNTERSIGN_FACTOR_TOTP, TEXT("123456"), context, &outcome, NULL) == expected);
    OK(l.free(context));
    return NULL;
}

static pthread_barrier_t used, unloaded;

// A thread that uses the library, and outlives it.
static void *outlive(void *unused) {
    check(unused);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&unloaded);
    return NULL;
}

// Opens a verifier, uses it on another thread, and frees all.
static void use(const char *location, int32_t result, void *(*on)(void *), pthread_t *thread) {
    static const uint8_t key[32] = "0123456789012345678901234567890";
    static const char form[] = "{\"realm\": \"bank\"}";
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    expected = result;
    OK(l.keyring_new(NULL, 1, key, 32, 1, key, 32, &keyring));
    OK(l.settings_new(NULL, TEXT(form), keyring, &settings));
    OK(l.verifier_open(NULL, settings, TEXT(location), NULL, &verifier));
    CHECK(pthread_create(thread, NULL, on, NULL) == 0);
    if (on == check) CHECK(pthread_join(*thread, NULL) == 0);
    else pthread_barrier_wait(&used);
    OK(l.free(verifier));
    OK(l.free(settings));
    OK(l.free(keyring));
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    char path[512];
    pthread_t thread;
    snprintf(path, sizeof path, "%s/reload.db", arguments[2]);
    for (int round = 0; round < 3; round++) {
        open_library(arguments[1]);
        use(path, COUNTERSIGN_OK, check, &thread);
        CHECK(is_mapped());
        CHECK(dlclose(l.library) == 0);
        CHECK(!is_mapped());
    }

    // A thread of the host ends after the library is closed.
    CHECK(pthread_barrier_init(&used, NULL, 2) == 0 && pthread_barrier_init(&unloaded, NULL, 2) == 0);
    open_library(arguments[1]);
    use(path, COUNTERSIGN_OK, outlive, &thread);
    CHECK(dlclose(l.library) == 0);
    pthread_barrier_wait(&unloaded);
    CHECK(pthread_join(thread, NULL) == 0);

    // A thread of the library looks the name up, and nobody waits for it. So the library stays.
    open_library(arguments[1]);
    use("postgres://nobody@localhost:1/none", COUNTERSIGN_ERROR_STORE, check, &thread);
    CHECK(dlclose(l.library) == 0);
    CHECK(is_mapped());
    open_library(arguments[1]);
    use(path, COUNTERSIGN_OK, check, &thread);
    CHECK(dlclose(l.library) == 0);
    return 0;
}
