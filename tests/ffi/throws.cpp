// An exception of C++ that leaves a callback ends the process. It does not pass through the library, and no call goes on.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

#include "countersign.h"

#include "check.h"

namespace {

enum Thrower { NOBODY, LOAD, REPLACE, PURGE, NOW, AUDIT, SCAN, SAVE, IS_LISTED, LAST = IS_LISTED };
Thrower thrower = NOBODY;

std::int32_t answer(Thrower who, std::int32_t usual) {
    if (thrower == who) throw std::runtime_error("it must not");
    return usual;
}

std::int32_t load(void *, const std::uint8_t *, countersign_entry *) { return answer(LOAD, COUNTERSIGN_LOAD_NOTHING); }
std::int32_t replace(void *, const std::uint8_t *, const std::uint8_t *, const countersign_record *) {
    return answer(REPLACE, COUNTERSIGN_SAVE_STORED);
}
std::int32_t purge(void *, std::int64_t, std::uint64_t *) { return answer(PURGE, COUNTERSIGN_CALLBACK_DONE); }
std::int32_t now(void *, std::int64_t *moment) {
    *moment = 1764322921;
    return answer(NOW, COUNTERSIGN_CALLBACK_DONE);
}
std::int32_t audit(void *, const char *, std::size_t) { return answer(AUDIT, COUNTERSIGN_CALLBACK_DONE); }
std::int32_t scan(void *, const std::uint8_t *, std::size_t, std::uint8_t *, std::size_t *count) {
    *count = 0;
    return answer(SCAN, COUNTERSIGN_CALLBACK_DONE);
}
std::int32_t save(void *, const std::uint8_t *, std::size_t) { return answer(SAVE, COUNTERSIGN_SAVE_STORED); }
std::int32_t is_listed(void *, const char *, std::size_t) { return answer(IS_LISTED, COUNTERSIGN_NOT_LISTED); }

// Every callback is called.
void all_calls() {
    countersign_keyring *keyring = nullptr;
    countersign_settings *settings = nullptr;
    countersign_verifier *verifier = nullptr;
    countersign_context *context = nullptr;
    countersign_totp *totp = nullptr;
    countersign_password_rules *rules = nullptr;
    countersign_callbacks all{};
    all.size = sizeof all;
    all.load = load, all.replace = replace, all.purge = purge, all.now = now, all.audit = audit, all.scan = scan;
    const char realm[] = "{\"realm\": \"bank\"}";
    CHECK(countersign_keyring_generate(nullptr, &keyring) == COUNTERSIGN_OK);
    CHECK(countersign_settings_new(nullptr, realm, std::strlen(realm), keyring, &settings) == COUNTERSIGN_OK);
    CHECK(countersign_verifier_open(nullptr, settings, nullptr, 0, &all, &verifier) == COUNTERSIGN_OK);
    CHECK(countersign_context_begin(nullptr, COUNTERSIGN_CHANNEL_WEB, &context) == COUNTERSIGN_OK);
    CHECK(countersign_verifier_create(verifier, "anna", 4, context) == COUNTERSIGN_OK);
    std::uint64_t dropped = 0;
    CHECK(countersign_verifier_purge(verifier, &dropped) == COUNTERSIGN_OK);
    countersign_text *report = nullptr;
    CHECK(countersign_verifier_report(verifier, nullptr, 0, &report) == COUNTERSIGN_OK);
    CHECK(countersign_free(report) == COUNTERSIGN_OK);

    char code[16];
    std::size_t length = sizeof code;
    std::int32_t verdict = 99;
    CHECK(countersign_totp_generate(nullptr, &totp) == COUNTERSIGN_OK);
    CHECK(countersign_totp_code_at(totp, 1764322921, code, &length) == COUNTERSIGN_OK);
    CHECK(countersign_totp_check(totp, nullptr, 0, code, length - 1, 1764322921, save, nullptr, &verdict) == COUNTERSIGN_OK);
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    const char form[] = "{\"multi_factor\": true}";
    std::int32_t rejection = 99;
    CHECK(countersign_password_rules_new(nullptr, form, std::strlen(form), is_listed, nullptr, &rules) == COUNTERSIGN_OK);
    CHECK(countersign_password_rules_check(rules, "twelve purple", 13, &rejection) == COUNTERSIGN_OK);
    CHECK(rejection == COUNTERSIGN_REJECTION_NONE);
    for (void *object : {static_cast<void *>(rules), static_cast<void *>(totp), static_cast<void *>(context),
                         static_cast<void *>(verifier), static_cast<void *>(settings), static_cast<void *>(keyring)})
        CHECK(countersign_free(object) == COUNTERSIGN_OK);
}

}  // namespace

int main() {
    all_calls();
    for (int who = NOBODY + 1; who <= LAST; who++) {
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            thrower = static_cast<Thrower>(who);
            try {
                all_calls();
            } catch (...) {
                // It came through the library: what that left behind is undefined.
                _exit(1);
            }
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) std::fprintf(stderr, "callback %d: %d\n", who, status);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    return 0;
}
