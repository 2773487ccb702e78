// The desk of a contact centre in C++17: it verifies a caller in the SQLite file of the Rust example `contact_center`.
//
//     verify_caller DATABASE [FOLDER]
//
// FOLDER has the bank's settings.json and policy.toml [default: examples/contact_center]. The desk in C, ../c/verify_caller.c,
// does more, and says why. Here objects free themselves, and errors are exceptions.

#include <countersign.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view MAYA = "C-1042";
constexpr std::int64_t DAY = 86400;

std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read (run `cargo run --example contact_center` first)");
    return {std::istreambuf_iterator<char>(file), {}};
}

// What the library asks of this program, and tells it. Neither function may throw.
struct host {
    std::int64_t now = 0;
    std::string trail;
};

extern "C" std::int32_t now(void *user, std::int64_t *to) {
    *to = static_cast<const host *>(user)->now;
    return COUNTERSIGN_CALLBACK_DONE;
}

extern "C" std::int32_t audit(void *user, const char *event, std::size_t length) {
    try {
        const std::string_view json(event, length);
        const auto part = [&](const char *pointer) { return countersign::json_get(json, pointer).value_or(""); };
        const std::string reason = part("/reason");
        static_cast<host *>(user)->trail = part("/kind") + " " + part("/factor") + (reason.empty() ? "" : " (" + reason + ")");
        return COUNTERSIGN_CALLBACK_DONE;
    } catch (...) {
        return 0; // no event, no pass
    }
}

class desk {
public:
    desk(const std::string &database, const std::string &folder) {
        const std::string keys = read_file(database + ".key");
        if (keys.size() != 2 * COUNTERSIGN_KEY_LENGTH) throw std::runtime_error("the key file must hold 64 bytes");
        read_file(database); // the library would make a new file
        const auto *root = reinterpret_cast<const std::uint8_t *>(keys.data());
        constexpr std::size_t half = COUNTERSIGN_KEY_LENGTH;
        const auto keyring = countersign::make<countersign_keyring>(countersign_keyring_new, 1u, root, half, 1u, root + half, half);
        const std::string form = read_file(folder + "/settings.json"), rules = read_file(folder + "/policy.toml");
        const auto settings =
            countersign::make<countersign_settings>(countersign_settings_new, form.data(), form.size(), keyring.get());
        policy_ = countersign::make<countersign_policy>(countersign_policy_from_toml, rules.data(), rules.size());
        countersign_callbacks callbacks{};
        callbacks.size = sizeof callbacks;
        callbacks.user = &host_;
        callbacks.now = now;
        callbacks.audit = audit;
        verifier_ = countersign::make<countersign_verifier>(countersign_verifier_open, settings.get(), database.data(),
                                                            database.size(), &callbacks);
        read_story(database + ".story");
    }
    desk(const desk &) = delete; // the callbacks lead to this object
    desk &operator=(const desk &) = delete;

    void maya_asks_for_her_balance() {
        pass(60);
        say("Maya calls: \"What is my balance, please?\"");
        const auto call = begin_call();
        const bool allowed = until_allowed(call);
        say(allowed ? "\"1,204.50 pounds.\"" : "\"I am sorry, I cannot do that for you now.\"");
        hang_up(call);
    }

    void the_impostor_repeats_her_code() {
        say("The IMPOSTOR sits near her, and reads the code that her app shows.");
        const auto call = begin_call();
        give_app_code(call);
        hang_up(call);
    }

private:
    host host_;
    countersign::policy policy_;
    countersign::verifier verifier_;
    countersign::totp app_; // on Maya's telephone: a bank does not have it

    // Reads where the story stands, and takes the next minutes for this desk. The file has two lines: `now` and `app`.
    void read_story(const std::string &path) {
        std::fstream file(path);
        std::string now_word, app_word, uri;
        if (!(file >> now_word >> host_.now >> app_word >> uri)) throw std::runtime_error(path + ": has no `now` and `app`");
        host_.now = std::max(host_.now, host_.now - host_.now % DAY + 17 * 3600 + 50 * 60);
        file.seekp(0);
        file << "now " << host_.now + 6 * 60 << std::flush;
        const auto key = countersign::make<countersign_key_uri>(countersign_key_uri_parse, uri.data(), uri.size());
        app_ = countersign::make<countersign_totp>(countersign_totp_from_key_uri, key.get());
    }

    std::string clock_of(std::int64_t moment) const {
        char text[16];
        std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(moment / 3600 % 24), static_cast<int>(moment / 60 % 60));
        return moment / DAY == host_.now / DAY ? text : std::string(text) + " on another day";
    }

    void pass(std::int64_t seconds) { host_.now += seconds; }

    void say(std::string_view text) const { std::cout << clock_of(host_.now) << "  " << text << '\n'; }

    countersign::context begin_call() const {
        return countersign::make<countersign_context>(countersign_context_begin, COUNTERSIGN_CHANNEL_AGENT);
    }

    void hang_up(const countersign::context &call) const {
        verifier_.check(countersign_verifier_end(verifier_.get(), MAYA.data(), MAYA.size(), call.get()));
    }

    // Prints what the caller is told. The caller never hears why it was denied: that is in the audit trail.
    void tell(std::string_view what, const countersign::outcome &outcome) const {
        std::string told = outcome.accepted() ? "accepted" : "denied";
        if (outcome.number == COUNTERSIGN_OUTCOME_LOCKED) {
            told = outcome.until == COUNTERSIGN_NEVER ? "locked" : "locked until " + clock_of(outcome.until);
        }
        std::cout << "         " << what << ": " << told << ", audit: " << host_.trail << '\n';
    }

    bool give_app_code(const countersign::context &call) const {
        const std::string code = countersign::text(app_.get(), [&](char *to, std::size_t *length) {
            return countersign_totp_code_at(app_.get(), host_.now, to, length);
        });
        const auto outcome = countersign::check_attempt(verifier_, MAYA, COUNTERSIGN_FACTOR_TOTP, code, call);
        tell("app code", outcome);
        return outcome.accepted();
    }

    // Sends a code, and gives it back as Maya reads it.
    bool give_sent_code(const countersign::context &call) const {
        constexpr std::string_view order = R"({"code": "spoken", "message": {"from": "Harbour Bank"}})";
        countersign::outcome outcome{0, 0};
        const std::string delivery = countersign::given(verifier_.get(), [&](countersign_text **to) {
            return countersign_verifier_issue(verifier_.get(), MAYA.data(), MAYA.size(), order.data(), order.size(), nullptr,
                                              call.get(), &outcome.number, &outcome.until, to);
        });
        const std::string message = countersign::json_get(delivery, "/parcel/message").value_or("");
        if (message.empty()) {
            tell("no code", outcome);
            return false;
        }
        std::cout << "         SMS: " << message << '\n';
        const std::size_t begin = message.find(": ") + 2, end = message.find(" is your code");
        const std::string_view code = std::string_view(message).substr(begin, end - begin);
        outcome = countersign::check_attempt(verifier_, MAYA, COUNTERSIGN_FACTOR_SPOKEN_CODE, code, call);
        tell("sent code", outcome);
        return outcome.accepted();
    }

    // Asks for what the policy requires, until it allows the action.
    bool until_allowed(const countersign::context &call) {
        constexpr std::string_view request = R"({"action": "balance.read"})";
        for (int asked = 0; asked < 2; ++asked) {
            std::int32_t answer = COUNTERSIGN_ANSWER_NO;
            const std::string decision = countersign::given(verifier_.get(), [&](countersign_text **details) {
                return countersign_verifier_authorize(verifier_.get(), policy_.get(), request.data(), request.size(), MAYA.data(),
                                                      MAYA.size(), call.get(), &answer, details);
            });
            if (answer == COUNTERSIGN_ANSWER_YES) return true;
            if (answer != COUNTERSIGN_ANSWER_STEP_UP) return false;
            std::cout << "         policy: step up: " << countersign::json_get(decision, "/options/0/text").value_or("") << '\n';
            pass(20);
            // A locked app is not among the factors.
            const bool app = countersign::json_get(decision, "/options/0/requirements/0/factors/0") == "totp";
            if (!(app ? give_app_code(call) : give_sent_code(call))) return false;
        }
        return false;
    }
};

} // namespace

int main(int count, char **arguments) {
    if (count < 2 || count > 3 || arguments[1][0] == '-') {
        std::cerr << "verify_caller: usage: verify_caller DATABASE [FOLDER]\n";
        return 1;
    }
    try {
        desk bank(arguments[1], count == 3 ? arguments[2] : "examples/contact_center");
        std::cout << "HARBOUR BANK: the desk in C++, countersign " << countersign_version() << ", on " << arguments[1] << "\n\n";
        bank.maya_asks_for_her_balance();
        bank.the_impostor_repeats_her_code();
        return 0;
    } catch (const std::exception &error) {
        std::cerr << "verify_caller: " << error.what() << '\n';
        return 1;
    }
}
