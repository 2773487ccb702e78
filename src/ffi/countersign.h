// The C interface
//
// The header is `countersign.h`, with `countersign.hpp` for C++17. Both come with the feature `ffi`. This page is the whole contract. It stands in the header, too.
//
// Names. A function is named after its object and what it does: `countersign_totp_check`. Numbers and constants begin with
// `COUNTERSIGN_`. Words are those of the Rust library, of RFC 4226, 6238 and 6287, and of SP 800-63B.
//
// Results. A function that can fail returns a `countersign_result`. `COUNTERSIGN_OK` is 0. Each other number is an error that never
// changes its meaning. `countersign_strerror` says what a number means. A wrong code is not an error: it is an outcome, in an output.
//
// Error texts. An object keeps the text of its last error: `countersign_last_error`. It names field, rule and way out, and holds no
// secret. A call that makes an object takes a `countersign_error` first. It may be null: then the text is lost. Texts are kept by
// object, not by thread. If threads share an object, the text is of the last error of any of them.
//
// Order. Inputs first, outputs last. Outputs are written on success alone. `COUNTERSIGN_ERROR_BUFFER_TOO_SMALL` writes the length that
// is needed, and nothing else.
//
// Null. An object, an output and a function must not be null, unless its function says so. Bytes and texts may be null if their length
// is 0. Errors name what is null.
//
// Texts and bytes. An input is a pointer and a length in bytes. A text is UTF-8, and needs no NUL. No input is longer than 2^30 bytes.
//
// Buffers. A result of varying length is written into a buffer of yours. The length is an input and an output: how many bytes have
// room, then how many were written. If the buffer is null, the call writes the length that is needed, and returns `COUNTERSIGN_OK`. A
// text ends with NUL, which counts. No output may overlap an input or another output. A call that changes something gives its
// result as an object instead: it is not to be repeated for a length.
//
// Ownership. What a call gives as an object is yours. Free it by `countersign_free`, whatever its kind. Freeing wipes secrets. What
// a call takes stays yours: it is read, and copied if it is kept. An object may be freed before others that were made with it.
//
// Handles. A handle is checked for its kind before it is used: null, another kind and, most often, a freed one are errors.
// `countersign_free` knows which objects live, so it refuses to free one twice, or what is no object. To use an object after it was freed is
// undefined, as it is for all of C.
//
// Threads. Every object may be used by several threads at once, and freed by one of them when no other uses it.
//
// Fork. An object without a store may be used after a fork. A verifier is of the process that opened it. After a fork, each of its calls
// returns `COUNTERSIGN_ERROR_FORKED`: open another one. If other threads run, a forked child may call `exec` or `_exit` and nothing else
// (POSIX).
//
// Panics. No panic of Rust leaves a call. It becomes `COUNTERSIGN_ERROR_PANIC`. Free the objects of that call then, and report the bug.
//
// Callbacks. A callback may come from any thread that calls the library, and from several at once. It must return, and must not throw:
// an exception of C++ that leaves it ends the process. What it is given stands until it returns. It may call functions of
// other objects. It must not call a function of the object that calls it.
//
// Save, then know. A check of a single authenticator writes its verdict after the next state is stored. You store it in a
// `countersign_save`: a compare-and-swap of the state that you gave. So nobody can use a code twice between check and write.
//
// Secrets. Keys and codes that the library holds are wiped when their object is freed, and when a call fails. Buffers of yours are yours
// to wipe.
//
// Versions. `COUNTERSIGN_VERSION` is the version of the header, `countersign_version()` that of the library that runs. Functions,
// numbers and struct layouts of this header are stable from version 1 on. Symbols have the version `COUNTERSIGN_0` until then.
// A new version may add functions and numbers: treat a number that you do not know as an error, and never as an acceptance.

#ifndef COUNTERSIGN_H
#define COUNTERSIGN_H

#include <stddef.h>
#include <stdint.h>

#define COUNTERSIGN_VERSION "0.1.0"
#define COUNTERSIGN_VERSION_MAJOR 0
#define COUNTERSIGN_VERSION_MINOR 1
#define COUNTERSIGN_VERSION_PATCH 0

// The call did what it should. Only then it has written its outputs.
#define COUNTERSIGN_OK 0

// A pointer is null that must not be, or a length stands without its pointer.
#define COUNTERSIGN_ERROR_NULL 1

// A handle is not one, is of another kind, or was freed.
#define COUNTERSIGN_ERROR_HANDLE 2

// A length is more than the call takes, or reaches past the end of memory.
#define COUNTERSIGN_ERROR_LENGTH 3

// A text is not UTF-8.
#define COUNTERSIGN_ERROR_NOT_UTF8 4

// A buffer is too small. Its length says how many bytes are needed. Nothing was written, and nothing was done.
#define COUNTERSIGN_ERROR_BUFFER_TOO_SMALL 5

// An output overlaps an input, or another output.
#define COUNTERSIGN_ERROR_OVERLAP 6

// A number stands for nothing that the call knows.
#define COUNTERSIGN_ERROR_UNKNOWN_NUMBER 7

// A JSON text has not the form that the call takes.
#define COUNTERSIGN_ERROR_JSON 8

// The library was built without the feature that the call needs.
#define COUNTERSIGN_ERROR_NOT_BUILT 9

// The process is a fork of the one that opened the handle. Open another one here.
#define COUNTERSIGN_ERROR_FORKED 10

// A callback of the host failed, or gave what it may not give.
#define COUNTERSIGN_ERROR_CALLBACK 11

// Another writer was faster. Nothing was told. Load the present state and call again.
#define COUNTERSIGN_ERROR_CONFLICT 12

// The library has a bug: it stopped in the middle. Free the handles of the call, and report it.
#define COUNTERSIGN_ERROR_PANIC 13

// The caller gave something that a rule forbids. The text of the error names the rule.
#define COUNTERSIGN_ERROR_BAD_INPUT 20

// The subject has an account already. A sign-up stops here.
#define COUNTERSIGN_ERROR_ALREADY_EXISTS 21

// The subject has no account.
#define COUNTERSIGN_ERROR_UNKNOWN_SUBJECT 22

// The subject is suspended.
#define COUNTERSIGN_ERROR_SUSPENDED 23

// The settings lack what the call needs.
#define COUNTERSIGN_ERROR_MISSING_SETTING 24

// The keyring lacks a key, or has another one under its number.
#define COUNTERSIGN_ERROR_MISSING_KEY 25

// Stored bytes are truncated, altered, or from another subject, key or version.
#define COUNTERSIGN_ERROR_CORRUPT 26

// A store, an audit trail or the random generator failed. Whether a write took place is unknown.
#define COUNTERSIGN_ERROR_STORE 27

// An error that has no number yet. Its text says which.
#define COUNTERSIGN_ERROR_OTHER 28

// An answer of `countersign_save`: the state is stored.
#define COUNTERSIGN_SAVE_STORED 0

// An answer of `countersign_save`: the stored state is not the one that was loaded. Nothing is stored.
#define COUNTERSIGN_SAVE_CONFLICT 1

// It is right, and it counts this once.
#define COUNTERSIGN_VERDICT_ACCEPTED 0

// It is wrong. The caller counts it.
#define COUNTERSIGN_VERDICT_WRONG 1

// It is right, and was accepted before. Say the same as for a wrong one.
#define COUNTERSIGN_VERDICT_REPLAYED 2

// Its time is over. Say the same as for a wrong one.
#define COUNTERSIGN_VERDICT_EXPIRED 3

// Nothing is compared: a counter is at its end, or a memorable word has no letters left. Enrol it again.
#define COUNTERSIGN_VERDICT_EXHAUSTED 4

// No code or question waits for it.
#define COUNTERSIGN_VERDICT_NOTHING_OPEN 5

// Its check digit is wrong: it was misread. Ask again.
#define COUNTERSIGN_VERDICT_INVALID_CHECK_DIGIT 6

// It is a private code on a channel that reveals it to the host.
#define COUNTERSIGN_VERDICT_PRIVATE_CODE_TOLD 7

// HMAC-SHA-1, which every app and token understands.
#define COUNTERSIGN_ALGORITHM_SHA1 1

// HMAC-SHA-256.
#define COUNTERSIGN_ALGORITHM_SHA256 2

// HMAC-SHA-512.
#define COUNTERSIGN_ALGORITHM_SHA512 3

// Keeps the text of an error, for calls that make an object.
typedef struct countersign_error countersign_error;

// The keys of a host: root keys that seal and open, and the long-term secret that hashes and blind indexes rest on.
typedef struct countersign_keyring countersign_keyring;

// An authenticator app's secret and settings (RFC 6238).
typedef struct countersign_totp countersign_totp;

// The result of a call: `COUNTERSIGN_OK`, or the number of an error.
typedef int32_t countersign_result;

// Stores the next state, if the stored one is still the one that was loaded. Returns `COUNTERSIGN_SAVE_STORED` or
// `COUNTERSIGN_SAVE_CONFLICT`. Each other number means that it failed.
//
// `user` is what the call was given. The bytes stand until this returns. No exception of C++ may leave it.
typedef int32_t (*countersign_save)(void *user, const uint8_t *state, size_t state_length);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes an object that keeps the text of an error. Give it to calls that make other objects. Free it by `countersign_free`.
//
// # Safety
// `to` is null or may be written.
countersign_result countersign_error_new(countersign_error **to);

// Writes the text of the last call of this object that failed. It is empty if none has failed.
//
// `handle` is any object. The text names field, rule and the way out, and holds no secret. If threads share the object, it is
// the last error of any of them.
//
// # Safety
// `handle` is null or an object that lives. `text` and `length` are null or may be written.
countersign_result countersign_last_error(const void *handle,
                                          char *text,
                                          size_t *length);

// Frees an object of any kind, and wipes the secrets it holds. Null is nothing to free.
//
// A pointer that is no object, or was freed before, is an error: objects that live are listed.
//
// # Safety
// No call uses the object any more.
countersign_result countersign_free(void *handle);

// Returns what a result number means, as an English text that is never freed. It is not null.
//
// The text of one error, with field, rule and way out, is `countersign_last_error`.
const char *countersign_strerror(countersign_result result);

// The version of the library that runs, as a text that is never freed: compare it with `COUNTERSIGN_VERSION`.
const char *countersign_version(void);

// Compares two byte strings, in a time that depends on their lengths alone. `equal` is 1 if they are equal, and 0 if not.
//
// # Safety
// `a` and `b` are null or lead to so many bytes. `equal` is null or may be written.
countersign_result countersign_ct_eq(const uint8_t *a,
                                     size_t a_length,
                                     const uint8_t *b,
                                     size_t b_length,
                                     int32_t *equal);

// Draws a keyring of one root key and one long-term secret, each with the number 1.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_keyring_generate(const countersign_error *error, countersign_keyring **to);

// Reads the bytes of `countersign_keyring_bytes`.
//
// # Safety
// `error` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_keyring_from_bytes(const countersign_error *error,
                                                  const uint8_t *data,
                                                  size_t data_length,
                                                  countersign_keyring **to);

// Writes the keys as bytes, which are as secret as the keys. Keep them in a key store, never beside the records.
//
// # Safety
// `keyring` is null or a handle that lives. `data` and `data_length` are null or may be written.
countersign_result countersign_keyring_bytes(const countersign_keyring *keyring, uint8_t *data, size_t *data_length);

// Draws a fresh secret of 160 bits, for SHA-1, six digits and 30 seconds. Every app understands these.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_totp_generate(const countersign_error *error, countersign_totp **to);

// Takes a secret that exists already: 16 to 128 bytes (RFC 4226 4). Digits are 6 to 8. A period is 1 to 120 seconds.
//
// # Safety
// `error` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_totp_new(const countersign_error *error,
                                        const uint8_t *secret,
                                        size_t secret_length,
                                        int32_t algorithm,
                                        uint32_t digits,
                                        uint32_t period,
                                        countersign_totp **to);

// Writes the code of the step at `now`, which is Unix time in seconds.
//
// # Safety
// `totp` is null or a handle that lives. `code` and `code_length` are null or may be written.
countersign_result countersign_totp_code_at(const countersign_totp *totp, int64_t now, char *code, size_t *code_length);

// Checks a code at `now`, and claims its step. The verdict is written once `save` has stored the next state.
//
// `save` is not called for a code that is refused: it changes nothing, and the caller counts it.
//
// # Safety
// `totp` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
// written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_totp_check(const countersign_totp *totp,
                                          const uint8_t *state,
                                          size_t state_length,
                                          const char *code,
                                          size_t code_length,
                                          int64_t now,
                                          countersign_save save,
                                          void *user,
                                          int32_t *verdict);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COUNTERSIGN_H */
