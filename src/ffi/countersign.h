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
// secret. A call without an object of its own takes a `countersign_error` first: such a call makes the first object. It may be null: then the text is lost. Texts are kept by
// object, not by thread. If threads share an object, the text is of the last error of any of them.
//
// Order. Inputs first, outputs last. Outputs are written on success alone. `COUNTERSIGN_ERROR_BUFFER_TOO_SMALL` writes the length that
// is needed, and nothing else.
//
// Null. An object, an output and a function must not be null, unless its function says so. Bytes and texts may be null if their length
// is 0. Errors name what is null.
//
// Texts and bytes. An input is a pointer and a length in bytes. A text is UTF-8, and needs no NUL. No input is longer than 2^30 bytes.
// A list is a pointer and a count: of `countersign_bytes`, which are bytes or texts, or of `countersign_field`.
//
// Buffers. A result of varying length is written into a buffer of yours. The length is an input and an output: how many bytes have
// room, then how many were written. If the buffer is null, the call writes the length that is needed, and returns `COUNTERSIGN_OK`. A
// text ends with NUL, which counts. No output may overlap an input or another output. A call that changes something gives its
// result as an object instead: it is not to be repeated for a length. Several values are an object, too: `countersign_values`.
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
// returns `COUNTERSIGN_ERROR_FORKED`: open another one. To free it is allowed: its connections are left to the parent. If other
// threads run, a forked child may call `exec` or `_exit` and nothing else (POSIX).
//
// Unloading. `dlclose` may unload the library when all objects are freed and no call runs. It may be loaded again. After a verifier over
// PostgreSQL it stays loaded, because the name of a server is looked up on a thread.
//
// Panics. No panic of Rust leaves a call. It becomes `COUNTERSIGN_ERROR_PANIC`. Free the objects of that call then, and report the bug.
//
// Callbacks. A callback may come from any thread that calls the library, and from several at once. It must return, and must not throw:
// an exception of C++ that leaves it ends the process. What it is given stands until it returns. It may call functions of
// other objects. It must not call a function of the object that calls it: a verifier answers that by `COUNTERSIGN_ERROR_CALLBACK`. The
// number 0 always means that it failed: many languages return 0 from a callback in which something went wrong.
//
// Answers of a verifier. The number 0 always allows nothing: denied, or no. A variable that nobody has written does not pass for a
// yes. What has many parts goes through JSON, by the forms of the documentation. `countersign_json_get` and `countersign_json_quote` are for
// programs without a library for JSON.
//
// Save, then know. A check of a single authenticator writes its verdict after the next state is stored. You store it in a
// `countersign_save`: a compare-and-swap of the state that you gave. So nobody can use a code twice between check and write.
//
// Secrets. Keys and codes that the library holds are wiped when their object is freed, and when a call fails. Buffers of yours are yours
// to wipe.
//
// Versions. `COUNTERSIGN_VERSION` is the version of the header, `countersign_version()` that of the library that runs. Functions,
// numbers and struct layouts of this header are stable from version 1 on. `cargo cinstall` gives symbols the version `COUNTERSIGN_0` until then.
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

// No permit to compute is free. Nothing was tried, and nothing counts: call again.
#define COUNTERSIGN_ERROR_BUSY 14

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

// The store does not have what the call needs. The text of the error names it.
#define COUNTERSIGN_ERROR_NOT_SUPPORTED 29

// The record is older than high water: the database was put back.
#define COUNTERSIGN_ERROR_PUT_BACK 30

// An answer of `countersign_save`: the state is stored.
#define COUNTERSIGN_SAVE_STORED 1

// An answer of `countersign_save`: the stored state is not the one that was loaded. Nothing is stored.
#define COUNTERSIGN_SAVE_CONFLICT 2

// It is wrong. The caller counts it. It is 0, so a verdict that nobody has set is a refusal.
#define COUNTERSIGN_VERDICT_WRONG 0

// It is right, and it counts this once.
#define COUNTERSIGN_VERDICT_ACCEPTED 1

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

// No. The reason is for the host and its trail, not for the caller.
#define COUNTERSIGN_ANSWER_NO 0

// Yes.
#define COUNTERSIGN_ANSWER_YES 1

// Not yet. The details have options, of which each would be enough.
#define COUNTERSIGN_ANSWER_STEP_UP 2

// Words: names, towns.
#define COUNTERSIGN_FORM_TEXT 1

// An e-mail address.
#define COUNTERSIGN_FORM_EMAIL 2

// A telephone number.
#define COUNTERSIGN_FORM_PHONE 3

// A day: `1984-02-29`.
#define COUNTERSIGN_FORM_DATE 4

// The bytes as they are: account numbers, identifiers.
#define COUNTERSIGN_FORM_EXACT 5

// The answer of `countersign_is_listed` that a word is not on the list.
#define COUNTERSIGN_NOT_LISTED 1

// An answer of `countersign_load`: there is a record, and `countersign_entry_set` was called for it.
#define COUNTERSIGN_LOAD_FOUND 1

// An answer of `countersign_load`: there is no record under this key.
#define COUNTERSIGN_LOAD_NOTHING 2

// The answer of `countersign_now`, `countersign_audit`, `countersign_purge` and `countersign_scan` that they have done it.
//
// It is not zero: many languages return zero from a callback in which an exception was thrown.
#define COUNTERSIGN_CALLBACK_DONE 1

// The most questions that are asked in one check.
#define COUNTERSIGN_MAX_QUESTIONS 16

// A call with an agent, who hears all that is said.
#define COUNTERSIGN_CHANNEL_AGENT 1

// Keys of a telephone: the host's IVR sees them.
#define COUNTERSIGN_CHANNEL_KEYPAD 2

// A chat, or a bot.
#define COUNTERSIGN_CHANNEL_CHAT 3

// The customer's own enrolled device.
#define COUNTERSIGN_CHANNEL_DEVICE 4

// A counter, with a clerk.
#define COUNTERSIGN_CHANNEL_COUNTER 5

// A page in a browser.
#define COUNTERSIGN_CHANNEL_WEB 6

// The code verifies the customer.
#define COUNTERSIGN_PURPOSE_AUTHENTICATE 1

// The code lets a customer back in who has lost an authenticator.
#define COUNTERSIGN_PURPOSE_RECOVER 2

// The code shows that an address is the customer's.
#define COUNTERSIGN_PURPOSE_CONFIRM_ADDRESS 3

// The code links a new device.
#define COUNTERSIGN_PURPOSE_BIND_AUTHENTICATOR 4

// A message for SMS.
#define COUNTERSIGN_MESSAGE_SMS 1

// A message for a call that reads it.
#define COUNTERSIGN_MESSAGE_VOICE 2

// A message for e-mail.
#define COUNTERSIGN_MESSAGE_EMAIL 3

// Adds an authenticator app, which waits for its first code. The text is its key URI, `otpauth://totp/..`.
#define COUNTERSIGN_CHANGE_ADD_TOTP 1

// Confirms the app that waits. The text is a code.
#define COUNTERSIGN_CHANGE_CONFIRM_TOTP 2

// Adds a token with a button, which waits for its first code. The text is its key URI, `otpauth://hotp/..`, with the counter.
#define COUNTERSIGN_CHANGE_ADD_HOTP 3

// Confirms the token that waits. The text is a code.
#define COUNTERSIGN_CHANGE_CONFIRM_HOTP 4

// Sets the memorable word.
#define COUNTERSIGN_CHANGE_SET_MEMORABLE_WORD 5

// Sets the password, by the rules of one that counts alone. The JSON form takes others.
#define COUNTERSIGN_CHANGE_SET_PASSWORD 6

// Sets the PIN, of six digits or more. The JSON form takes other rules.
#define COUNTERSIGN_CHANGE_SET_PIN 7

// Sets the telephone that codes go to. The text is a number with its country, `+49 30 123456`.
#define COUNTERSIGN_CHANGE_SET_PHONE 8

// Sets the e-mail address that recovery codes go to.
#define COUNTERSIGN_CHANGE_SET_EMAIL 9

// Sets the address that a code was sent to, if the text is this code.
#define COUNTERSIGN_CHANGE_CONFIRM_ADDRESS 10

// Removes all authenticators of a factor. The text is its name in a policy: `totp`, `password`, `private_code`.
#define COUNTERSIGN_CHANGE_REMOVE 11

// Unlocks a factor. The text is its name in a policy.
#define COUNTERSIGN_CHANGE_UNLOCK 12

// Denies everything until the subject is resumed. The text is empty.
#define COUNTERSIGN_CHANGE_SUSPEND 13

// Ends a suspension. The text is empty.
#define COUNTERSIGN_CHANGE_RESUME 14

// Removes all authenticators of a lost factor, so that a new one can be added. The text is its name in a policy.
#define COUNTERSIGN_CHANGE_RESET 15

// Voids evidence, grants, approvals, open codes, and changes that wait. The text is empty.
#define COUNTERSIGN_CHANGE_VOID_ALL 16

// In the place of a time: for ever. It is greater than each moment, so no comparison of times drops the record of a person.
#define COUNTERSIGN_NEVER INT64_MAX

// A code from an authenticator app (RFC 6238).
#define COUNTERSIGN_FACTOR_TOTP 1

// A code from a token with a button (RFC 4226).
#define COUNTERSIGN_FACTOR_HOTP 2

// The answer of a token or app to a challenge (RFC 6287).
#define COUNTERSIGN_FACTOR_OCRA 3

// A delivered code that the customer tells to no person.
#define COUNTERSIGN_FACTOR_PRIVATE_CODE 4

// A delivered code that is read to an agent, or keyed in on a phone.
#define COUNTERSIGN_FACTOR_SPOKEN_CODE 5

// A code from a list that the customer keeps.
#define COUNTERSIGN_FACTOR_RECOVERY_CODE 6

// A recovery code that was sent when it was needed.
#define COUNTERSIGN_FACTOR_ISSUED_RECOVERY_CODE 7

// A code that links a new device to the account.
#define COUNTERSIGN_FACTOR_BINDING_CODE 8

// Knowledge questions.
#define COUNTERSIGN_FACTOR_QUESTIONS 9

// Letters of a memorable word.
#define COUNTERSIGN_FACTOR_MEMORABLE_WORD 10

// A password.
#define COUNTERSIGN_FACTOR_PASSWORD 11

// A PIN that the host checks.
#define COUNTERSIGN_FACTOR_PIN 12

// A verification that the host made itself.
#define COUNTERSIGN_FACTOR_EXTERNAL 13

// A sealed value is this many bytes longer than its text.
#define COUNTERSIGN_FIELD_OVERHEAD 77

// A longer text is refused.
#define COUNTERSIGN_FIELD_MAX_PLAINTEXT 16777216

// The host itself allows the change, on its own responsibility. The grant is null.
#define COUNTERSIGN_BY_HOST 1

// A policy has allowed the change, by a grant for its action that was not redeemed.
#define COUNTERSIGN_BY_GRANT 2

// How many codes after the next one are usually accepted as well: `look_ahead` of `countersign_hotp_new`.
#define COUNTERSIGN_HOTP_DEFAULT_LOOK_AHEAD 3

// The URI is of an app, whose codes follow from the time.
#define COUNTERSIGN_KEY_URI_TOTP 1

// The URI is of a token, whose codes follow from a counter.
#define COUNTERSIGN_KEY_URI_HOTP 2

// A root that seals and opens. A ring has one.
#define COUNTERSIGN_ROOT_ACTIVE 1

// A root that opens.
#define COUNTERSIGN_ROOT_READABLE 2

// A root that opens nothing, except in a call that names it.
#define COUNTERSIGN_ROOT_REVOKED 3

// Root keys and long-term secrets have this many bytes.
#define COUNTERSIGN_KEY_LENGTH 32

// HMAC-SHA-1, which every app and token understands.
#define COUNTERSIGN_ALGORITHM_SHA1 1

// HMAC-SHA-256.
#define COUNTERSIGN_ALGORITHM_SHA256 2

// HMAC-SHA-512.
#define COUNTERSIGN_ALGORITHM_SHA512 3

// It was not right. Say the same whatever the reason: the audit trail has it.
#define COUNTERSIGN_OUTCOME_DENIED 0

// A check was right, and is evidence now. A change is made.
#define COUNTERSIGN_OUTCOME_ACCEPTED 1

// It is locked: nothing was compared, or may be sent. `until` is when waiting ends the lock, or `COUNTERSIGN_NEVER`.
#define COUNTERSIGN_OUTCOME_LOCKED 2

// The check digit is wrong: the code was misread or misheard. Ask for it again. Nothing was charged.
#define COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT 3

// Too many computations of passwords and answers run. Nothing was compared and nothing charged. Try again at `until`.
#define COUNTERSIGN_OUTCOME_BUSY 4

// The change was allowed, and waits. `until` is when it takes effect. `countersign_verifier_pending` has it, and
// `countersign_verifier_warnings` the messages to send.
#define COUNTERSIGN_OUTCOME_WAITS 5

// A change like this one was cancelled lately. `until` is when it may wait again.
#define COUNTERSIGN_OUTCOME_BARRED 6

// The rules accept it.
#define COUNTERSIGN_REJECTION_NONE 0

// It has too few characters, or digits of a PIN.
#define COUNTERSIGN_REJECTION_TOO_SHORT 1

// It has more than 1,024 bytes or 256 characters.
#define COUNTERSIGN_REJECTION_TOO_LONG 2

// It holds control, private-use or unassigned characters.
#define COUNTERSIGN_REJECTION_UNREADABLE 3

// A PIN does not consist of 4 to 10 digits.
#define COUNTERSIGN_REJECTION_NOT_DIGITS 4

// It is on a block list.
#define COUNTERSIGN_REJECTION_BLOCKED 5

// It is made of words or numbers that belong to the subject or the service.
#define COUNTERSIGN_REJECTION_OF_CONTEXT 6

// It withstands too few guesses.
#define COUNTERSIGN_REJECTION_GUESSABLE 7

// The usual number of codes in a list.
#define COUNTERSIGN_RECOVERY_DEFAULT_COUNT 10

// Answers that an attacker could give, which are refused at enrolment.
typedef struct countersign_answer_blocklist countersign_answer_blocklist;

// The hashes of a subject's answers.
typedef struct countersign_answer_hashes countersign_answer_hashes;

// The answers of one conversation. They cannot be read back, and are wiped when they are freed.
typedef struct countersign_answers countersign_answers;

// A keyed hash of a column's values, cut short. It finds rows by a value that is sealed.
//
// A search finds false hits by design: open the hits, and compare by `countersign_blind_index_same`.
typedef struct countersign_blind_index countersign_blind_index;

// The questions of a host, and how many of a subject's are asked in one check.
typedef struct countersign_catalogue countersign_catalogue;

// The context of a call: its channel, its interaction, and the transaction it is about. It never changes.
typedef struct countersign_context countersign_context;

// Issues and checks the codes of one subject, under a key of the host.
typedef struct countersign_delivered countersign_delivered;

// The place of a loaded record. It lives until `countersign_load` returns, and is not freed by the host.
typedef struct countersign_entry countersign_entry;

// Keeps the text of an error, for calls that make an object.
typedef struct countersign_error countersign_error;

// Seals and opens values of one purpose, each in the context of its place: table, column, record.
//
// The context is authenticated, and not stored. A value opens only in the context it was sealed in.
typedef struct countersign_field_cipher countersign_field_cipher;

// A grant: a policy allows one action of one subject, in one interaction, until its end.
typedef struct countersign_grant countersign_grant;

// The right to compute, with the memory to do it in. It goes back when it is freed: free it after each check.
typedef struct countersign_hash_permit countersign_hash_permit;

// A bounded number of Argon2id computations at once, with their memory and their cost.
typedef struct countersign_hash_pool countersign_hash_pool;

// A token's secret and settings (RFC 4226).
typedef struct countersign_hotp countersign_hotp;

// A key URI, written or read: a secret with its settings, the issuer and the account.
typedef struct countersign_key_uri countersign_key_uri;

// The keys of a host: root keys that seal and open, and the long-term secret that hashes and blind indexes rest on.
typedef struct countersign_keyring countersign_keyring;

// A device's secret under a suite (RFC 6287).
typedef struct countersign_ocra countersign_ocra;

// A question that was asked. It counts for ten minutes, and until a response is accepted.
//
// Keep its bytes in a record of your own, not with the caller.
typedef struct countersign_ocra_challenge countersign_ocra_challenge;

// The customer's side: it asks first, checks the host's answer, and only then answers the host's question.
typedef struct countersign_ocra_client countersign_ocra_client;

// The host's side: it answers the customer's question, asks its own, and checks the answer to that.
typedef struct countersign_ocra_server countersign_ocra_server;

// The hash of a password: a PHC string of Argon2id, with a pepper that is not in the database.
typedef struct countersign_password_hash countersign_password_hash;

// Rules for new passwords.
typedef struct countersign_password_rules countersign_password_rules;

// The hash of a PIN: a PHC string of Argon2id, with a pepper that is not in the database.
typedef struct countersign_pin_hash countersign_pin_hash;

// Rules for new PINs.
typedef struct countersign_pin_rules countersign_pin_rules;

// The rules of a host: which evidence each action takes, for each tier of risk.
typedef struct countersign_policy countersign_policy;

// Issues and checks recovery codes, under a key that hashes them.
typedef struct countersign_recovery countersign_recovery;

// The settings of a verifier: realm, keys, limits, questions.
typedef struct countersign_settings countersign_settings;

// A text that a call has given. It is wiped when it is freed.
typedef struct countersign_text countersign_text;

// An authenticator app's secret and settings (RFC 6238).
typedef struct countersign_totp countersign_totp;

// Values that a call has given, in their order. They are wiped when they are freed.
typedef struct countersign_values countersign_values;

// Verifies subjects over a store. Threads share it, and processes share the store.
typedef struct countersign_verifier countersign_verifier;

// A memorable word, sealed, with the letters that are asked for next.
typedef struct countersign_word countersign_word;

// The key of memorable words. It opens them inside a check, and nowhere else.
typedef struct countersign_word_key countersign_word_key;

// The words of one language, for messages that carry codes.
typedef struct countersign_wording countersign_wording;

// The result of a call: `COUNTERSIGN_OK`, or the number of an error.
typedef int32_t countersign_result;

// Stores the next state, if the stored one is still the one that was loaded. Returns `COUNTERSIGN_SAVE_STORED` or
// `COUNTERSIGN_SAVE_CONFLICT`. Each other number means that it failed.
//
// `user` is what the call was given. The bytes stand until this returns. No exception of C++ may leave it.
typedef int32_t (*countersign_save)(void *user, const uint8_t *state, size_t state_length);

// Bytes or a text of the caller, as a member of a list.
typedef struct {
    // Where they stand. It may be null if there are none.
    const void *data;
    // How many there are.
    size_t length;
} countersign_bytes;

// A field of a record.
typedef struct {
    // The name of the column: a text.
    countersign_bytes column;
    // The value in that column.
    countersign_bytes value;
} countersign_field;

// Looks for a whole password or PIN on the host's list. Returns `COUNTERSIGN_NOT_LISTED` if it is not there. Each other number
// refuses it.
//
// `user` is what the rules were given. The bytes stand until this returns, and have no NUL behind them. No exception of C++ may
// leave it.
typedef int32_t (*countersign_is_listed)(void *user, const char *word, size_t word_length);

// Loads the record under a key of 32 bytes. Returns `COUNTERSIGN_LOAD_FOUND`, after one call of `countersign_entry_set`, or
// `COUNTERSIGN_LOAD_NOTHING`. Each other number means that it failed.
//
// It sees the last write that was stored, whoever wrote. Read from the primary, never from a replica.
typedef int32_t (*countersign_load)(void *user, const uint8_t *key, countersign_entry *entry);

// A record that is to be stored. All of it comes back from `countersign_load` as it is here.
typedef struct {
    // The sealed bytes.
    const uint8_t *bytes;
    // How many bytes there are.
    size_t length;
    // The version: 24 bytes, drawn for this write.
    const uint8_t *version;
    // Unix time from which on the record may be dropped, or `COUNTERSIGN_NEVER`.
    int64_t expires_at;
} countersign_record;

// Puts a record in the place of the one whose version is `expected` (24 bytes), in one indivisible step, durably. Returns
// `COUNTERSIGN_SAVE_STORED`, or `COUNTERSIGN_SAVE_CONFLICT` if another version is there. Each other number means that it
// failed.
//
// If `expected` is null, nothing may be there. If `next` is null, the record is deleted: nothing takes its place.
typedef int32_t (*countersign_replace)(void *user,
                                       const uint8_t *key,
                                       const uint8_t *expected,
                                       const countersign_record *next);

// Drops every record whose `expires_at` is not after `now`, and writes how many. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other
// number means that it failed.
typedef int32_t (*countersign_purge)(void *user, int64_t now, uint64_t *dropped);

// Writes the present moment, as Unix time in seconds. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it failed.
typedef int32_t (*countersign_now)(void *user, int64_t *now);

// Writes an event to the audit trail. It is JSON, see the forms, and a NUL follows. Returns
// `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it failed: a pass is withheld then.
typedef int32_t (*countersign_audit)(void *user, const char *event, size_t event_length);

// Writes the keys that follow `after` (32 bytes, or null before all keys), in their order, byte by byte: `most` at most, 32 bytes
// each. Writes how many. Fewer than `most` are the end. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it
// failed.
//
// Each record is then loaded by `load`.
typedef int32_t (*countersign_scan)(void *user, const uint8_t *after, size_t most, uint8_t *keys, size_t *count);

// Functions of the host. Each may be null, except those of a store that no location names: `load` and `replace`.
typedef struct {
    // `sizeof(countersign_callbacks)`. It tells a later library which members this program knows.
    size_t size;
    // A pointer of the host, which each function gets first.
    void *user;
    // Loads a record.
    countersign_load load;
    // Replaces, adds or deletes a record.
    countersign_replace replace;
    // Drops old records. If it is null, the host drops them itself, and `countersign_verifier_purge` is an error.
    countersign_purge purge;
    // Reads the clock. If it is null, it is the clock of the machine.
    countersign_now now;
    // Writes an event. If it is null, there is no audit trail.
    countersign_audit audit;
    // Names the records. If it is null, they cannot be walked: `countersign_verifier_rekey` and `countersign_verifier_report` are
    // errors.
    countersign_scan scan;
} countersign_callbacks;

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

// Hashes a subject's answers, if none of them is weak, at the cost of the pool, with the pepper of the keyring.
//
// `blocklist` may be null: then the library's own list counts alone. The error names the question and the rule, never an answer.
//
// # Safety
// Each handle is null or lives. `to` is null or may be written.
countersign_result countersign_answer_hashes_enrol(const countersign_error *error,
                                                   const countersign_catalogue *catalogue,
                                                   const countersign_answers *answers,
                                                   const countersign_answer_blocklist *blocklist,
                                                   const countersign_keyring *keyring,
                                                   const countersign_hash_permit *permit,
                                                   countersign_answer_hashes **to);

// Reads hashes that were kept as bytes.
//
// # Safety
// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_answer_hashes_read(const countersign_error *error,
                                                  const uint8_t *kept,
                                                  size_t kept_length,
                                                  countersign_answer_hashes **to);

// Writes the bytes to keep.
//
// # Safety
// `hashes` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
countersign_result countersign_answer_hashes_bytes(const countersign_answer_hashes *hashes,
                                                   uint8_t *kept,
                                                   size_t *kept_length);

// Draws the questions to ask a subject, first and again after each success. Keep their numbers beside the hashes: they stay until
// they are answered rightly.
//
// `asked_count` is how many numbers have room, and then how many are written. `COUNTERSIGN_MAX_QUESTIONS` are enough.
//
// # Safety
// `hashes` and `catalogue` are null or handles that live. `asked` and `asked_count` are null or may be written.
countersign_result countersign_answer_hashes_draw(const countersign_answer_hashes *hashes,
                                                  const countersign_catalogue *catalogue,
                                                  uint16_t *asked,
                                                  size_t *asked_count);

// Checks the answers to the questions that were asked: all of them right, and nothing else given. There is one verdict for all.
//
// Count the try before this is called. If all are right and a hash is outdated, `save` gets the bytes of present ones. The
// verdict is written after that.
//
// # Safety
// Each handle is null or lives. `asked` is null or leads to so many numbers. `verdict` is null or may be written. `save` keeps to
// its contract, and takes `user`.
countersign_result countersign_answer_hashes_check(const countersign_answer_hashes *hashes,
                                                   const uint16_t *asked,
                                                   size_t asked_count,
                                                   const countersign_answers *answers,
                                                   const countersign_keyring *keyring,
                                                   const countersign_hash_permit *permit,
                                                   countersign_save save,
                                                   void *user,
                                                   int32_t *verdict);

// Writes 1 if a right answer will replace its hash: one has another cost than the pool, an old pepper or an old form. Else 0.
//
// # Safety
// `hashes`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
countersign_result countersign_answer_hashes_needs_rehash(const countersign_answer_hashes *hashes,
                                                          const countersign_keyring *keyring,
                                                          const countersign_hash_pool *pool,
                                                          int32_t *needs_rehash);

// Makes an empty list of answers.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_answers_new(const countersign_error *error, countersign_answers **to);

// Adds an answer of the kind that its question takes in the catalogue.
//
// A strange answer is not an error: it is a wrong one at the check, and is charged. So is an answer to a question that is not
// in the catalogue.
//
// # Safety
// `answers` and `catalogue` are null or handles that live. `answer` is null or leads to so many bytes.
countersign_result countersign_answers_add(const countersign_answers *answers,
                                           const countersign_catalogue *catalogue,
                                           uint16_t question,
                                           const char *answer,
                                           size_t answer_length);

// Makes a list of answers to refuse. The form is `blocklist`: `{"known": ["Anna Berg"]}` for example. Days after `now` are
// refused, too.
//
// # Safety
// `error` is null or a handle that lives. `list` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_answer_blocklist_new(const countersign_error *error,
                                                    const char *list,
                                                    size_t list_length,
                                                    int64_t now,
                                                    countersign_answer_blocklist **to);

// Decides on a request by the evidence of the record. A grant is redeemed in the same write: carry out the action then, once.
//
// The form of the request is `request`, that of the details `decision`. The answer is a `COUNTERSIGN_ANSWER_..`. `details` may
// be null.
//
// # Safety
// `verifier`, `policy` and `context` are null or handles that live. `request` and `subject` are null or lead to so many bytes.
// `answer` and `details` are null or may be written.
countersign_result countersign_verifier_authorize(const countersign_verifier *verifier,
                                                  const countersign_policy *policy,
                                                  const char *request,
                                                  size_t request_length,
                                                  const char *subject,
                                                  size_t subject_length,
                                                  const countersign_context *context,
                                                  int32_t *answer,
                                                  countersign_text **details);

// Decides on a request, and gives the grant, if there is one. Redeem it before you act, or change the account by it.
//
// `grant` is null if the answer is not `COUNTERSIGN_ANSWER_YES`. Otherwise it is as `countersign_verifier_authorize`.
//
// # Safety
// As `countersign_verifier_authorize`. `grant` is null or may be written.
countersign_result countersign_verifier_decide(const countersign_verifier *verifier,
                                               const countersign_policy *policy,
                                               const char *request,
                                               size_t request_length,
                                               const char *subject,
                                               size_t subject_length,
                                               const countersign_context *context,
                                               int32_t *answer,
                                               countersign_grant **grant,
                                               countersign_text **details);

// Explains what a policy says of the evidence of the record. The form is `explanation`.
//
// It is for people who write policies, and for a trail. It explains what `countersign_verifier_decide` says of the evidence. That
// a transaction was carried out before is not in it.
//
// # Safety
// As `countersign_verifier_authorize`. `explanation` is null or may be written.
countersign_result countersign_verifier_explain(const countersign_verifier *verifier,
                                                const countersign_policy *policy,
                                                const char *request,
                                                size_t request_length,
                                                const char *subject,
                                                size_t subject_length,
                                                const countersign_context *context,
                                                countersign_text **explanation);

// Redeems a grant: `COUNTERSIGN_ANSWER_YES` means that its action may be carried out, now and once. The form is `decision`.
//
// `details` may be null. A grant for a change of the account is not redeemed: give it to the change.
//
// # Safety
// `verifier`, `grant` and `context` are null or handles that live. `answer` and `details` are null or may be written.
countersign_result countersign_verifier_redeem(const countersign_verifier *verifier,
                                               const countersign_grant *grant,
                                               const countersign_context *context,
                                               int32_t *answer,
                                               countersign_text **details);

// Approves an action for a subject, for so many seconds, and for the transaction of the context or none.
//
// Verify the agent before, and show what is approved. It counts once, and for requests that another agent handles.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject`, `agent` and `action` are null or lead to so many bytes.
countersign_result countersign_verifier_approve(const countersign_verifier *verifier,
                                                const char *subject,
                                                size_t subject_length,
                                                const char *agent,
                                                size_t agent_length,
                                                const char *action,
                                                size_t action_length,
                                                uint32_t lifetime,
                                                const countersign_context *context);

// Ends an interaction: its evidence is forgotten.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
countersign_result countersign_verifier_end(const countersign_verifier *verifier,
                                            const char *subject,
                                            size_t subject_length,
                                            const countersign_context *context);

// Makes the index of a column. The purpose is that of the cipher its values are sealed with.
//
// `form` is a `COUNTERSIGN_FORM_..`: which spellings are one value. `bits` is 1 to 256. The fewer, the less a reader of the
// database learns, and the more false hits a search has.
//
// # Safety
// `error` and `keyring` are null or handles that live. Each text is null or leads to so many bytes. `to` is null or may be
// written.
countersign_result countersign_blind_index_new(const countersign_error *error,
                                               const countersign_keyring *keyring,
                                               const char *realm,
                                               size_t realm_length,
                                               const char *purpose,
                                               size_t purpose_length,
                                               const char *table,
                                               size_t table_length,
                                               const char *column,
                                               size_t column_length,
                                               int32_t form,
                                               uint32_t bits,
                                               countersign_blind_index **to);

// Writes the index of a value in the present generation, to store beside the sealed value.
//
// It has four bytes of the generation, and the bits, up to a whole byte.
//
// # Safety
// `index` is null or a handle that lives. `value` is null or leads to so many bytes. `stored` and `stored_length` are null or may
// be written.
countersign_result countersign_blind_index_of(const countersign_blind_index *index,
                                              const char *value,
                                              size_t value_length,
                                              uint8_t *stored,
                                              size_t *stored_length);

// Gives the index of a value in each generation of the ring, the present one first. Look for all of them.
//
// # Safety
// `index` is null or a handle that lives. `value` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_blind_index_search(const countersign_blind_index *index,
                                                  const char *value,
                                                  size_t value_length,
                                                  countersign_values **to);

// Writes 1 if a stored index is that of the value, in the generation it names. Else it writes 0.
//
// # Safety
// `index` is null or a handle that lives. `stored` and `value` are null or lead to so many bytes. `is_of` is null or may be
// written.
countersign_result countersign_blind_index_is_of(const countersign_blind_index *index,
                                                 const uint8_t *stored,
                                                 size_t stored_length,
                                                 const char *value,
                                                 size_t value_length,
                                                 int32_t *is_of);

// Writes 1 if a stored index is of the present generation. Else it writes 0: replace it.
//
// # Safety
// `index` is null or a handle that lives. `stored` is null or leads to so many bytes. `is_current` is null or may be written.
countersign_result countersign_blind_index_is_current(const countersign_blind_index *index,
                                                      const uint8_t *stored,
                                                      size_t stored_length,
                                                      int32_t *is_current);

// Writes 1 if two spellings are one value, else 0. It separates a hit from a false hit.
//
// # Safety
// `index` is null or a handle that lives. `one` and `other` are null or lead to so many bytes. `same` is null or may be written.
countersign_result countersign_blind_index_same(const countersign_blind_index *index,
                                                const char *one,
                                                size_t one_length,
                                                const char *other,
                                                size_t other_length,
                                                int32_t *same);

// Opens a value, and compares the index stored beside it. If the index was swapped for another row's, the value does not open.
//
// # Safety
// `index` and `cipher` are null or handles that live. `context` is null or leads to so many members, each null or of so many
// bytes. `sealed` and `stored` are null or lead to so many bytes. `plaintext` and `plaintext_length` are null or may be written.
countersign_result countersign_blind_index_open(const countersign_blind_index *index,
                                                const countersign_field_cipher *cipher,
                                                const countersign_bytes *context,
                                                size_t context_count,
                                                const uint8_t *sealed,
                                                size_t sealed_length,
                                                const uint8_t *stored,
                                                size_t stored_length,
                                                uint8_t *plaintext,
                                                size_t *plaintext_length);

// Makes a catalogue. The form is that of the key `catalogue` of `settings`.
//
// # Safety
// `error` is null or a handle that lives. `catalogue` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_catalogue_new(const countersign_error *error,
                                             const char *catalogue,
                                             size_t catalogue_length,
                                             countersign_catalogue **to);

// Makes a catalogue of ten questions in English, of which three are asked. Questions of your own are better.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_catalogue_english(const countersign_error *error, countersign_catalogue **to);

// Gives these questions as an agent's screen shows them. The form is `prompts`.
//
// # Safety
// `catalogue` is null or a handle that lives. `asked` is null or leads to so many numbers. `to` is null or may be written.
countersign_result countersign_catalogue_prompts(const countersign_catalogue *catalogue,
                                                 const uint16_t *asked,
                                                 size_t asked_count,
                                                 countersign_text **to);

// Writes the numbers of the questions for a subject that does not exist: the same whenever the name is the same.
//
// `asked_count` is how many numbers have room, and then how many are written. `COUNTERSIGN_MAX_QUESTIONS` are enough.
//
// # Safety
// `catalogue` and `keyring` are null or handles that live. `realm` and `id` are null or lead to so many bytes. `asked` and
// `asked_count` are null or may be written.
countersign_result countersign_catalogue_for_unknown(const countersign_catalogue *catalogue,
                                                     const char *realm,
                                                     size_t realm_length,
                                                     const char *id,
                                                     size_t id_length,
                                                     const countersign_keyring *keyring,
                                                     uint16_t *asked,
                                                     size_t *asked_count);

// Creates an account for a new subject, without any authenticator. A subject that has one is an error: a sign-up stops there.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
countersign_result countersign_verifier_create(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               const countersign_context *context);

// Makes a change of one text, which is a `COUNTERSIGN_CHANGE_..`. `by` is a `COUNTERSIGN_BY_..`.
//
// The outcome is a `COUNTERSIGN_OUTCOME_..`: accepted, if the change is made, and denied, if the code that should confirm it is
// wrong. It waits, if the grant has a delay. `until` is when to try again or when it takes effect, or 0. It may be null.
//
// # Safety
// `verifier`, `grant` and `context` are null or handles that live. `subject` and `text` are null or lead to so many bytes.
// `outcome` and `until` are null or may be written.
countersign_result countersign_verifier_change(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               int32_t change,
                                               const char *text,
                                               size_t text_length,
                                               int32_t by,
                                               const countersign_grant *grant,
                                               const countersign_context *context,
                                               int32_t *outcome,
                                               int64_t *until);

// Makes a change of several parts: answers, a device, a password with rules. The form is `change`.
//
// Otherwise it is as `countersign_verifier_change`.
//
// # Safety
// As `countersign_verifier_change`.
countersign_result countersign_verifier_change_json(const countersign_verifier *verifier,
                                                    const char *subject,
                                                    size_t subject_length,
                                                    const char *change,
                                                    size_t change_length,
                                                    int32_t by,
                                                    const countersign_grant *grant,
                                                    const countersign_context *context,
                                                    int32_t *outcome,
                                                    int64_t *until);

// Adds an authenticator app, which waits ten minutes for its first code. Otherwise it is as `countersign_verifier_change`.
//
// # Safety
// As `countersign_verifier_change`. `totp` is null or a handle that lives.
countersign_result countersign_verifier_add_totp(const countersign_verifier *verifier,
                                                 const char *subject,
                                                 size_t subject_length,
                                                 const countersign_totp *totp,
                                                 int32_t by,
                                                 const countersign_grant *grant,
                                                 const countersign_context *context,
                                                 int32_t *outcome,
                                                 int64_t *until);

// Adds a token with a button, and the counter it starts at. The token waits ten minutes for its first code. Otherwise it is as
// `countersign_verifier_change`.
//
// # Safety
// As `countersign_verifier_change`. `hotp` is null or a handle that lives.
countersign_result countersign_verifier_add_hotp(const countersign_verifier *verifier,
                                                 const char *subject,
                                                 size_t subject_length,
                                                 const countersign_hotp *hotp,
                                                 uint64_t counter,
                                                 int32_t by,
                                                 const countersign_grant *grant,
                                                 const countersign_context *context,
                                                 int32_t *outcome,
                                                 int64_t *until);

// Sets the device that answers questions, or the one that signs. Otherwise it is as `countersign_verifier_change`.
//
// `host` is null, or the secret by which the host answers a device that asks first.
//
// # Safety
// As `countersign_verifier_change`. `customer` and `host` are null or handles that live.
countersign_result countersign_verifier_set_ocra(const countersign_verifier *verifier,
                                                 const char *subject,
                                                 size_t subject_length,
                                                 const countersign_ocra *customer,
                                                 const countersign_ocra *host,
                                                 int32_t by,
                                                 const countersign_grant *grant,
                                                 const countersign_context *context,
                                                 int32_t *outcome,
                                                 int64_t *until);

// Draws a new list of recovery codes, 1 to 16. The form is `recovery_codes`. An earlier list is void.
//
// # Safety
// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `codes` is null
// or may be written.
countersign_result countersign_verifier_generate_recovery_codes(const countersign_verifier *verifier,
                                                                const char *subject,
                                                                size_t subject_length,
                                                                uint32_t count,
                                                                int32_t by,
                                                                const countersign_grant *grant,
                                                                const countersign_context *context,
                                                                countersign_text **codes);

// Lists the authenticators of a subject. The form is `authenticators`. `by` is a `COUNTERSIGN_BY_..`: a grant is for
// `authenticator.list`.
//
// # Safety
// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
// `authenticators` is null or may be written.
countersign_result countersign_verifier_authenticators(const countersign_verifier *verifier,
                                                       const char *subject,
                                                       size_t subject_length,
                                                       int32_t by,
                                                       const countersign_grant *grant,
                                                       const countersign_context *context,
                                                       countersign_text **authenticators);

// Deletes the record of a subject, and its decoy. `erased` is 1 if there was one, and 0 if not.
//
// # Safety
// `verifier` is null or a handle that lives. `subject` is null or leads to so many bytes. `erased` is null or may be written.
countersign_result countersign_verifier_erase(const countersign_verifier *verifier,
                                              const char *subject,
                                              size_t subject_length,
                                              int32_t *erased);

// Drops the records of unknown names whose time has come, and old counts of issued codes. Call it once an hour.
//
// # Safety
// `verifier` is null or a handle that lives. `dropped` is null or may be written.
countersign_result countersign_verifier_purge(const countersign_verifier *verifier, uint64_t *dropped);

// Checks an attempt of one text: a code, a password, a PIN. Its factor is a `COUNTERSIGN_FACTOR_..`.
//
// The outcome is written once it is stored and in the audit trail. A right attempt is evidence, which stands in the record
// for decisions. `until` is when to try again, or 0. It may be null.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` and `attempt` are null or lead to so many bytes. `outcome`
// and `until` are null or may be written.
countersign_result countersign_verifier_check(const countersign_verifier *verifier,
                                              const char *subject,
                                              size_t subject_length,
                                              int32_t factor,
                                              const char *attempt,
                                              size_t attempt_length,
                                              const countersign_context *context,
                                              int32_t *outcome,
                                              int64_t *until);

// Checks an attempt of several parts: two codes, answers, letters, a verification by the host. The form is `attempt`.
//
// Otherwise it is as `countersign_verifier_check`.
//
// # Safety
// As `countersign_verifier_check`.
countersign_result countersign_verifier_check_json(const countersign_verifier *verifier,
                                                   const char *subject,
                                                   size_t subject_length,
                                                   const char *attempt,
                                                   size_t attempt_length,
                                                   const countersign_context *context,
                                                   int32_t *outcome,
                                                   int64_t *until);

// Compares two byte strings, in a time that depends on their lengths alone. `equal` is 1 if they are equal, and 0 if not.
//
// # Safety
// `a` and `b` are null or lead to so many bytes. `equal` is null or may be written.
countersign_result countersign_ct_eq(const uint8_t *a,
                                     size_t a_length,
                                     const uint8_t *b,
                                     size_t b_length,
                                     int32_t *equal);

// Begins an interaction on a channel: a call, a chat, a session. Its id is drawn.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_context_begin(const countersign_error *error, int32_t channel, countersign_context **to);

// Continues an interaction on a channel, by its id of 16 bytes.
//
// # Safety
// `error` is null or a handle that lives. `interaction` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_context_new(const countersign_error *error,
                                           int32_t channel,
                                           const uint8_t *interaction,
                                           size_t interaction_length,
                                           countersign_context **to);

// Makes a context whose channel is authenticated and protected, as TLS with the right certificate is. Keys of a telephone
// are never protected.
//
// # Safety
// `error` and `context` are null or handles that live. `to` is null or may be written.
countersign_result countersign_context_protected(const countersign_error *error,
                                                 const countersign_context *context,
                                                 countersign_context **to);

// Makes a context that is about a transaction. The form is `transaction`.
//
// # Safety
// `error` and `context` are null or handles that live. `transaction` is null or leads to so many bytes. `to` is null or may
// be written.
countersign_result countersign_context_for_transaction(const countersign_error *error,
                                                       const countersign_context *context,
                                                       const char *transaction,
                                                       size_t transaction_length,
                                                       countersign_context **to);

// Writes the id of the interaction: 16 bytes. Keep it with the session of the customer, and give it to nobody else.
//
// # Safety
// `context` is null or a handle that lives. `interaction` and `interaction_length` are null or may be written.
countersign_result countersign_context_interaction(const countersign_context *context,
                                                   uint8_t *interaction,
                                                   size_t *interaction_length);

// Writes the digest of the transaction: 32 bytes, or none if the context is about none.
//
// # Safety
// `context` is null or a handle that lives. `digest` and `digest_length` are null or may be written.
countersign_result countersign_context_transaction_digest(const countersign_context *context,
                                                          uint8_t *digest,
                                                          size_t *digest_length);

// Issues and checks codes for a subject, under a key of 32 bytes or more that is used for nothing else.
//
// # Safety
// `error` is null or a handle that lives. `key`, `realm` and `id` are null or lead to so many bytes. `to` is null or may be
// written.
countersign_result countersign_delivered_new(const countersign_error *error,
                                             const uint8_t *key,
                                             size_t key_length,
                                             const char *realm,
                                             size_t realm_length,
                                             const char *id,
                                             size_t id_length,
                                             countersign_delivered **to);

// Draws a code. The form of the order is `order`: `{"code": "spoken"}` for example. The code is given once `save` has
// stored the next state.
//
// Each new code grants five more guesses: limit how many you issue.
//
// # Safety
// `delivered` and `context` are null or handles that live. `order` is null or leads to so many bytes. `conversation` is null or leads to one.
// `to` is null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_delivered_issue(const countersign_delivered *delivered,
                                               const char *order,
                                               size_t order_length,
                                               const countersign_context *context,
                                               int64_t now,
                                               countersign_save save,
                                               void *user,
                                               countersign_text **to);

// Writes the open code, for a text of your own, the first time or again. If no code is open it is an error.
//
// # Safety
// `delivered` is null or a handle that lives. `state` is null or leads to so many bytes. `code` and `code_length` are null or may
// be written.
countersign_result countersign_delivered_code(const countersign_delivered *delivered,
                                              const uint8_t *state,
                                              size_t state_length,
                                              int64_t now,
                                              char *code,
                                              size_t *code_length);

// Writes the message of the open code: what it is for, how long it counts, and whom not to tell it.
//
// The order is the one that was issued, with its key `message`: `{"code": "spoken", "message": {"from": "Example Bank"}}` for example.
// If the context is about a transaction, the message has that one. `kind` is a `COUNTERSIGN_MESSAGE_..`.
//
// # Safety
// `delivered`, `context` and `wording` are null or handles that live. `state` and `order` are null or lead to so many bytes.
// `written` and `written_length` are null or may be written.
countersign_result countersign_delivered_message(const countersign_delivered *delivered,
                                                 const uint8_t *state,
                                                 size_t state_length,
                                                 const char *order,
                                                 size_t order_length,
                                                 const countersign_context *context,
                                                 const countersign_wording *wording,
                                                 int32_t kind,
                                                 int64_t now,
                                                 char *written,
                                                 size_t *written_length);

// Checks a code for a purpose. The verdict is written once `save` has stored the next state, which counts a wrong try, too.
//
// # Safety
// `delivered` and `context` are null or handles that live. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_delivered_check(const countersign_delivered *delivered,
                                               const uint8_t *state,
                                               size_t state_length,
                                               int32_t purpose,
                                               const char *code,
                                               size_t code_length,
                                               const countersign_context *context,
                                               int64_t now,
                                               countersign_save save,
                                               void *user,
                                               int32_t *verdict);

// Reads a state: whether a code is open at `now` (1) or not (0), and when it expires. That is 0 if there is none.
//
// # Safety
// `state` is null or leads to so many bytes. `is_open` and `expires` are null or may be written.
countersign_result countersign_delivered_read_state(const uint8_t *state,
                                                    size_t state_length,
                                                    int64_t now,
                                                    int32_t *is_open,
                                                    int64_t *expires);

// Writes in how many parts a text goes by SMS.
//
// # Safety
// `text` is null or leads to so many bytes. `parts` is null or may be written.
countersign_result countersign_sms_parts(const char *text, size_t text_length, size_t *parts);

// Puts a loaded record into its place: its bytes, its version of 24 bytes, and the time of `countersign_record`. All is copied.
//
// # Safety
// `entry` is null or what `countersign_load` was given. `data` and `version` are null or lead to so many bytes.
countersign_result countersign_entry_set(const countersign_entry *entry,
                                         const uint8_t *data,
                                         size_t data_length,
                                         const uint8_t *version,
                                         size_t version_length,
                                         int64_t expires_at);

// Makes the cipher of one purpose in one realm. Take a purpose for each kind of data that a process of its own reads.
//
// # Safety
// `error` and `keyring` are null or handles that live. `realm` and `purpose` are null or lead to so many bytes. `to` is null or
// may be written.
countersign_result countersign_field_cipher_new(const countersign_error *error,
                                                const countersign_keyring *keyring,
                                                const char *realm,
                                                size_t realm_length,
                                                const char *purpose,
                                                size_t purpose_length,
                                                countersign_field_cipher **to);

// Seals a value for its place. The result is `COUNTERSIGN_FIELD_OVERHEAD` bytes longer than the plaintext.
//
// `context` is a list of `context_count` parts, 255 at most. No two places may have one context.
//
// # Safety
// `cipher` is null or a handle that lives. `context` is null or leads to so many members, each null or of so many bytes.
// `plaintext` is null or leads to so many bytes. `sealed` and `sealed_length` are null or may be written.
countersign_result countersign_field_cipher_seal(const countersign_field_cipher *cipher,
                                                 const countersign_bytes *context,
                                                 size_t context_count,
                                                 const uint8_t *plaintext,
                                                 size_t plaintext_length,
                                                 uint8_t *sealed,
                                                 size_t *sealed_length);

// Opens a value. The plaintext is `COUNTERSIGN_FIELD_OVERHEAD` bytes shorter than the sealed value.
//
// A value that does not open is `COUNTERSIGN_ERROR_CORRUPT`, whatever is wrong: context, suite, a bit. If no key of the ring
// opens it, the error is `COUNTERSIGN_ERROR_MISSING_KEY`. The plaintext's buffer may hold zeros then, and nothing of the value.
//
// # Safety
// As `countersign_field_cipher_seal`, with `sealed` as the input and `plaintext` as the output.
countersign_result countersign_field_cipher_open(const countersign_field_cipher *cipher,
                                                 const countersign_bytes *context,
                                                 size_t context_count,
                                                 const uint8_t *sealed,
                                                 size_t sealed_length,
                                                 uint8_t *plaintext,
                                                 size_t *plaintext_length);

// Writes 1 if a value is to be sealed again: its root opens values, but does not write any more. Else it writes 0.
//
// # Safety
// `cipher` is null or a handle that lives. `sealed` is null or leads to so many bytes. `needs` is null or may be written.
countersign_result countersign_field_cipher_needs_reseal(const countersign_field_cipher *cipher,
                                                         const uint8_t *sealed,
                                                         size_t sealed_length,
                                                         int32_t *needs);

// Seals a value again under the root that writes. The result is as long as the value.
//
// Swap it for the old one, and only if that is still there.
//
// # Safety
// As `countersign_field_cipher_seal`, with `sealed` as the input and `resealed` as the output.
countersign_result countersign_field_cipher_reseal(const countersign_field_cipher *cipher,
                                                   const countersign_bytes *context,
                                                   size_t context_count,
                                                   const uint8_t *sealed,
                                                   size_t sealed_length,
                                                   uint8_t *resealed,
                                                   size_t *resealed_length);

// Seals a value again that is under the revoked root with this id. No other call opens it.
//
// A thief of a revoked root may have made the value. Name the root only for values that were in place before it leaked.
//
// # Safety
// As `countersign_field_cipher_reseal`.
countersign_result countersign_field_cipher_reseal_revoked(const countersign_field_cipher *cipher,
                                                           uint32_t root,
                                                           const countersign_bytes *context,
                                                           size_t context_count,
                                                           const uint8_t *sealed,
                                                           size_t sealed_length,
                                                           uint8_t *resealed,
                                                           size_t *resealed_length);

// Writes the id of the root that bytes claim to be sealed under. Nothing is checked: they need not open.
//
// # Safety
// `sealed` is null or leads to so many bytes. `root` is null or may be written.
countersign_result countersign_field_root_of(const uint8_t *sealed, size_t sealed_length, uint32_t *root);

// Seals the fields of one record together, for less than half the price of sealing them one by one.
//
// `to` gives the sealed values in the order of the fields. Each opens alone, too, with the context table, column, record.
//
// # Safety
// `cipher` is null or a handle that lives. `table` and `record` are null or lead to so many bytes. `list` is null or leads to so
// many fields, of which each column and value is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_field_cipher_seal_row(const countersign_field_cipher *cipher,
                                                     const char *table,
                                                     size_t table_length,
                                                     const uint8_t *record,
                                                     size_t record_length,
                                                     const countersign_field *list,
                                                     size_t count,
                                                     countersign_values **to);

// Opens fields of one record. `to` gives the plaintexts in the order of the fields.
//
// If one of them does not open, none is given.
//
// # Safety
// As `countersign_field_cipher_seal_row`.
countersign_result countersign_field_cipher_open_row(const countersign_field_cipher *cipher,
                                                     const char *table,
                                                     size_t table_length,
                                                     const uint8_t *record,
                                                     size_t record_length,
                                                     const countersign_field *list,
                                                     size_t count,
                                                     countersign_values **to);

// Allows at most `at_once` computations at a time, each of so many KiB of memory, so many passes over it and so many lanes.
//
// Three zeros are OWASP's minimum: 19 MiB, 2 passes, 1 lane. A cost below it is refused, and one above 1 GiB, 16 passes or 16
// lanes.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_hash_pool_new(const countersign_error *error,
                                             uint32_t memory_kib,
                                             uint32_t passes,
                                             uint32_t lanes,
                                             size_t at_once,
                                             countersign_hash_pool **to);

// Waits up to `patience_ms` milliseconds for a permit. `COUNTERSIGN_ERROR_BUSY` if none is free: nothing was tried, so charge
// nothing.
//
// # Safety
// `pool` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_hash_pool_permit(const countersign_hash_pool *pool,
                                                uint32_t patience_ms,
                                                countersign_hash_permit **to);

// Takes as many permits as are free, up to `most`, as one object: several threads share the answers of one check then.
// `COUNTERSIGN_ERROR_BUSY` if none is free.
//
// # Safety
// As `countersign_hash_pool_permit`.
countersign_result countersign_hash_pool_permits(const countersign_hash_pool *pool,
                                                 size_t most,
                                                 countersign_hash_permit **to);

// Writes the highest cost, with memory up to `most_kib`, of which one computation takes `target_ms` milliseconds at most on this
// machine. It is never below OWASP's minimum. It measures for some ten times that long: call it once.
//
// # Safety
// `error` is null or a handle that lives. `memory_kib`, `passes` and `lanes` are null or may be written.
countersign_result countersign_hash_calibrate(const countersign_error *error,
                                              uint32_t target_ms,
                                              uint32_t most_kib,
                                              uint32_t *memory_kib,
                                              uint32_t *passes,
                                              uint32_t *lanes);

// Draws a fresh secret of 160 bits, for SHA-1, six digits and a look-ahead of three.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_hotp_generate(const countersign_error *error, countersign_hotp **to);

// Takes a secret that exists already: 16 to 128 bytes (RFC 4226 4). Digits are 6 to 8. `look_ahead` is 0 to 99.
//
// # Safety
// `error` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_hotp_new(const countersign_error *error,
                                        const uint8_t *secret,
                                        size_t secret_length,
                                        int32_t algorithm,
                                        uint32_t digits,
                                        uint32_t look_ahead,
                                        countersign_hotp **to);

// Writes the code that the token shows at a counter.
//
// # Safety
// `hotp` is null or a handle that lives. `code` and `code_length` are null or may be written.
countersign_result countersign_hotp_code_at(const countersign_hotp *hotp,
                                            uint64_t counter,
                                            char *code,
                                            size_t *code_length);

// Checks a code, and spends it with all before it. The verdict is written once `save` has stored the next state.
//
// `save` is not called for a code that is refused: it changes nothing, and the caller counts it.
//
// # Safety
// `hotp` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
// written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_hotp_check(const countersign_hotp *hotp,
                                          const uint8_t *state,
                                          size_t state_length,
                                          const char *code,
                                          size_t code_length,
                                          countersign_save save,
                                          void *user,
                                          int32_t *verdict);

// Checks two consecutive codes of a token that is further ahead. They are one try.
//
// # Safety
// As `countersign_hotp_check`.
countersign_result countersign_hotp_check_pair(const countersign_hotp *hotp,
                                               const uint8_t *state,
                                               size_t state_length,
                                               const char *first,
                                               size_t first_length,
                                               const char *second,
                                               size_t second_length,
                                               countersign_save save,
                                               void *user,
                                               int32_t *verdict);

// Writes the URI that tells an app this secret and where it starts counting, as belonging to `account` at `issuer`.
//
// # Safety
// `hotp` is null or a handle that lives. `issuer` and `account` are null or lead to so many bytes. `to` is null or may be
// written.
countersign_result countersign_hotp_key_uri(const countersign_hotp *hotp,
                                            uint64_t counter,
                                            const char *issuer,
                                            size_t issuer_length,
                                            const char *account,
                                            size_t account_length,
                                            countersign_key_uri **to);

// Takes the secret, its settings and the counter from a key URI of a token. The look-ahead is three.
//
// # Safety
// `error` and `uri` are null or handles that live. `counter` and `to` are null or may be written.
countersign_result countersign_hotp_from_key_uri(const countersign_error *error,
                                                 const countersign_key_uri *uri,
                                                 uint64_t *counter,
                                                 countersign_hotp **to);

// Writes the state of a token whose next code has this counter. A new token begins at 0.
//
// # Safety
// `state` and `state_length` are null or may be written.
countersign_result countersign_hotp_write_state(uint64_t counter, uint8_t *state, size_t *state_length);

// Reads a state: the counter of the next code.
//
// # Safety
// `state` is null or leads to so many bytes. `counter` is null or may be written.
countersign_result countersign_hotp_read_state(const uint8_t *state, size_t state_length, uint64_t *counter);

// Creates an account with the authenticators that another system had. The form is `import`. Nothing is hashed.
//
// `created` is 1 if the account is new. It is 0 if the subject has one, which stays as it is: so a loop over all customers can be
// begun again.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` and `changes` are null or lead to so many bytes. `created` is
// null or may be written.
countersign_result countersign_verifier_import(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               const char *changes,
                                               size_t changes_length,
                                               const countersign_context *context,
                                               int32_t *created);

// Issues a code. The form of the order is `order`, that of the delivery `delivery`. Send what is in it.
//
// The outcome is accepted, if the code was drawn and stored, or locked: then the delivery is null, and `until` says when to try
// again. A delivery without a parcel has nothing to send: say nothing of that to anyone. `wording` writes the message that the order
// asks for. If it is null, the message is in English.
//
// # Safety
// `verifier`, `wording` and `context` are null or handles that live. `subject` and `order` are null or lead to so many bytes. `outcome`,
// `until` and `delivery` are null or may be written.
countersign_result countersign_verifier_issue(const countersign_verifier *verifier,
                                              const char *subject,
                                              size_t subject_length,
                                              const char *order,
                                              size_t order_length,
                                              const countersign_wording *wording,
                                              const countersign_context *context,
                                              int32_t *outcome,
                                              int64_t *until,
                                              countersign_text **delivery);

// Asks a customer's device a question (RFC 6287). The form of the task is `task`, that of the question `dialog`.
//
// The response comes to `countersign_verifier_check`, in the same interaction. The outcome is as that of
// `countersign_verifier_issue`.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` and `task` are null or lead to so many bytes. `outcome`,
// `until` and `dialog` are null or may be written.
countersign_result countersign_verifier_challenge(const countersign_verifier *verifier,
                                                  const char *subject,
                                                  size_t subject_length,
                                                  const char *task,
                                                  size_t task_length,
                                                  const countersign_context *context,
                                                  int32_t *outcome,
                                                  int64_t *until,
                                                  countersign_text **dialog);

// Writes the value that a JSON Pointer (RFC 6901) names: `/options/0/text`. The empty pointer names the whole.
//
// A text is written without quotes and escapes. Everything else is written as it stands. `COUNTERSIGN_ERROR_JSON` means that
// `json` is not JSON, or that it has nothing there.
//
// # Safety
// `error` is null or a handle that lives. `json` and `pointer` are null or lead to so many bytes. `value` and `value_length` are
// null or may be written.
countersign_result countersign_json_get(const countersign_error *error,
                                        const char *json,
                                        size_t json_length,
                                        const char *pointer,
                                        size_t pointer_length,
                                        char *value,
                                        size_t *value_length);

// Writes a text as JSON, with its quotes and escapes. Never put a text into a form without it: a caller's `"` would end it.
//
// # Safety
// `error` is null or a handle that lives. `text` is null or leads to so many bytes. `quoted` and `quoted_length` are null or may
// be written.
countersign_result countersign_json_quote(const countersign_error *error,
                                          const char *text,
                                          size_t text_length,
                                          char *quoted,
                                          size_t *quoted_length);

// Reads a key URI, `otpauth://..`. Its secret holds 16 to 128 bytes. A URI of Steam is refused.
//
// # Safety
// `error` is null or a handle that lives. `uri` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_key_uri_parse(const countersign_error *error,
                                             const char *uri,
                                             size_t uri_length,
                                             countersign_key_uri **to);

// Reads the key URI of a customer who was enrolled elsewhere, with a secret of 10 to 15 bytes. Give them a fresh one soon.
//
// # Safety
// As `countersign_key_uri_parse`.
countersign_result countersign_key_uri_import_short(const countersign_error *error,
                                                    const char *uri,
                                                    size_t uri_length,
                                                    countersign_key_uri **to);

// Writes the text of the URI. It holds the secret: show it once, over a protected channel, and keep it sealed or not at all.
//
// # Safety
// `uri` is null or a handle that lives. `text` and `text_length` are null or may be written.
countersign_result countersign_key_uri_text(const countersign_key_uri *uri,
                                            char *text,
                                            size_t *text_length);

// Writes the issuer. It is empty if the URI has none.
//
// # Safety
// As `countersign_key_uri_text`.
countersign_result countersign_key_uri_issuer(const countersign_key_uri *uri, char *text, size_t *text_length);

// Writes the account.
//
// # Safety
// As `countersign_key_uri_text`.
countersign_result countersign_key_uri_account(const countersign_key_uri *uri, char *text, size_t *text_length);

// Draws the URI as a QR code for a terminal, in half blocks. Needs the feature `qr`.
//
// # Safety
// As `countersign_key_uri_text`.
countersign_result countersign_key_uri_qr_text(const countersign_key_uri *uri, char *text, size_t *text_length);

// Draws the URI as a QR code for a page, in SVG. Needs the feature `qr`.
//
// # Safety
// As `countersign_key_uri_text`.
countersign_result countersign_key_uri_qr_svg(const countersign_key_uri *uri, char *text, size_t *text_length);

// Writes whether the URI is of an app or of a token: `COUNTERSIGN_KEY_URI_..`.
//
// # Safety
// `uri` is null or a handle that lives. `kind` is null or may be written.
countersign_result countersign_key_uri_kind(const countersign_key_uri *uri, int32_t *kind);

// Writes 1 if the secret came in by `countersign_key_uri_import_short`, else 0.
//
// # Safety
// `uri` is null or a handle that lives. `short_secret` is null or may be written.
countersign_result countersign_key_uri_has_short_secret(const countersign_key_uri *uri, int32_t *short_secret);

// Draws a keyring of one root key and one long-term secret, each with the number 1.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_keyring_generate(const countersign_error *error, countersign_keyring **to);

// Makes a ring of one root key and one long-term secret that the host's key management gave: 32 bytes each.
//
// `root_id` and `generation` are their numbers: 1 to 2147483647. Hashes and blind indexes name the generation.
//
// # Safety
// `error` is null or a handle that lives. `root` and `secret` are null or lead to so many bytes. `to` is null or may be written.
countersign_result countersign_keyring_new(const countersign_error *error,
                                           uint32_t root_id,
                                           const uint8_t *root,
                                           size_t root_length,
                                           uint32_t generation,
                                           const uint8_t *secret,
                                           size_t secret_length,
                                           countersign_keyring **to);

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

// Gives a ring that writes under a new root with this id. The root is drawn. The root that wrote before only opens from now on.
//
// Store the bytes of the new ring before a value is sealed with it.
//
// # Safety
// `keyring` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_keyring_rotate(const countersign_keyring *keyring,
                                              uint32_t root_id,
                                              countersign_keyring **to);

// Gives a ring with one root more, which the host's key management gave. `state` is a `COUNTERSIGN_ROOT_..`.
//
// If the new root is active, the root that wrote before only opens from now on.
//
// # Safety
// `keyring` is null or a handle that lives. `root` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_keyring_with_root(const countersign_keyring *keyring,
                                                 int32_t state,
                                                 uint32_t root_id,
                                                 const uint8_t *root,
                                                 size_t root_length,
                                                 countersign_keyring **to);

// Gives a ring in which the root with this id is revoked. A root that writes is refused: rotate to another one first.
//
// # Safety
// `keyring` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_keyring_revoke(const countersign_keyring *keyring,
                                              uint32_t root_id,
                                              countersign_keyring **to);

// Gives a ring with an earlier generation of the long-term secret, for hashes and indexes that name it.
//
// # Safety
// `keyring` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_keyring_with_earlier_secret(const countersign_keyring *keyring,
                                                           uint32_t generation,
                                                           const uint8_t *secret,
                                                           size_t secret_length,
                                                           countersign_keyring **to);

// Gives a ring with the keys of these purposes alone, for a process that needs no more. `purposes` is a list of texts.
//
// It holds derived keys. Neither the roots nor the keys of other purposes follow from them.
//
// # Safety
// `keyring` is null or a handle that lives. `purposes` is null or leads to so many members, each null or of so many bytes. `to` is
// null or may be written.
countersign_result countersign_keyring_limited_to(const countersign_keyring *keyring,
                                                  const countersign_bytes *purposes,
                                                  size_t count,
                                                  countersign_keyring **to);

// Writes how many roots the ring has.
//
// # Safety
// `keyring` is null or a handle that lives. `count` is null or may be written.
countersign_result countersign_keyring_root_count(const countersign_keyring *keyring, size_t *count);

// Writes the id of the root with this index, and its state: a `COUNTERSIGN_ROOT_..`. The root with the index 0 is active.
//
// # Safety
// `keyring` is null or a handle that lives. `root_id` and `state` are null or may be written.
countersign_result countersign_keyring_root(const countersign_keyring *keyring,
                                            size_t index,
                                            uint32_t *root_id,
                                            int32_t *state);

// Takes a secret of 16 to 128 bytes under a suite, `OCRA-1:HOTP-SHA256-8:C-QN08` for example.
//
// `pin` is null if the suite has no PIN. Its hash alone is kept.
//
// # Safety
// `error` is null or a handle that lives. `suite`, `secret` and `pin` are null or lead to so many bytes. `to` is null or may
// be written.
countersign_result countersign_ocra_new(const countersign_error *error,
                                        const char *suite,
                                        size_t suite_length,
                                        const uint8_t *secret,
                                        size_t secret_length,
                                        const char *pin,
                                        size_t pin_length,
                                        countersign_ocra **to);

// Gives a copy that accepts so many counters after the next one as well: 0 to 99. Without this they are three.
//
// # Safety
// `ocra` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_ocra_with_look_ahead(const countersign_ocra *ocra,
                                                    uint32_t look_ahead,
                                                    countersign_ocra **to);

// Gives a copy that accepts so many time steps before and after the present one: 0 to 60. Without this it is one before.
//
// # Safety
// As `countersign_ocra_with_look_ahead`.
countersign_result countersign_ocra_with_time_window(const countersign_ocra *ocra,
                                                     uint32_t back,
                                                     uint32_t ahead,
                                                     countersign_ocra **to);

// Gives a copy that signs, and does nothing else. Signatures need a suite or a secret of their own.
//
// # Safety
// As `countersign_ocra_with_look_ahead`.
countersign_result countersign_ocra_for_signatures(const countersign_ocra *ocra, countersign_ocra **to);

// Gives a copy for one session. Its data go into every response.
//
// # Safety
// `ocra` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_in_session(const countersign_ocra *ocra,
                                               const uint8_t *data,
                                               size_t data_length,
                                               countersign_ocra **to);

// Draws a question for a login. Keep the challenge until the response comes.
//
// # Safety
// `ocra` is null or a handle that lives. `state` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_ask(const countersign_ocra *ocra,
                                        const uint8_t *state,
                                        size_t state_length,
                                        int64_t now,
                                        countersign_ocra_challenge **to);

// Asks for a signature of a text, which the customer keys in: an account number, or an amount.
//
// The text may come again, so the suite has a counter or a time step.
//
// # Safety
// As `countersign_ocra_ask`; `text` is null or leads to so many bytes.
countersign_result countersign_ocra_ask_to_sign_text(const countersign_ocra *ocra,
                                                     const uint8_t *state,
                                                     size_t state_length,
                                                     const char *text,
                                                     size_t text_length,
                                                     int64_t now,
                                                     countersign_ocra_challenge **to);

// Asks for a signature of the transaction that the context is about. The suite has questions of 32 characters or more, `QH64` for
// example.
//
// # Safety
// `ocra` and `context` are null or handles that live. `state` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_ask_to_sign(const countersign_ocra *ocra,
                                                const uint8_t *state,
                                                size_t state_length,
                                                const countersign_context *context,
                                                int64_t now,
                                                countersign_ocra_challenge **to);

// Answers a question, as the customer's device does. The response is given once `save` has stored the next state.
//
// `save` may be null if the suite has no counter: then there is no next state.
//
// # Safety
// `ocra` is null or a handle that lives. `state` and `question` are null or lead to so many bytes. `to` is null or may be
// written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_ocra_respond(const countersign_ocra *ocra,
                                            const uint8_t *state,
                                            size_t state_length,
                                            const char *question,
                                            size_t question_length,
                                            int64_t now,
                                            countersign_save save,
                                            void *user,
                                            countersign_text **to);

// Checks a response, and spends its question and every other one that was open. The verdict is written once `save` has stored
// the next state.
//
// `save` is not called for a response that is refused: it changes nothing, and the caller counts it.
//
// # Safety
// `ocra` and `challenge` are null or handles that live. `state` and `response` are null or lead to so many bytes. `verdict` is
// null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_ocra_check(const countersign_ocra *ocra,
                                          const uint8_t *state,
                                          size_t state_length,
                                          const countersign_ocra_challenge *challenge,
                                          const char *response,
                                          size_t response_length,
                                          int64_t now,
                                          countersign_save save,
                                          void *user,
                                          int32_t *verdict);

// Writes a state: how many responses were accepted, the counter of the next one, and the time step of the last one.
//
// A new device begins with three zeros, or with no bytes.
//
// # Safety
// `state` and `state_length` are null or may be written.
countersign_result countersign_ocra_write_state(uint64_t round,
                                                uint64_t counter,
                                                uint64_t step,
                                                uint8_t *state,
                                                size_t *state_length);

// Reads a state.
//
// # Safety
// `state` is null or leads to so many bytes. `round`, `counter` and `step` are null or may be written.
countersign_result countersign_ocra_read_state(const uint8_t *state,
                                               size_t state_length,
                                               uint64_t *round,
                                               uint64_t *counter,
                                               uint64_t *step);

// Reads a challenge that was kept as bytes.
//
// # Safety
// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_challenge_read(const countersign_error *error,
                                                   const uint8_t *kept,
                                                   size_t kept_length,
                                                   countersign_ocra_challenge **to);

// Writes the bytes to keep.
//
// # Safety
// `challenge` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
countersign_result countersign_ocra_challenge_bytes(const countersign_ocra_challenge *challenge,
                                                    uint8_t *kept,
                                                    size_t *kept_length);

// Writes the question, to be shown or said.
//
// # Safety
// `challenge` is null or a handle that lives. `question` and `question_length` are null or may be written.
countersign_result countersign_ocra_challenge_question(const countersign_ocra_challenge *challenge,
                                                       char *question,
                                                       size_t *question_length);

// Writes when the challenge expires. An accepted response ends it before.
//
// # Safety
// `challenge` is null or a handle that lives. `expires` is null or may be written.
countersign_result countersign_ocra_challenge_expires(const countersign_ocra_challenge *challenge, int64_t *expires);

// Joins two directions: `host`, in which the host answers, and `customer`, in which the customer does.
//
// # Safety
// `error`, `host` and `customer` are null or handles that live. `to` is null or may be written.
countersign_result countersign_ocra_server_new(const countersign_error *error,
                                               const countersign_ocra *host,
                                               const countersign_ocra *customer,
                                               countersign_ocra_server **to);

// Joins the same two directions for the customer's side.
//
// # Safety
// As `countersign_ocra_server_new`.
countersign_result countersign_ocra_client_new(const countersign_error *error,
                                               const countersign_ocra *host,
                                               const countersign_ocra *customer,
                                               countersign_ocra_client **to);

// Gives a copy of the host's side for one session. Its data go into every response of a suite that has them.
//
// # Safety
// `server` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_server_in_session(const countersign_ocra_server *server,
                                                      const uint8_t *data,
                                                      size_t data_length,
                                                      countersign_ocra_server **to);

// Gives a copy of the customer's side for one session.
//
// # Safety
// `client` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_client_in_session(const countersign_ocra_client *client,
                                                      const uint8_t *data,
                                                      size_t data_length,
                                                      countersign_ocra_client **to);

// Asks the host to prove itself. Keep the challenge until its answer comes.
//
// # Safety
// `client` is null or a handle that lives. `state` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_ocra_client_ask(const countersign_ocra_client *client,
                                               const uint8_t *state,
                                               size_t state_length,
                                               int64_t now,
                                               countersign_ocra_challenge **to);

// Answers the customer's question, and asks another. Both are given once `save` has stored the next state.
//
// The form of `task` is `task`: `{"task": "authenticate"}` for example. `save` may be null if the host's suite has no counter.
//
// # Safety
// `server` is null or a handle that lives. `state`, `question` and `task` are null or lead to so many bytes. `answer` and
// `challenge` are null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_ocra_server_challenge(const countersign_ocra_server *server,
                                                     const uint8_t *state,
                                                     size_t state_length,
                                                     const char *question,
                                                     size_t question_length,
                                                     const char *task,
                                                     size_t task_length,
                                                     int64_t now,
                                                     countersign_save save,
                                                     void *user,
                                                     countersign_text **answer,
                                                     countersign_ocra_challenge **challenge);

// Checks the customer's answer, and spends the question. The verdict is written once `save` has stored the next state.
//
// # Safety
// `server` and `challenge` are null or handles that live. `state` and `response` are null or lead to so many bytes. `verdict` is
// null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_ocra_server_check(const countersign_ocra_server *server,
                                                 const uint8_t *state,
                                                 size_t state_length,
                                                 const countersign_ocra_challenge *challenge,
                                                 const char *response,
                                                 size_t response_length,
                                                 int64_t now,
                                                 countersign_save save,
                                                 void *user,
                                                 int32_t *verdict);

// Checks the host's answer to the opening question. If it is right, `to` is the response to the host's own question. If not, `to`
// is null. Both are written once `save` has stored the next state.
//
// # Safety
// `client` and `opening` are null or handles that live. `state`, `question` and `answer` are null or lead to so many bytes. `verdict`
// and `to` are null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_ocra_client_check(const countersign_ocra_client *client,
                                                 const uint8_t *state,
                                                 size_t state_length,
                                                 const countersign_ocra_challenge *opening,
                                                 const char *question,
                                                 size_t question_length,
                                                 const char *answer,
                                                 size_t answer_length,
                                                 int64_t now,
                                                 countersign_save save,
                                                 void *user,
                                                 int32_t *verdict,
                                                 countersign_text **to);

// Draws a fresh secret for a suite, `OCRA-1:HOTP-SHA256-8:C-QN08` for example: as many bytes as its hash has.
//
// # Safety
// `error` is null or a handle that lives. `suite` is null or leads to so many bytes. `secret` and `secret_length` are null or
// may be written.
countersign_result countersign_ocra_fresh_secret(const countersign_error *error,
                                                 const char *suite,
                                                 size_t suite_length,
                                                 uint8_t *secret,
                                                 size_t *secret_length);

// Hashes a new password, if the rules accept it, at the cost of the pool, with the pepper of the keyring.
//
// # Safety
// `error`, `rules`, `keyring` and `permit` are null or handles that live. `password` is null or leads to so many bytes. `to` is
// null or may be written.
countersign_result countersign_password_hash_enrol(const countersign_error *error,
                                                   const char *password,
                                                   size_t password_length,
                                                   const countersign_password_rules *rules,
                                                   const countersign_keyring *keyring,
                                                   const countersign_hash_permit *permit,
                                                   countersign_password_hash **to);

// Hashes a new password without a pepper, for programs that cannot use one. A stolen database is then enough to guess at it.
//
// # Safety
// As `countersign_password_hash_enrol`.
countersign_result countersign_password_hash_enrol_without_pepper(const countersign_error *error,
                                                                  const char *password,
                                                                  size_t password_length,
                                                                  const countersign_password_rules *rules,
                                                                  const countersign_hash_permit *permit,
                                                                  countersign_password_hash **to);

// Makes a hash that no password matches, for a subject that has none or does not exist. Its check takes as long as another.
//
// # Safety
// `error`, `keyring` and `pool` are null or handles that live. `to` is null or may be written.
countersign_result countersign_password_hash_decoy(const countersign_error *error,
                                                   const countersign_keyring *keyring,
                                                   const countersign_hash_pool *pool,
                                                   countersign_password_hash **to);

// Reads a PHC string, of this library or of another program. A cost below OWASP's minimum is refused.
//
// # Safety
// `error` is null or a handle that lives. `phc` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_password_hash_parse(const countersign_error *error,
                                                   const char *phc,
                                                   size_t phc_length,
                                                   countersign_password_hash **to);

// Reads a PHC string of a weaker system, of any cost. The next right password replaces it.
//
// # Safety
// As `countersign_password_hash_parse`.
countersign_result countersign_password_hash_parse_weak(const countersign_error *error,
                                                        const char *phc,
                                                        size_t phc_length,
                                                        countersign_password_hash **to);

// Writes the PHC string, for the database.
//
// # Safety
// `hash` is null or a handle that lives. `phc` and `phc_length` are null or may be written.
countersign_result countersign_password_hash_phc(const countersign_password_hash *hash, char *phc, size_t *phc_length);

// Checks a password. If it is right and the hash is outdated, `save` gets the PHC string of a present one, without a NUL. The
// verdict is written after that.
//
// Count the try before this is called. `save` is not called for a wrong password, nor if the hash is a present one.
//
// # Safety
// `hash`, `keyring` and `permit` are null or handles that live. `password` is null or leads to so many bytes. `verdict` is null
// or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_password_hash_check(const countersign_password_hash *hash,
                                                   const char *password,
                                                   size_t password_length,
                                                   const countersign_keyring *keyring,
                                                   const countersign_hash_permit *permit,
                                                   countersign_save save,
                                                   void *user,
                                                   int32_t *verdict);

// Writes 1 if a right password will replace this hash: it has another cost than the pool, an old pepper or none. Else 0.
//
// # Safety
// `hash`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
countersign_result countersign_password_hash_needs_rehash(const countersign_password_hash *hash,
                                                          const countersign_keyring *keyring,
                                                          const countersign_hash_pool *pool,
                                                          int32_t *needs_rehash);

// Checks that the keyring has the pepper of the hash. Call it before a try is charged: a wrong key is not the caller's guess.
//
// # Safety
// `hash` and `keyring` are null or handles that live.
countersign_result countersign_password_hash_expect_pepper(const countersign_password_hash *hash,
                                                           const countersign_keyring *keyring);

// Makes rules for passwords. The form is `password_rules`: `{"multi_factor": true}` for example.
//
// `is_listed` may be null. It is called with up to six spellings of a new password, while the rules live.
//
// # Safety
// `error` is null or a handle that lives. `rules` is null or leads to so many bytes. `is_listed` keeps to its contract, and takes
// `user`, until `to` is freed. `to` is null or may be written.
countersign_result countersign_password_rules_new(const countersign_error *error,
                                                  const char *rules,
                                                  size_t rules_length,
                                                  countersign_is_listed is_listed,
                                                  void *user,
                                                  countersign_password_rules **to);

// Writes why the rules refuse a new password, or `COUNTERSIGN_REJECTION_NONE`. Show the customer the reason.
//
// # Safety
// `rules` is null or a handle that lives. `password` is null or leads to so many bytes. `rejection` is null or may be written.
countersign_result countersign_password_rules_check(const countersign_password_rules *rules,
                                                    const char *password,
                                                    size_t password_length,
                                                    int32_t *rejection);

// Makes rules for PINs. The form is `pin_rules`: `{"at_least": 6}` for example.
//
// # Safety
// As `countersign_password_rules_new`.
countersign_result countersign_pin_rules_new(const countersign_error *error,
                                             const char *rules,
                                             size_t rules_length,
                                             countersign_is_listed is_listed,
                                             void *user,
                                             countersign_pin_rules **to);

// Writes why the rules refuse a new PIN, or `COUNTERSIGN_REJECTION_NONE`.
//
// # Safety
// `rules` is null or a handle that lives. `pin` is null or leads to so many bytes. `rejection` is null or may be written.
countersign_result countersign_pin_rules_check(const countersign_pin_rules *rules,
                                               const char *pin,
                                               size_t pin_length,
                                               int32_t *rejection);

// Hashes a new pin, if the rules accept it, at the cost of the pool, with the pepper of the keyring.
//
// # Safety
// `error`, `rules`, `keyring` and `permit` are null or handles that live. `pin` is null or leads to so many bytes. `to` is
// null or may be written.
countersign_result countersign_pin_hash_enrol(const countersign_error *error,
                                              const char *pin,
                                              size_t pin_length,
                                              const countersign_pin_rules *rules,
                                              const countersign_keyring *keyring,
                                              const countersign_hash_permit *permit,
                                              countersign_pin_hash **to);

// Makes a hash that no PIN matches, for a subject that has none or does not exist. Its check takes as long as another.
//
// # Safety
// `error`, `keyring` and `pool` are null or handles that live. `to` is null or may be written.
countersign_result countersign_pin_hash_decoy(const countersign_error *error,
                                              const countersign_keyring *keyring,
                                              const countersign_hash_pool *pool,
                                              countersign_pin_hash **to);

// Reads a PHC string of this library. It always has a pepper.
//
// # Safety
// `error` is null or a handle that lives. `phc` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_pin_hash_parse(const countersign_error *error,
                                              const char *phc,
                                              size_t phc_length,
                                              countersign_pin_hash **to);

// Writes the PHC string, for the database.
//
// # Safety
// `hash` is null or a handle that lives. `phc` and `phc_length` are null or may be written.
countersign_result countersign_pin_hash_phc(const countersign_pin_hash *hash, char *phc, size_t *phc_length);

// Checks a PIN. If it is right and the hash is outdated, `save` gets the PHC string of a present one, without a NUL. The
// verdict is written after that.
//
// Count the try before this is called. `save` is not called for a wrong pin, nor if the hash is a present one.
//
// # Safety
// `hash`, `keyring` and `permit` are null or handles that live. `pin` is null or leads to so many bytes. `verdict` is null
// or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_pin_hash_check(const countersign_pin_hash *hash,
                                              const char *pin,
                                              size_t pin_length,
                                              const countersign_keyring *keyring,
                                              const countersign_hash_permit *permit,
                                              countersign_save save,
                                              void *user,
                                              int32_t *verdict);

// Writes 1 if a right PIN will replace this hash: it has another cost than the pool, or an old pepper. Else 0.
//
// # Safety
// `hash`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
countersign_result countersign_pin_hash_needs_rehash(const countersign_pin_hash *hash,
                                                     const countersign_keyring *keyring,
                                                     const countersign_hash_pool *pool,
                                                     int32_t *needs_rehash);

// Checks that the keyring has the pepper of the hash. Call it before a try is charged: a wrong key is not the caller's guess.
//
// # Safety
// `hash` and `keyring` are null or handles that live.
countersign_result countersign_pin_hash_expect_pepper(const countersign_pin_hash *hash,
                                                      const countersign_keyring *keyring);

// Reads a policy document in TOML.
//
// # Safety
// `error` is null or a handle that lives. `document` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_policy_from_toml(const countersign_error *error,
                                                const char *document,
                                                size_t document_length,
                                                countersign_policy **to);

// Reads a policy document in JSON, under the keys of TOML.
//
// # Safety
// As `countersign_policy_from_toml`.
countersign_result countersign_policy_from_json(const countersign_error *error,
                                                const char *document,
                                                size_t document_length,
                                                countersign_policy **to);

// Reads a preset: `contact_center`, `bank_psd2`, `nist_aal2` or `help_desk`.
//
// # Safety
// `error` is null or a handle that lives. `name` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_policy_preset(const countersign_error *error,
                                             const char *name,
                                             size_t name_length,
                                             countersign_policy **to);

// Finds what is wrong with a policy. The forms are `deployment` and `findings`. Without findings, the list is empty.
//
// No deployment means that everything can be enrolled, and that no session is too long.
//
// # Safety
// `policy` is null or a handle that lives. `deployment` is null or leads to so many bytes. `findings` is null or may be
// written.
countersign_result countersign_policy_lint(const countersign_policy *policy,
                                           const char *deployment,
                                           size_t deployment_length,
                                           countersign_text **findings);

// Compares a policy with a newer one: a list of texts, each with a smallest example of what only one of them allows.
//
// # Safety
// `policy` and `newer` are null or handles that live. `differences` is null or may be written.
countersign_result countersign_policy_diff(const countersign_policy *policy,
                                           const countersign_policy *newer,
                                           countersign_text **differences);

// Checks that a policy states each action and each tier that the host names. The form is `names`. Call it at the start.
//
// # Safety
// `policy` is null or a handle that lives. `names` is null or leads to so many bytes.
countersign_result countersign_policy_requires(const countersign_policy *policy,
                                               const char *names,
                                               size_t names_length);

// Writes a policy as the procedure that an agent follows, in Markdown. The language is `en`, `id` or `de`.
//
// # Safety
// `policy` is null or a handle that lives. `language` is null or leads to so many bytes. `handbook` is null or may be written.
countersign_result countersign_policy_handbook(const countersign_policy *policy,
                                               const char *language,
                                               size_t language_length,
                                               countersign_text **handbook);

// Writes a policy as tables in Markdown: the evidence that is enough for each action and tier.
//
// # Safety
// `policy` is null or a handle that lives. `table` is null or may be written.
countersign_result countersign_policy_table(const countersign_policy *policy, countersign_text **table);

// Gives the numbers of the questions to ask, as a list in JSON. They stand until they are answered.
//
// # Safety
// `verifier` is null or a handle that lives. `subject` is null or leads to so many bytes. `questions` is null or may be written.
countersign_result countersign_verifier_questions(const countersign_verifier *verifier,
                                                  const char *subject,
                                                  size_t subject_length,
                                                  countersign_text **questions);

// Gives the questions to ask, for a screen. The form is `prompts`.
//
// # Safety
// As `countersign_verifier_questions`.
countersign_result countersign_verifier_prompts(const countersign_verifier *verifier,
                                                const char *subject,
                                                size_t subject_length,
                                                countersign_text **prompts);

// Gives the letters of the memorable word to ask for. The form is `word_prompt`. They stand until they are given.
//
// # Safety
// As `countersign_verifier_questions`.
countersign_result countersign_verifier_word_prompt(const countersign_verifier *verifier,
                                                    const char *subject,
                                                    size_t subject_length,
                                                    countersign_text **prompt);

// Gives the factors that a subject could show now, and the locks in this interaction. The form is `status`.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `status` is null or may
// be written.
countersign_result countersign_verifier_status(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               const countersign_context *context,
                                               countersign_text **status);

// Gives the evidence of an interaction. The form is `evidence`.
//
// # Safety
// As `countersign_verifier_status`.
countersign_result countersign_verifier_evidence(const countersign_verifier *verifier,
                                                 const char *subject,
                                                 size_t subject_length,
                                                 const countersign_context *context,
                                                 countersign_text **evidence);

// Hashes codes under a key: 32 random bytes or more, which are not stored where the states are.
//
// # Safety
// `error` is null or a handle that lives. `key` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_recovery_new(const countersign_error *error,
                                            const uint8_t *key,
                                            size_t key_length,
                                            countersign_recovery **to);

// Makes a list of 1 to 16 codes, which voids an earlier one. It is given once `save` has stored its hashes, and never again.
//
// The text has one code a line: print it with the date of `now`, and free it.
//
// # Safety
// `recovery` is null or a handle that lives. `to` is null or may be written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_recovery_issue(const countersign_recovery *recovery,
                                              uint32_t count,
                                              int64_t now,
                                              countersign_save save,
                                              void *user,
                                              countersign_text **to);

// Checks a code, and takes it out. The verdict is written once `save` has stored the codes that are left.
//
// No state is a list without codes. `save` is not called for a code that is refused: the caller counts it.
//
// # Safety
// `recovery` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
// written. `save` keeps to its contract, and takes `user`.
countersign_result countersign_recovery_check(const countersign_recovery *recovery,
                                              const uint8_t *state,
                                              size_t state_length,
                                              const char *code,
                                              size_t code_length,
                                              countersign_save save,
                                              void *user,
                                              int32_t *verdict);

// Reads a state: how many codes are left, when the list was made, and whether to offer a new one (1), as two or fewer are left.
//
// # Safety
// `state` is null or leads to so many bytes. `left`, `created` and `needs_renewal` are null or may be written.
countersign_result countersign_recovery_read_state(const uint8_t *state,
                                                   size_t state_length,
                                                   uint32_t *left,
                                                   int64_t *created,
                                                   int32_t *needs_renewal);

// Makes settings. The form is `settings`. The keyring is copied.
//
// # Safety
// `error` and `keyring` are null or handles that live. `form` is null or leads to so many bytes. `to` is null or may be
// written.
countersign_result countersign_settings_new(const countersign_error *error,
                                            const char *form,
                                            size_t form_length,
                                            const countersign_keyring *keyring,
                                            countersign_settings **to);

// Writes the keyed hash of an interaction's id: 16 bytes. Events name the interaction by it.
//
// # Safety
// `settings` and `context` are null or handles that live. `hash` and `hash_length` are null or may be written.
countersign_result countersign_settings_interaction_hash(const countersign_settings *settings,
                                                         const countersign_context *context,
                                                         uint8_t *hash,
                                                         size_t *hash_length);

// Writes the keyed hash of an agent's name: 16 bytes. Events of changes that wait name agents by it.
//
// # Safety
// `settings` is null or a handle that lives. `agent` is null or leads to so many bytes. `hash` and `hash_length` are null or may be
// written.
countersign_result countersign_settings_agent_hash(const countersign_settings *settings,
                                                   const char *agent,
                                                   size_t agent_length,
                                                   uint8_t *hash,
                                                   size_t *hash_length);

// Writes where the text stands, and how many bytes it has. A NUL follows them, and does not count here.
//
// The bytes stand until the object is freed. Do not write them.
//
// # Safety
// `text` is null or a handle that lives. `data` and `length` are null or may be written.
countersign_result countersign_text_data(const countersign_text *text, const char **data, size_t *length);

// Copies the text into a buffer.
//
// # Safety
// `text` is null or a handle that lives. `copy` and `copy_length` are null or may be written.
countersign_result countersign_text_copy(const countersign_text *text, char *copy, size_t *copy_length);

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

// Checks the code that confirms an enrolment, claims its step, and learns whether the app's clock runs ahead.
//
// It also accepts the code of the next step. Use it for the first code of a new secret only.
//
// # Safety
// As `countersign_totp_check`.
countersign_result countersign_totp_confirm(const countersign_totp *totp,
                                            const uint8_t *state,
                                            size_t state_length,
                                            const char *code,
                                            size_t code_length,
                                            int64_t now,
                                            countersign_save save,
                                            void *user,
                                            int32_t *verdict);

// Checks two consecutive codes at once, for a customer whose app's clock runs ahead. They are one try.
//
// # Safety
// As `countersign_totp_check`.
countersign_result countersign_totp_check_pair(const countersign_totp *totp,
                                               const uint8_t *state,
                                               size_t state_length,
                                               const char *first,
                                               size_t first_length,
                                               const char *second,
                                               size_t second_length,
                                               int64_t now,
                                               countersign_save save,
                                               void *user,
                                               int32_t *verdict);

// Writes the URI that tells an app this secret, as belonging to `account` at `issuer`.
//
// # Safety
// `totp` is null or a handle that lives. `issuer` and `account` are null or lead to so many bytes. `to` is null or may be
// written.
countersign_result countersign_totp_key_uri(const countersign_totp *totp,
                                            const char *issuer,
                                            size_t issuer_length,
                                            const char *account,
                                            size_t account_length,
                                            countersign_key_uri **to);

// Takes the secret and its settings from a key URI of an app.
//
// # Safety
// `error` and `uri` are null or handles that live. `to` is null or may be written.
countersign_result countersign_totp_from_key_uri(const countersign_error *error,
                                                 const countersign_key_uri *uri,
                                                 countersign_totp **to);

// Writes the state of an app that another system has checked until now.
//
// `next_step` is one more than the step of the last accepted code, or 0. `runs_ahead` is 1 if the app's clock was found to run
// ahead, else 0.
//
// # Safety
// `state` and `state_length` are null or may be written.
countersign_result countersign_totp_write_state(uint64_t next_step,
                                                int32_t runs_ahead,
                                                uint8_t *state,
                                                size_t *state_length);

// Reads a state: the first step that is still free, and whether the app's clock was found to run ahead.
//
// # Safety
// `state` is null or leads to so many bytes. `next_step` and `runs_ahead` are null or may be written.
countersign_result countersign_totp_read_state(const uint8_t *state,
                                               size_t state_length,
                                               uint64_t *next_step,
                                               int32_t *runs_ahead);

// Writes how many values there are.
//
// # Safety
// `values` is null or a handle that lives. `count` is null or may be written.
countersign_result countersign_values_count(const countersign_values *values, size_t *count);

// Writes where the value with this index stands, and how many bytes it has. The first index is 0.
//
// The bytes stand until the object is freed. Do not write them.
//
// # Safety
// `values` is null or a handle that lives. `data` and `length` are null or may be written.
countersign_result countersign_values_data(const countersign_values *values,
                                           size_t index,
                                           const uint8_t **data,
                                           size_t *length);

// Copies the value with this index into a buffer.
//
// # Safety
// `values` is null or a handle that lives. `copy` and `copy_length` are null or may be written.
countersign_result countersign_values_copy(const countersign_values *values,
                                           size_t index,
                                           uint8_t *copy,
                                           size_t *copy_length);

// Opens a verifier over a store. Make one for a process, and share it: it counts the records of unknown names.
//
// | location | store |
// |---|---|
// | a path | a SQLite file, which several processes of this machine share |
// | `redis://..`, `rediss://..` | a Redis server or cluster |
// | `postgres://..` | a PostgreSQL server, without TLS, with the tables of `countersign_postgres_migrate` |
// | empty | the functions `load` and `replace` of `callbacks` |
//
// A process must not open the SQLite file by another copy of SQLite while a verifier has it open. Two copies in one process break
// each other's locks, and so the file (SQLite, "How To Corrupt An SQLite Database File", 2.2.1).
//
// `callbacks` may be null: then the clock is the machine's, and there is no audit trail. The settings and the callbacks are
// copied. What `user` leads to must outlive the verifier.
//
// # Safety
// `error` and `settings` are null or handles that live. `location` is null or leads to so many bytes. `callbacks` is null or
// leads to a struct that says its size. `to` is null or may be written.
countersign_result countersign_verifier_open(const countersign_error *error,
                                             const countersign_settings *settings,
                                             const char *location,
                                             size_t location_length,
                                             const countersign_callbacks *callbacks,
                                             countersign_verifier **to);

// Makes the tables of a store in PostgreSQL, or brings them to the layout of this version. It needs the right to make tables.
//
// # Safety
// `error` is null or a handle that lives. `url` is null or leads to so many bytes.
countersign_result countersign_postgres_migrate(const countersign_error *error,
                                                const char *url,
                                                size_t url_length);

// Lists the changes that wait. The form is `pending`. `by` is a `COUNTERSIGN_BY_..`: a grant is for `authenticator.list`.
//
// # Safety
// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `pending` is
// null or may be written.
countersign_result countersign_verifier_pending(const countersign_verifier *verifier,
                                                const char *subject,
                                                size_t subject_length,
                                                int32_t by,
                                                const countersign_grant *grant,
                                                const countersign_context *context,
                                                countersign_text **pending);

// Cancels a change that waits, by evidence of any factor in this interaction. A host cancels by the change `cancel_pending`.
//
// The outcome is a `COUNTERSIGN_OUTCOME_..`: accepted, if it is cancelled. It is denied, if nothing of this id waits or the interaction
// holds no evidence.
//
// # Safety
// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `outcome` is null or may be
// written.
countersign_result countersign_verifier_cancel(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               uint16_t id,
                                               const countersign_context *context,
                                               int32_t *outcome);

// Gives a message to each confirmed address of a subject, to be sent. The forms are `notice` and `warnings`. `from` is the name of
// the host as customers know it.
//
// # Safety
// `verifier` and `wording` are null or handles that live. `subject`, `notice` and `from` are null or lead to so many bytes.
// `warnings` is null or may be written.
countersign_result countersign_verifier_warnings(const countersign_verifier *verifier,
                                                 const char *subject,
                                                 size_t subject_length,
                                                 const char *notice,
                                                 size_t notice_length,
                                                 const char *from,
                                                 size_t from_length,
                                                 const countersign_wording *wording,
                                                 countersign_text **warnings);

// Brings the records of a page under the root that writes. Call it until the answer has `is_done`.
//
// `place` is empty at the beginning, and later the `place` of the last answer: keep it in a file, and any process goes on from
// there. `page` is how many records a call does: 0 stands for 256, and 4,096 are the most. The form of the answer is `rekey`. Add the numbers of
// all pages up.
//
// A root can be destroyed if no page of a whole walk has it in `roots` or `word_roots`. Before, see that no process writes under it.
//
// # Safety
// `verifier` is null or a handle that lives. `place` is null or leads to so many bytes. `rekey` is null or may be written.
countersign_result countersign_verifier_rekey(const countersign_verifier *verifier,
                                              const char *place,
                                              size_t place_length,
                                              size_t page,
                                              countersign_text **rekey);

// Counts over all accounts, in one pass. The form is `account_report`. `lists` has names of findings, as a list in JSON: the store keys of
// the accounts that have them are told, too. It may be empty.
//
// # Safety
// `verifier` is null or a handle that lives. `lists` is null or leads to so many bytes. `report` is null or may be written.
countersign_result countersign_verifier_report(const countersign_verifier *verifier,
                                               const char *lists,
                                               size_t lists_length,
                                               countersign_text **report);

// Gives what is kept of a subject, in words, without a secret. The form is `export`. `pseudonym` in it is the subject's name in the audit trail.
//
// The authority is the host, or a grant for `account.export`: see `countersign_verifier_change`.
//
// # Safety
// `verifier` and `context` are null or handles that live, and so is `grant`. `subject` is null or leads to so many bytes. `kept`
// is null or may be written.
countersign_result countersign_verifier_export(const countersign_verifier *verifier,
                                               const char *subject,
                                               size_t subject_length,
                                               int32_t by,
                                               const countersign_grant *grant,
                                               const countersign_context *context,
                                               countersign_text **kept);

// Derives the key for the words of a realm. Take it from another keyring than that of the accounts, if you have a second place
// for keys.
//
// # Safety
// `error` and `keyring` are null or handles that live. `realm` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_word_key_new(const countersign_error *error,
                                            const countersign_keyring *keyring,
                                            const char *realm,
                                            size_t realm_length,
                                            countersign_word_key **to);

// Seals a word for a subject, and draws the letters to ask for first. It has 8 to 24 letters, five of them different.
//
// `blocklist` may be null. The error names the rule, never the word.
//
// # Safety
// Each handle is null or lives. `word`, `realm` and `id` are null or lead to so many bytes. `to` is null or may be written.
countersign_result countersign_word_enrol(const countersign_error *error,
                                          const char *word,
                                          size_t word_length,
                                          const countersign_answer_blocklist *blocklist,
                                          const char *realm,
                                          size_t realm_length,
                                          const char *id,
                                          size_t id_length,
                                          const countersign_word_key *key,
                                          countersign_word **to);

// Makes a word for a subject that has none or does not exist. No letters are ever right, and the check does the same work.
//
// # Safety
// Each handle is null or lives. `realm` and `id` are null or lead to so many bytes. `to` is null or may be written.
countersign_result countersign_word_for_unknown(const countersign_error *error,
                                                const char *realm,
                                                size_t realm_length,
                                                const char *id,
                                                size_t id_length,
                                                const countersign_keyring *keyring,
                                                const countersign_word_key *key,
                                                countersign_word **to);

// Reads a word that was kept as bytes.
//
// # Safety
// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_word_read(const countersign_error *error,
                                         const uint8_t *kept,
                                         size_t kept_length,
                                         countersign_word **to);

// Writes the bytes to keep. The word is sealed in them.
//
// # Safety
// `word` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
countersign_result countersign_word_bytes(const countersign_word *word, uint8_t *kept, size_t *kept_length);

// Gives the letters that are asked for. The form is `word_prompt`.
//
// # Safety
// `word` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_word_prompt(const countersign_word *word, countersign_text **to);

// Checks the letters that were asked for, as a text with blanks between them: `"e r n"`. The verdict is written once `save` has
// stored the bytes of the next word.
//
// Letters that are right ask for others next. On a channel with a person of yours they count as heard, right or wrong.
//
// # Safety
// Each handle is null or lives. `letters`, `realm` and `id` are null or lead to so many bytes. `verdict` is null or may be written.
// `save` keeps to its contract, and takes `user`.
countersign_result countersign_word_check(const countersign_word *word,
                                          const char *letters,
                                          size_t letters_length,
                                          const char *realm,
                                          size_t realm_length,
                                          const char *id,
                                          size_t id_length,
                                          const countersign_word_key *key,
                                          const countersign_context *context,
                                          countersign_save save,
                                          void *user,
                                          int32_t *verdict);

// Writes how many letters the word has, how many of them people of yours have heard, and whether to ask for a new word (1).
//
// # Safety
// `word` is null or a handle that lives. `letters`, `exposed_letters` and `is_renewal_due` are null or may be written.
countersign_result countersign_word_exposure(const countersign_word *word,
                                             uint32_t *letters,
                                             uint32_t *exposed_letters,
                                             int32_t *is_renewal_due);

// Makes a wording. The form is `wording`.
//
// # Safety
// `error` is null or a handle that lives. `wording` is null or leads to so many bytes. `to` is null or may be written.
countersign_result countersign_wording_new(const countersign_error *error,
                                           const char *wording,
                                           size_t wording_length,
                                           countersign_wording **to);

// Makes the English wording of the library.
//
// # Safety
// `error` is null or a handle that lives. `to` is null or may be written.
countersign_result countersign_wording_english(const countersign_error *error, countersign_wording **to);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COUNTERSIGN_H */
