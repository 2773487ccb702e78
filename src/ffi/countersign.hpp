// countersign for C++17: handles that free themselves, texts and bytes as views, errors as exceptions.
//
// Nothing is compiled for it: each function here calls one function of countersign.h, whose contract holds. `get()` gives the
// pointer, for the functions that have no wrapper here.

#ifndef COUNTERSIGN_HPP
#define COUNTERSIGN_HPP

#include "countersign.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace countersign {

// An error of a call. `what()` names field, rule and way out, and holds no secret.
class error : public std::runtime_error {
public:
    error(countersign_result number, const std::string &text) : std::runtime_error(text), number_(number) {}
    // The result number: COUNTERSIGN_ERROR_...
    countersign_result number() const noexcept { return number_; }

private:
    countersign_result number_;
};

// Bytes of somebody else, like std::span<const std::uint8_t> of C++20.
class bytes_view {
public:
    constexpr bytes_view() noexcept = default;
    constexpr bytes_view(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
    bytes_view(const std::vector<std::uint8_t> &bytes) noexcept : data_(bytes.data()), size_(bytes.size()) {}
    template <std::size_t N> constexpr bytes_view(const std::uint8_t (&bytes)[N]) noexcept : data_(bytes), size_(N) {}
    constexpr const std::uint8_t *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    const std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

struct freed {
    void operator()(void *handle) const noexcept { countersign_free(handle); }
};

// Returns the text of the last error of an object, or what the number means.
inline std::string last_error(const void *handle, countersign_result number) {
    std::size_t length = 0;
    if (handle != nullptr && countersign_last_error(handle, nullptr, &length) == COUNTERSIGN_OK && length > 1) {
        std::string text(length, '\0');
        if (countersign_last_error(handle, &text[0], &length) == COUNTERSIGN_OK) {
            text.resize(length - 1);
            return text;
        }
    }
    return countersign_strerror(number);
}

} // namespace detail

// Throws if the result is an error. The object is the one whose call it was.
inline void check(countersign_result number, const void *object) {
    if (number != COUNTERSIGN_OK) {
        throw error(number, detail::last_error(object, number));
    }
}

// An object of the library, which is freed with this.
template <typename T> class handle {
public:
    handle() noexcept = default;
    explicit handle(T *pointer) noexcept : pointer_(pointer) {}
    T *get() const noexcept { return pointer_.get(); }
    explicit operator bool() const noexcept { return pointer_ != nullptr; }
    // Throws if a call of this object ended in an error.
    void check(countersign_result number) const { countersign::check(number, get()); }

private:
    std::unique_ptr<T, detail::freed> pointer_;
};

// Makes an object: `call` is a function of countersign.h that takes a countersign_error first and the place for the object
// last, and `arguments` are those between.
template <typename T, typename Call, typename... Arguments> handle<T> make(Call call, Arguments... arguments) {
    countersign_error *kept = nullptr;
    check(countersign_error_new(&kept), nullptr);
    handle<countersign_error> keeps(kept);
    T *made = nullptr;
    countersign::check(call(kept, arguments..., &made), kept);
    return handle<T>(made);
}

// Returns the text that a call writes into a buffer: `call` takes the buffer and its length.
template <typename Call> std::string text(const void *object, Call call) {
    std::size_t length = 0;
    check(call(nullptr, &length), object);
    std::string written(length, '\0');
    check(call(&written[0], &length), object);
    written.resize(length == 0 ? 0 : length - 1);
    return written;
}

// Returns the bytes that a call writes into a buffer: `call` takes the buffer and its length.
template <typename Call> std::vector<std::uint8_t> bytes(const void *object, Call call) {
    std::size_t length = 0;
    check(call(nullptr, &length), object);
    std::vector<std::uint8_t> written(length);
    check(call(written.data(), &length), object);
    written.resize(length);
    return written;
}

// Returns the text that a call gives as an object: `call` takes the place for a countersign_text. The object is freed, and so
// wiped. The string is yours to wipe.
template <typename Call> std::string given(const void *object, Call call) {
    countersign_text *made = nullptr;
    check(call(&made), object);
    const handle<countersign_text> keeps(made);
    const char *data = nullptr;
    std::size_t length = 0;
    if (made != nullptr) {
        keeps.check(countersign_text_data(made, &data, &length));
    }
    return std::string(data == nullptr ? "" : data, length);
}

// Takes the value that a JSON Pointer (RFC 6901) names out of a JSON text, or nothing if there is none.
inline std::optional<std::string> json_get(std::string_view json, std::string_view pointer) {
    const auto call = [&](char *value, std::size_t *length) {
        return countersign_json_get(nullptr, json.data(), json.size(), pointer.data(), pointer.size(), value, length);
    };
    std::size_t length = 0;
    if (call(nullptr, &length) == COUNTERSIGN_ERROR_JSON) {
        return std::nullopt;
    }
    return text(nullptr, call);
}

// Writes a text as JSON, with its quotes and escapes.
inline std::string json_quote(std::string_view plain) {
    return text(nullptr, [&](char *quoted, std::size_t *length) {
        return countersign_json_quote(nullptr, plain.data(), plain.size(), quoted, length);
    });
}

using keyring = handle<countersign_keyring>;
using settings = handle<countersign_settings>;
using context = handle<countersign_context>;
using policy = handle<countersign_policy>;
using totp = handle<countersign_totp>;
using verifier = handle<countersign_verifier>;

// Compares two byte strings, in a time that depends on their lengths alone.
inline bool ct_eq(bytes_view a, bytes_view b) {
    std::int32_t equal = 0;
    check(countersign_ct_eq(a.data(), a.size(), b.data(), b.size(), &equal), nullptr);
    return equal == 1;
}

// The outcome of a check, and when a lock ends or a busy verifier has time again.
struct outcome {
    std::int32_t number;
    std::int64_t until;
    bool accepted() const noexcept { return number == COUNTERSIGN_OUTCOME_ACCEPTED; }
};

// Checks an attempt that is one text: a code, a password, a PIN. The factor is a COUNTERSIGN_FACTOR_...
inline outcome check_attempt(const verifier &by, std::string_view subject, std::int32_t factor, std::string_view attempt,
                             const context &in) {
    outcome told{0, 0};
    by.check(countersign_verifier_check(by.get(), subject.data(), subject.size(), factor, attempt.data(), attempt.size(),
                                        in.get(), &told.number, &told.until));
    return told;
}

} // namespace countersign

#endif
