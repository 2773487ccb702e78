// A PAM module: a password, and a code of an app or a printed recovery code. Tries are counted, and lock.
//
//     cc -std=c11 -fPIC -shared -o pam_countersign.so pam_countersign.c $(pkg-config --cflags --libs countersign) -lpam
//     auth required pam_countersign.so store=/var/lib/countersign/pam.db keys=/etc/countersign/pam.keys
//
// `pam_enrol.c` makes the file of keys, and enrols users. The store may also be a `redis://` or `postgres://` URL.
//
// What this module promises:
//
// - One code opens one session. If two sessions show it at once, in two processes, one of them is refused.
// - A name that does not exist is asked, refused and locked like one that does. Do not stack a module before it that says more.
// - Both answers are asked for before either is judged, and both are judged. No answer tells which of them was wrong.
// - An error allows nothing: without its keys or its store the module answers PAM_AUTHINFO_UNAVAIL.
// - What was typed is wiped. The audit trail goes to the system's log, without names.

#define _DEFAULT_SOURCE

#include <stdlib.h>
#include <syslog.h>

#define PAM_SM_AUTH
#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "pam_countersign.h"

// No code of an app is longer, with a blank in it. No recovery code is as short.
#define LONGEST_APP_CODE 9

struct login {
    pam_handle_t *pam;
    const char *user;
    countersign_error *error;
    countersign_verifier *verifier;
    countersign_policy *policy;
    countersign_context *context;
};

static int32_t to_log(void *pam, const char *event, size_t length) {
    pam_syslog(pam, LOG_INFO, "%.*s", (int)length, event);
    return COUNTERSIGN_CALLBACK_DONE;
}

// Writes why a call failed to the log, not to the user.
static int unavailable(const struct login *login, const void *object, const char *step, int32_t result) {
    char why[512] = "";
    size_t length = sizeof why;
    if (countersign_last_error(object, why, &length) != COUNTERSIGN_OK || why[0] == 0)
        strncpy(why, countersign_strerror(result), sizeof why - 1);
    pam_syslog(login->pam, LOG_ERR, "%s: %s", step, why);
    return PAM_AUTHINFO_UNAVAIL;
}

// The value of an argument `name=value`, or null.
static const char *argument(int count, const char **all, const char *name) {
    for (int i = 0; i < count; i++)
        if (strncmp(all[i], name, strlen(name)) == 0) return all[i] + strlen(name);
    return NULL;
}

static int open_store(struct login *login, const char *store, const char *keys) {
    countersign_keyring *keyring = NULL;
    countersign_settings *settings = NULL;
    countersign_callbacks callbacks = {.size = sizeof callbacks, .user = login->pam, .audit = to_log};
    const char *why = read_keys(keys, &keyring);
    if (why != NULL) {
        pam_syslog(login->pam, LOG_ERR, "%s: %s", keys, why);
        return PAM_AUTHINFO_UNAVAIL;
    }
    int32_t result = countersign_error_new(&login->error);
    if (result == COUNTERSIGN_OK)
        result = countersign_settings_new(login->error, SETTINGS, strlen(SETTINGS), keyring, &settings);
    if (result == COUNTERSIGN_OK)
        result = countersign_verifier_open(login->error, settings, store, strlen(store), &callbacks, &login->verifier);
    if (result == COUNTERSIGN_OK)
        result = countersign_policy_from_toml(login->error, POLICY, strlen(POLICY), &login->policy);
    // A login page is a client that is not enrolled, as a terminal is.
    if (result == COUNTERSIGN_OK)
        result = countersign_context_begin(login->error, COUNTERSIGN_CHANNEL_WEB, &login->context);
    countersign_free(settings);
    countersign_free(keyring);
    return result == COUNTERSIGN_OK ? PAM_SUCCESS : unavailable(login, login->error, store, result);
}

// Checks one answer. The number is an outcome, or -1 after an error.
static int32_t check(const struct login *login, int32_t factor, const char *answer) {
    int32_t outcome = COUNTERSIGN_OUTCOME_DENIED;
    int64_t until = 0;
    int32_t result = countersign_verifier_check(login->verifier, login->user, strlen(login->user), factor, answer,
                                                strlen(answer), login->context, &outcome, &until);
    // A name or an answer that no account can have.
    if (result == COUNTERSIGN_ERROR_BAD_INPUT || result == COUNTERSIGN_ERROR_NOT_UTF8) return COUNTERSIGN_OUTCOME_DENIED;
    if (result == COUNTERSIGN_OK && outcome != COUNTERSIGN_OUTCOME_BUSY) return outcome;
    if (result == COUNTERSIGN_OK) unavailable(login, NULL, "check", COUNTERSIGN_ERROR_BUSY);
    else unavailable(login, login->verifier, "check", result);
    return -1;
}

static int judge(const struct login *login, const char *password, const char *code) {
    const char request[] = "{\"action\": \"login\"}";
    int32_t answer = COUNTERSIGN_ANSWER_NO;
    int32_t factor = strlen(code) > LONGEST_APP_CODE ? COUNTERSIGN_FACTOR_RECOVERY_CODE : COUNTERSIGN_FACTOR_TOTP;
    int32_t first = check(login, COUNTERSIGN_FACTOR_PASSWORD, password);
    // Nobody passes now, so the code is not spent.
    if (first == COUNTERSIGN_OUTCOME_LOCKED) return PAM_MAXTRIES;
    // The outcome of the code is for the policy alone. It has another lock after a right password, so its lock is not told.
    int32_t second = check(login, factor, code);
    if (first < 0 || second < 0) return PAM_AUTHINFO_UNAVAIL;
    int32_t result = countersign_verifier_authorize(login->verifier, login->policy, request, strlen(request), login->user,
                                                    strlen(login->user), login->context, &answer, NULL);
    if (result == COUNTERSIGN_ERROR_BAD_INPUT || result == COUNTERSIGN_ERROR_NOT_UTF8) return PAM_AUTH_ERR;
    if (result != COUNTERSIGN_OK) return unavailable(login, login->verifier, "authorize", result);
    return answer == COUNTERSIGN_ANSWER_YES ? PAM_SUCCESS : PAM_AUTH_ERR;
}

// Wipes what was typed, and frees it.
static void forget(char *typed) {
    if (typed != NULL) explicit_bzero(typed, strlen(typed));
    free(typed);
}

static int authenticate(struct login *login, const char *store, const char *keys) {
    char *password = NULL, *code = NULL;
    int result = pam_prompt(login->pam, PAM_PROMPT_ECHO_OFF, &password, "Password: ");
    if (result == PAM_SUCCESS) result = pam_prompt(login->pam, PAM_PROMPT_ECHO_OFF, &code, "Code: ");
    if (result == PAM_SUCCESS && (password == NULL || code == NULL)) result = PAM_CONV_ERR;
    if (result == PAM_SUCCESS) result = open_store(login, store, keys);
    if (result == PAM_SUCCESS) result = judge(login, password, code);
    if (result == PAM_MAXTRIES) pam_error(login->pam, "Too many wrong tries. Wait, and try again.");
    forget(password);
    forget(code);
    countersign_free(login->context);
    countersign_free(login->policy);
    countersign_free(login->verifier);
    countersign_free(login->error);
    return result;
}

PAM_EXTERN int pam_sm_authenticate(pam_handle_t *pam, int flags, int count, const char **arguments) {
    struct login login = {.pam = pam};
    const char *store = argument(count, arguments, "store="), *keys = argument(count, arguments, "keys=");
    (void)flags;
    if (store == NULL || keys == NULL) {
        pam_syslog(pam, LOG_ERR, "the arguments `store=` and `keys=` are missing");
        return PAM_AUTHINFO_UNAVAIL;
    }
    int result = pam_get_user(pam, &login.user, NULL);
    return result == PAM_SUCCESS ? authenticate(&login, store, keys) : result;
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t *pam, int flags, int count, const char **arguments) {
    (void)pam, (void)flags, (void)count, (void)arguments;
    return PAM_SUCCESS;
}
