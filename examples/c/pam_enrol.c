// Enrols a user for `pam_countersign`: a password, an app, and recovery codes to print.
//
//     cc -std=c11 -o pam_enrol pam_enrol.c $(pkg-config --cflags --libs countersign)
//     pam_enrol /var/lib/countersign/pam.db /etc/countersign/pam.keys anna
//
// It asks for a password, shows the key of the app as a QR code, and asks for the app's first code. The file of keys is made if
// there is none. Run it as the user whom the module runs as, which is root.

#define _DEFAULT_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <termios.h>

#include "pam_countersign.h"

static countersign_error *error;

// Ends at the first call that fails, and says why.
static void ok(int32_t result, const void *object) {
    char why[512] = "";
    size_t length = sizeof why;
    if (result == COUNTERSIGN_OK) return;
    countersign_last_error(object, why, &length);
    fprintf(stderr, "pam_enrol: %s\n", why[0] != 0 ? why : countersign_strerror(result));
    exit(1);
}

static void must(int holds, const char *why) {
    if (holds) return;
    fprintf(stderr, "pam_enrol: %s\n", why);
    exit(1);
}

// Reads a line, which is not shown.
static void ask(const char *prompt, char *line, size_t room) {
    struct termios usual, quiet;
    int is_terminal = tcgetattr(STDIN_FILENO, &usual) == 0;
    printf("%s", prompt);
    fflush(stdout);
    if (is_terminal) {
        quiet = usual;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    // Without a buffer of its own, the stream keeps no copy.
    setvbuf(stdin, NULL, _IONBF, 0);
    char *read = fgets(line, (int)room, stdin);
    if (is_terminal) tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
    must(read != NULL && strchr(line, '\n') != NULL, "a line is missing, or is too long");
    line[strcspn(line, "\n")] = 0;
    printf("\n");
}

// Makes a file of new keys, unless there is one.
static void make_keys(const char *path) {
    uint8_t bytes[LONGEST_KEYS];
    size_t length = sizeof bytes;
    countersign_keyring *keyring = NULL;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) return;
    must(file >= 0, strerror(errno));
    ok(countersign_keyring_generate(error, &keyring), error);
    ok(countersign_keyring_bytes(keyring, bytes, &length), keyring);
    must(write(file, bytes, length) == (ssize_t)length && fsync(file) == 0 && close(file) == 0, strerror(errno));
    explicit_bzero(bytes, sizeof bytes);
    countersign_free(keyring);
}

static void show_key(const countersign_totp *totp, const char *user) {
    countersign_key_uri *uri = NULL;
    char text[8192];
    size_t length = sizeof text;
    ok(countersign_totp_key_uri(totp, "countersign", strlen("countersign"), user, strlen(user), &uri), totp);
    // The library may be built without QR codes.
    if (countersign_key_uri_qr_text(uri, text, &length) == COUNTERSIGN_OK) printf("%s\n", text);
    length = sizeof text;
    ok(countersign_key_uri_text(uri, text, &length), uri);
    printf("%s\n", text);
    explicit_bzero(text, sizeof text);
    countersign_free(uri);
}

int main(int count, char **arguments) {
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    countersign_verifier *verifier = NULL;
    countersign_context *context = NULL;
    countersign_totp *totp = NULL;
    countersign_text *codes = NULL;
    char password[512], code[64];
    const char *shown = NULL;
    size_t length = 0;
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    must(count == 4, "name the store, the file of keys and the user");
    const char *store = arguments[1], *user = arguments[3];

    ok(countersign_error_new(&error), NULL);
    make_keys(arguments[2]);
    const char *why = read_keys(arguments[2], &keyring);
    must(why == NULL, why);
    ok(countersign_settings_new(error, SETTINGS, strlen(SETTINGS), keyring, &settings), error);
    ok(countersign_verifier_open(error, settings, store, strlen(store), NULL, &verifier), error);
    ok(countersign_context_begin(error, COUNTERSIGN_CHANNEL_DEVICE, &context), error);
    ok(countersign_verifier_create(verifier, user, strlen(user), context), verifier);

    ask("New password: ", password, sizeof password);
    ok(countersign_verifier_change(verifier, user, strlen(user), COUNTERSIGN_CHANGE_SET_PASSWORD, password, strlen(password),
                                   COUNTERSIGN_BY_HOST, NULL, context, &outcome, NULL),
       verifier);
    explicit_bzero(password, sizeof password);
    must(outcome == COUNTERSIGN_OUTCOME_ACCEPTED, "the password was not taken");

    ok(countersign_totp_generate(error, &totp), error);
    ok(countersign_verifier_add_totp(verifier, user, strlen(user), totp, COUNTERSIGN_BY_HOST, NULL, context, &outcome, NULL),
       verifier);
    show_key(totp, user);
    ask("Code of the app: ", code, sizeof code);
    ok(countersign_verifier_change(verifier, user, strlen(user), COUNTERSIGN_CHANGE_CONFIRM_TOTP, code, strlen(code),
                                   COUNTERSIGN_BY_HOST, NULL, context, &outcome, NULL),
       verifier);
    must(outcome == COUNTERSIGN_OUTCOME_ACCEPTED, "the code was wrong: erase the user, and begin again");

    ok(countersign_verifier_generate_recovery_codes(verifier, user, strlen(user), COUNTERSIGN_RECOVERY_DEFAULT_COUNT,
                                                    COUNTERSIGN_BY_HOST, NULL, context, &codes),
       verifier);
    ok(countersign_text_data(codes, &shown, &length), codes);
    printf("%.*s\n", (int)length, shown);

    countersign_free(codes);
    countersign_free(totp);
    countersign_free(context);
    countersign_free(verifier);
    countersign_free(settings);
    countersign_free(keyring);
    countersign_free(error);
    return 0;
}
