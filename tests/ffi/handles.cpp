// The C++ header: handles that free themselves, errors as exceptions, views.

#include "countersign.hpp"

#include "check.h"

static const std::uint8_t SECRET[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'};

static void compares() {
    CHECK(countersign::ct_eq(SECRET, SECRET));
    CHECK(!countersign::ct_eq(SECRET, countersign::bytes_view(SECRET, 3)));
    CHECK(countersign::ct_eq({}, std::vector<std::uint8_t>()));
}

static void an_app() {
    auto made = countersign::make<countersign_totp>(countersign_totp_new, SECRET, sizeof SECRET, COUNTERSIGN_ALGORITHM_SHA1, 6u, 30u);
    countersign::totp totp = std::move(made);
    CHECK(totp && !made);
    auto code = countersign::text(totp.get(), [&](char *text, std::size_t *length) {
        return countersign_totp_code_at(totp.get(), 59, text, length);
    });
    CHECK(code == "287082");
}

static void errors_are_thrown() {
    try {
        countersign::make<countersign_totp>(countersign_totp_new, SECRET, std::size_t{5}, COUNTERSIGN_ALGORITHM_SHA1, 6u, 30u);
        CHECK(!"no error");
    } catch (const countersign::error &error) {
        CHECK(error.number() == COUNTERSIGN_ERROR_BAD_INPUT);
        CHECK(std::string(error.what()).find("secret") != std::string::npos);
    }
    try {
        countersign::check(COUNTERSIGN_ERROR_STORE, nullptr);
        CHECK(!"no error");
    } catch (const countersign::error &error) {
        CHECK(std::string(error.what()) == countersign_strerror(COUNTERSIGN_ERROR_STORE));
    }
}

static void a_check(const char *place) {
    auto keyring = countersign::make<countersign_keyring>(countersign_keyring_generate);
    const std::string form = R"({"realm": "bank"})";
    auto settings = countersign::make<countersign_settings>(countersign_settings_new, form.data(), form.size(), keyring.get());
    const std::string location = place;
    auto verifier = countersign::make<countersign_verifier>(countersign_verifier_open, settings.get(), location.data(), location.size(), nullptr);
    auto visit = countersign::make<countersign_context>(countersign_context_begin, COUNTERSIGN_CHANNEL_WEB);
    const std::string_view anna = "C-1042";
    verifier.check(countersign_verifier_create(verifier.get(), anna.data(), anna.size(), visit.get()));
    auto outcome = countersign::check_attempt(verifier, anna, COUNTERSIGN_FACTOR_TOTP, "123456", visit);
    CHECK(!outcome.accepted() && outcome.number == COUNTERSIGN_OUTCOME_DENIED);
    try {
        verifier.check(countersign_verifier_create(verifier.get(), anna.data(), anna.size(), visit.get()));
        CHECK(!"no error");
    } catch (const countersign::error &error) {
        CHECK(error.number() == COUNTERSIGN_ERROR_ALREADY_EXISTS);
    }
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    compares();
    an_app();
    errors_are_thrown();
    a_check(arguments[1]);
    return 0;
}
