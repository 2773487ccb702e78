// Keyrings, sealed fields, rows and blind indexes. With arguments: a keyring and a value from Rust, and one for it.

#include "row.h"

#define PART(text) {text, sizeof(text) - 1}
// A list, as two arguments.
#define LIST(list) (list), sizeof(list) / sizeof *(list)

static const countersign_bytes PLACE[] = {PART("customers"), PART("note"), PART("42")};
static const countersign_bytes OTHER[] = {PART("customers"), PART("note"), PART("43")};
static const uint8_t NOTE[] = "prefers mornings";
enum { LENGTH = sizeof NOTE - 1, SEALED = LENGTH + COUNTERSIGN_FIELD_OVERHEAD };

static countersign_keyring *ring(void) {
    countersign_keyring *ring = NULL;
    OK(countersign_keyring_generate(NULL, &ring));
    return ring;
}

static countersign_field_cipher *cipher_of(const countersign_keyring *ring) {
    countersign_field_cipher *cipher = NULL;
    OK(countersign_field_cipher_new(NULL, ring, TEXT("bank"), TEXT("customers"), &cipher));
    return cipher;
}

static void seal(const countersign_field_cipher *cipher, uint8_t sealed[SEALED]) {
    size_t length = SEALED;
    OK(countersign_field_cipher_seal(cipher, LIST(PLACE), NOTE, LENGTH, sealed, &length));
    CHECK(length == SEALED);
}

static countersign_result open_note(const countersign_field_cipher *cipher, const uint8_t sealed[SEALED]) {
    uint8_t text[LENGTH];
    size_t length = sizeof text;
    countersign_result result = countersign_field_cipher_open(cipher, LIST(PLACE), sealed, SEALED, text, &length);
    CHECK(result != COUNTERSIGN_OK || (length == LENGTH && memcmp(text, NOTE, LENGTH) == 0));
    return result;
}

static int holds(const void *handle, const char *words) {
    char text[256];
    size_t length = sizeof text;
    OK(countersign_last_error(handle, text, &length));
    return strstr(text, words) != NULL;
}

static void keyrings(void) {
    countersign_keyring *first = ring(), *second = NULL, *third = NULL, *read = NULL;
    uint8_t bytes[1024], sealed[SEALED];
    size_t length = sizeof bytes, count = 0;
    uint32_t id = 0;
    int32_t state = 0;
    OK(countersign_keyring_root_count(first, &count));
    OK(countersign_keyring_root(first, 0, &id, &state));
    CHECK(count == 1 && id == 1 && state == COUNTERSIGN_ROOT_ACTIVE);
    countersign_field_cipher *cipher = cipher_of(first);
    seal(cipher, sealed);

    // Rotation, through the bytes that a host stores.
    OK(countersign_keyring_rotate(first, 2, &second));
    OK(countersign_keyring_bytes(second, NULL, &length));
    size_t needed = length--;
    FAILS(BUFFER_TOO_SMALL, countersign_keyring_bytes(second, bytes, &length));
    CHECK(length == needed);
    OK(countersign_keyring_bytes(second, bytes, &length));
    OK(countersign_keyring_from_bytes(NULL, bytes, length, &read));
    OK(countersign_keyring_root_count(read, &count));
    OK(countersign_keyring_root(read, 0, &id, &state));
    CHECK(count == 2 && id == 2 && state == COUNTERSIGN_ROOT_ACTIVE);
    OK(countersign_keyring_root(read, 1, &id, &state));
    CHECK(id == 1 && state == COUNTERSIGN_ROOT_READABLE);
    countersign_field_cipher *rotated = cipher_of(read);
    OK(open_note(rotated, sealed));

    // A revoked root opens nothing, except for a call that names it.
    OK(countersign_keyring_revoke(read, 1, &third));
    OK(countersign_keyring_root(third, 1, &id, &state));
    CHECK(id == 1 && state == COUNTERSIGN_ROOT_REVOKED);
    countersign_field_cipher *revoked = cipher_of(third);
    FAILS(MISSING_KEY, open_note(revoked, sealed));
    uint8_t again[SEALED];
    length = sizeof again;
    FAILS(MISSING_KEY, countersign_field_cipher_reseal(revoked, LIST(PLACE), sealed, SEALED, again, &length));
    OK(countersign_field_cipher_reseal_revoked(revoked, 1, LIST(PLACE), sealed, SEALED, again, &length));
    OK(open_note(revoked, again));
    FAILS(MISSING_KEY, countersign_field_cipher_reseal_revoked(revoked, 2, LIST(PLACE), sealed, SEALED, again, &length));

    countersign_keyring *none = NULL;
    FAILS(BAD_INPUT, countersign_keyring_revoke(third, 2, &none));
    CHECK(holds(third, "rotate"));
    FAILS(BAD_INPUT, countersign_keyring_revoke(third, 9, &none));
    FAILS(BAD_INPUT, countersign_keyring_rotate(third, 2, &none));
    FAILS(BAD_INPUT, countersign_keyring_rotate(third, 0, &none));
    FAILS(BAD_INPUT, countersign_keyring_rotate(third, 0x80000000, &none));
    FAILS(NULL, countersign_keyring_rotate(NULL, 3, &none));
    FAILS(NULL, countersign_keyring_rotate(third, 3, NULL));
    FAILS(NULL, countersign_keyring_revoke(NULL, 3, &none));
    FAILS(NULL, countersign_keyring_revoke(third, 1, NULL));
    id = 99;
    FAILS(UNKNOWN_NUMBER, countersign_keyring_root(third, 2, &id, &state));
    FAILS(UNKNOWN_NUMBER, countersign_keyring_root(third, SIZE_MAX, &id, &state));
    FAILS(NULL, countersign_keyring_root(third, 0, NULL, &state));
    FAILS(NULL, countersign_keyring_root(third, 0, &id, NULL));
    FAILS(NULL, countersign_keyring_root(NULL, 0, &id, &state));
    FAILS(NULL, countersign_keyring_root_count(third, NULL));
    FAILS(NULL, countersign_keyring_root_count(NULL, &count));
    FAILS(HANDLE, countersign_keyring_root_count((const countersign_keyring *)cipher, &count));
    FAILS(NULL, countersign_keyring_generate(NULL, NULL));
    FAILS(NULL, countersign_keyring_from_bytes(NULL, bytes, 9, NULL));
    FAILS(NULL, countersign_keyring_from_bytes(NULL, NULL, 9, &none));
    FAILS(LENGTH, countersign_keyring_from_bytes(NULL, bytes, SIZE_MAX, &none));
    FAILS(CORRUPT, countersign_keyring_from_bytes(NULL, bytes, 9, &none));
    FAILS(CORRUPT, countersign_keyring_from_bytes(NULL, NULL, 0, &none));
    FAILS(NULL, countersign_keyring_bytes(first, bytes, NULL));
    FAILS(NULL, countersign_keyring_bytes(NULL, bytes, &length));
    length = SIZE_MAX;
    FAILS(LENGTH, countersign_keyring_bytes(first, bytes, &length));
    CHECK(none == NULL && id == 99);

    OK(countersign_free(first));
    OK(countersign_free(second));
    OK(countersign_free(read));
    OK(countersign_free(third));
    // A cipher outlives its ring.
    OK(open_note(cipher, sealed));
    OK(countersign_free(cipher));
    OK(countersign_free(rotated));
    OK(countersign_free(revoked));
}

static void keys_of_a_key_management(void) {
    uint8_t root[32], secret[32], other[32];
    memset(root, 1, sizeof root);
    memset(secret, 2, sizeof secret);
    memset(other, 3, sizeof other);
    countersign_error *error = NULL;
    countersign_keyring *plain = NULL, *more = NULL, *both = NULL, *desk = NULL, *none = NULL;
    OK(countersign_error_new(&error));
    OK(countersign_keyring_new(error, 1, root, 32, 7, secret, 32, &plain));
    FAILS(BAD_INPUT, countersign_keyring_new(error, 1, root, 31, 7, secret, 32, &none));
    CHECK(holds(error, "root: must have 32 bytes"));
    FAILS(BAD_INPUT, countersign_keyring_new(error, 1, root, 32, 7, secret, 0, &none));
    CHECK(holds(error, "secret: must have 32 bytes"));
    FAILS(BAD_INPUT, countersign_keyring_new(error, 0, root, 32, 7, secret, 32, &none));
    FAILS(BAD_INPUT, countersign_keyring_new(error, 1, root, 32, 0x80000000, secret, 32, &none));
    FAILS(NULL, countersign_keyring_new(error, 1, NULL, 32, 7, secret, 32, &none));
    CHECK(holds(error, "root"));
    FAILS(NULL, countersign_keyring_new(error, 1, root, 32, 7, NULL, 32, &none));
    FAILS(LENGTH, countersign_keyring_new(error, 1, root, SIZE_MAX, 7, secret, 32, &none));
    FAILS(NULL, countersign_keyring_new(error, 1, root, 32, 7, secret, 32, NULL));
    FAILS(HANDLE, countersign_keyring_new((countersign_error *)plain, 1, root, 32, 7, secret, 32, &none));

    uint8_t sealed[SEALED];
    countersign_field_cipher *cipher = cipher_of(plain);
    seal(cipher, sealed);
    OK(countersign_free(cipher));

    // The same root, in each state.
    const int32_t states[] = {COUNTERSIGN_ROOT_READABLE, COUNTERSIGN_ROOT_REVOKED, COUNTERSIGN_ROOT_ACTIVE};
    for (int i = 0; i < 3; i++) {
        countersign_keyring *second = NULL;
        OK(countersign_keyring_new(NULL, 2, other, 32, 7, secret, 32, &second));
        OK(countersign_keyring_with_root(second, states[i], 1, root, 32, &more));
        cipher = cipher_of(more);
        CHECK((open_note(cipher, sealed) == COUNTERSIGN_OK) == (states[i] != COUNTERSIGN_ROOT_REVOKED));
        uint32_t id = 0;
        int32_t state = 0;
        OK(countersign_keyring_root(more, 0, &id, &state));
        CHECK(state == COUNTERSIGN_ROOT_ACTIVE && id == (states[i] == COUNTERSIGN_ROOT_ACTIVE ? 1u : 2u));
        FAILS(BAD_INPUT, countersign_keyring_with_root(more, states[i], 1, root, 32, &none));
        OK(countersign_free(cipher));
        OK(countersign_free(second));
        OK(countersign_free(more));
    }
    FAILS(UNKNOWN_NUMBER, countersign_keyring_with_root(plain, 0, 3, other, 32, &none));
    FAILS(BAD_INPUT, countersign_keyring_with_root(plain, COUNTERSIGN_ROOT_ACTIVE, 3, other, 33, &none));
    FAILS(BAD_INPUT, countersign_keyring_with_root(plain, COUNTERSIGN_ROOT_ACTIVE, 3, root, 32, &none));
    FAILS(NULL, countersign_keyring_with_root(plain, COUNTERSIGN_ROOT_ACTIVE, 3, NULL, 32, &none));
    FAILS(NULL, countersign_keyring_with_root(plain, COUNTERSIGN_ROOT_ACTIVE, 3, other, 32, NULL));
    FAILS(NULL, countersign_keyring_with_root(NULL, COUNTERSIGN_ROOT_ACTIVE, 3, other, 32, &none));

    OK(countersign_keyring_with_earlier_secret(plain, 6, other, 32, &both));
    FAILS(BAD_INPUT, countersign_keyring_with_earlier_secret(both, 6, root, 32, &none));
    FAILS(BAD_INPUT, countersign_keyring_with_earlier_secret(both, 5, other, 32, &none));
    FAILS(BAD_INPUT, countersign_keyring_with_earlier_secret(both, 5, root, 1, &none));
    FAILS(NULL, countersign_keyring_with_earlier_secret(both, 5, NULL, 32, &none));
    FAILS(NULL, countersign_keyring_with_earlier_secret(both, 5, root, 32, NULL));
    FAILS(NULL, countersign_keyring_with_earlier_secret(NULL, 5, root, 32, &none));

    // A process that needs one purpose.
    const countersign_bytes purposes[] = {PART("customers")};
    OK(countersign_keyring_limited_to(both, LIST(purposes), &desk));
    cipher = cipher_of(desk);
    OK(open_note(cipher, sealed));
    countersign_field_cipher *payments = NULL;
    FAILS(BAD_INPUT, countersign_field_cipher_new(error, desk, TEXT("bank"), TEXT("payments"), &payments));
    const countersign_bytes broken[] = {PART(BROKEN)}, null[] = {{NULL, 3}}, huge[] = {{"x", SIZE_MAX}};
    FAILS(NOT_UTF8, countersign_keyring_limited_to(both, LIST(broken), &none));
    FAILS(NULL, countersign_keyring_limited_to(both, LIST(null), &none));
    FAILS(LENGTH, countersign_keyring_limited_to(both, LIST(huge), &none));
    FAILS(BAD_INPUT, countersign_keyring_limited_to(both, NULL, 0, &none));
    FAILS(NULL, countersign_keyring_limited_to(both, NULL, 1, &none));
    FAILS(LENGTH, countersign_keyring_limited_to(both, purposes, SIZE_MAX, &none));
    FAILS(NULL, countersign_keyring_limited_to(both, LIST(purposes), NULL));
    FAILS(NULL, countersign_keyring_limited_to(NULL, LIST(purposes), &none));
    CHECK(none == NULL && payments == NULL);

    OK(countersign_free(cipher));
    OK(countersign_free(desk));
    OK(countersign_free(both));
    OK(countersign_free(plain));
    OK(countersign_free(error));
}

static void ciphers(void) {
    countersign_keyring *keys = ring();
    countersign_error *error = NULL;
    countersign_field_cipher *none = NULL, *cipher = cipher_of(keys);
    OK(countersign_error_new(&error));
    FAILS(BAD_INPUT, countersign_field_cipher_new(error, keys, TEXT("bank"), NULL, 0, &none));
    CHECK(holds(error, "purpose"));
    FAILS(BAD_INPUT, countersign_field_cipher_new(error, keys, TEXT("bank"), TEXT("account"), &none));
    FAILS(BAD_INPUT, countersign_field_cipher_new(error, keys, NULL, 0, TEXT("customers"), &none));
    FAILS(NOT_UTF8, countersign_field_cipher_new(error, keys, TEXT(BROKEN), TEXT("customers"), &none));
    FAILS(NOT_UTF8, countersign_field_cipher_new(error, keys, TEXT("bank"), TEXT(BROKEN), &none));
    FAILS(NULL, countersign_field_cipher_new(error, NULL, TEXT("bank"), TEXT("customers"), &none));
    CHECK(holds(error, "keyring"));
    FAILS(HANDLE, countersign_field_cipher_new(error, (countersign_keyring *)cipher, TEXT("b"), TEXT("c"), &none));
    FAILS(NULL, countersign_field_cipher_new(error, keys, TEXT("bank"), TEXT("customers"), NULL));
    FAILS(LENGTH, countersign_field_cipher_new(error, keys, "b", SIZE_MAX, TEXT("customers"), &none));
    CHECK(none == NULL);

    // Lengths are asked for, or known.
    uint8_t sealed[SEALED + 8], text[SEALED], untouched[SEALED + 8];
    memset(untouched, 0xa5, sizeof untouched);
    memcpy(sealed, untouched, sizeof sealed);
    size_t length = 0;
    OK(countersign_field_cipher_seal(cipher, LIST(PLACE), NOTE, LENGTH, NULL, &length));
    CHECK(length == SEALED);
    length = SEALED - 1;
    FAILS(BUFFER_TOO_SMALL, countersign_field_cipher_seal(cipher, LIST(PLACE), NOTE, LENGTH, sealed, &length));
    CHECK(length == SEALED && memcmp(sealed, untouched, sizeof sealed) == 0);
    length = sizeof sealed;
    OK(countersign_field_cipher_seal(cipher, LIST(PLACE), NOTE, LENGTH, sealed, &length));
    CHECK(length == SEALED && memcmp(sealed + SEALED, untouched, 8) == 0);
    length = 0;
    OK(countersign_field_cipher_open(cipher, LIST(PLACE), sealed, SEALED, NULL, &length));
    CHECK(length == LENGTH);
    length = LENGTH - 1;
    FAILS(BUFFER_TOO_SMALL, countersign_field_cipher_open(cipher, LIST(PLACE), sealed, SEALED, text, &length));
    CHECK(length == LENGTH);
    OK(countersign_field_cipher_open(cipher, LIST(PLACE), sealed, SEALED, text, &length));
    CHECK(length == LENGTH && memcmp(text, NOTE, LENGTH) == 0);

    // Nothing, without a place.
    uint8_t empty[COUNTERSIGN_FIELD_OVERHEAD];
    length = sizeof empty;
    OK(countersign_field_cipher_seal(cipher, NULL, 0, NULL, 0, empty, &length));
    length = sizeof text;
    OK(countersign_field_cipher_open(cipher, NULL, 0, empty, sizeof empty, text, &length));
    CHECK(length == 0);

    // Another place, a bit, a byte less: one error, and nothing of the value. The length is not written.
    memcpy(text, untouched, sizeof text);
    length = sizeof text;
    FAILS(CORRUPT, countersign_field_cipher_open(cipher, LIST(OTHER), sealed, SEALED, text, &length));
    FAILS(CORRUPT, countersign_field_cipher_open(cipher, PLACE, 2, sealed, SEALED, text, &length));
    for (size_t i = 0; i < LENGTH; i++)
        CHECK(text[i] == 0 || text[i] == 0xa5);
    for (int byte = 0; byte < SEALED; byte++) {
        sealed[byte] ^= 0x10;
        countersign_result result =
            countersign_field_cipher_open(cipher, LIST(PLACE), sealed, SEALED, text, &length);
        CHECK(result == COUNTERSIGN_ERROR_CORRUPT || result == COUNTERSIGN_ERROR_MISSING_KEY);
        sealed[byte] ^= 0x10;
    }
    for (size_t short_of = 0; short_of < SEALED; short_of++)
        FAILS(CORRUPT, countersign_field_cipher_open(cipher, LIST(PLACE), sealed, short_of, text, &length));
    CHECK(length == sizeof text);
    CHECK(memcmp(text, NOTE, 4) != 0);

    // More parts than stand on the stack, and more than there may be.
    countersign_bytes parts[256];
    for (int i = 0; i < 256; i++)
        parts[i] = PLACE[i % 3];
    const size_t counts[] = {5, 6, 7, 255};
    for (int i = 0; i < 4; i++) {
        length = sizeof sealed;
        OK(countersign_field_cipher_seal(cipher, parts, counts[i], NOTE, LENGTH, sealed, &length));
        length = sizeof text;
        OK(countersign_field_cipher_open(cipher, parts, counts[i], sealed, SEALED, text, &length));
        FAILS(CORRUPT, countersign_field_cipher_open(cipher, parts, counts[i] - 1, sealed, SEALED, text, &length));
    }
    memcpy(sealed, untouched, sizeof sealed);
    length = sizeof sealed;
    FAILS(BAD_INPUT, countersign_field_cipher_seal(cipher, parts, 256, NOTE, LENGTH, sealed, &length));
    CHECK(length == sizeof sealed && memcmp(sealed, untouched, sizeof sealed) == 0);

    // Wrong arguments.
#define SEAL countersign_field_cipher_seal
    const countersign_bytes null[] = {{NULL, 3}}, huge[] = {{"x", SIZE_MAX}}, nothing[] = {{NULL, 0}};
    OK(SEAL(cipher, nothing, 1, NOTE, LENGTH, NULL, &length));
    length = sizeof sealed;
    FAILS(NULL, SEAL(NULL, PLACE, 3, NOTE, LENGTH, sealed, &length));
    FAILS(HANDLE, SEAL((countersign_field_cipher *)keys, PLACE, 3, NOTE, LENGTH, sealed, &length));
    FAILS(NULL, SEAL(cipher, NULL, 3, NOTE, LENGTH, sealed, &length));
    FAILS(NULL, SEAL(cipher, null, 1, NOTE, LENGTH, sealed, &length));
    CHECK(holds(cipher, "context"));
    FAILS(LENGTH, SEAL(cipher, huge, 1, NOTE, LENGTH, sealed, &length));
    FAILS(LENGTH, SEAL(cipher, PLACE, SIZE_MAX, NOTE, LENGTH, sealed, &length));
    FAILS(LENGTH, SEAL(cipher, PLACE, SIZE_MAX / 16 + 2, NOTE, LENGTH, sealed, &length));
    FAILS(NULL, SEAL(cipher, (const countersign_bytes *)((const char *)PLACE + 1), 1, NOTE, LENGTH, sealed, &length));
    FAILS(NULL, SEAL(cipher, PLACE, 3, NULL, LENGTH, sealed, &length));
    FAILS(LENGTH, SEAL(cipher, PLACE, 3, NOTE, SIZE_MAX, sealed, &length));
    FAILS(NULL, SEAL(cipher, PLACE, 3, NOTE, LENGTH, sealed, NULL));
    length = SIZE_MAX;
    FAILS(LENGTH, SEAL(cipher, PLACE, 3, NOTE, LENGTH, sealed, &length));
    CHECK(memcmp(sealed, untouched, sizeof sealed) == 0);
    size_t large = COUNTERSIGN_FIELD_MAX_PLAINTEXT + 1, larger = large + COUNTERSIGN_FIELD_OVERHEAD;
    uint8_t *long_text = calloc(1, large), *long_sealed = malloc(larger);
    CHECK(long_text != NULL && long_sealed != NULL);
    FAILS(BAD_INPUT, SEAL(cipher, PLACE, 3, long_text, large, long_sealed, &larger));
    OK(SEAL(cipher, PLACE, 3, long_text, large - 1, long_sealed, &larger));
    free(long_text);
    free(long_sealed);

    // Overlaps: with the text, with a part, with the list, and lengths that stand in any of them.
    union {
        uint8_t bytes[512];
        size_t length;
        countersign_bytes parts[4];
    } room = {{0}};
    memcpy(room.bytes, NOTE, LENGTH);
    length = 200;
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, room.bytes, LENGTH, room.bytes, &length));
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, room.bytes, LENGTH, room.bytes + LENGTH - 1, &length));
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, room.bytes + 199, LENGTH, room.bytes, &length));
    OK(SEAL(cipher, PLACE, 3, room.bytes, LENGTH, room.bytes + LENGTH, &length));
    length = 200;
    const countersign_bytes within[] = {{room.bytes + 250, 4}};
    FAILS(OVERLAP, SEAL(cipher, within, 1, NOTE, LENGTH, room.bytes + 100, &length));
    room.parts[0] = PLACE[0];
    FAILS(OVERLAP, SEAL(cipher, room.parts, 1, NOTE, LENGTH, room.bytes + 15, &length));
    CHECK(length == 200);
    room.length = 200;
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, NOTE, LENGTH, room.bytes, &room.length));
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, room.bytes, LENGTH, sealed, &room.length));
    FAILS(OVERLAP, SEAL(cipher, PLACE, 3, room.bytes, LENGTH, NULL, &room.length));
    CHECK(room.length == 200);

    seal(cipher, sealed);
    length = sizeof text;
#define OPEN countersign_field_cipher_open
    FAILS(NULL, OPEN(NULL, LIST(PLACE), sealed, SEALED, text, &length));
    FAILS(HANDLE, OPEN((countersign_field_cipher *)error, LIST(PLACE), sealed, SEALED, text, &length));
    FAILS(NULL, OPEN(cipher, NULL, 1, sealed, SEALED, text, &length));
    FAILS(NULL, OPEN(cipher, null, 1, sealed, SEALED, text, &length));
    FAILS(NULL, OPEN(cipher, LIST(PLACE), NULL, SEALED, text, &length));
    FAILS(LENGTH, OPEN(cipher, LIST(PLACE), sealed, SIZE_MAX, text, &length));
    FAILS(NULL, OPEN(cipher, LIST(PLACE), sealed, SEALED, text, NULL));
    FAILS(CORRUPT, OPEN(cipher, LIST(PLACE), NULL, 0, text, &length));
    FAILS(OVERLAP, OPEN(cipher, LIST(PLACE), sealed, SEALED, sealed, &length));
    length = sizeof text;
    FAILS(OVERLAP, OPEN(cipher, LIST(PLACE), sealed, SEALED, sealed + SEALED - 1, &length));
    CHECK(length == sizeof text);

    // Which root, and whether to seal again.
    uint32_t root = 99;
    int32_t needs = 99;
    OK(countersign_field_root_of(sealed, SEALED, &root));
    CHECK(root == 1);
    FAILS(CORRUPT, countersign_field_root_of(NOTE, LENGTH, &root));
    FAILS(NULL, countersign_field_root_of(NULL, 5, &root));
    FAILS(NULL, countersign_field_root_of(sealed, SEALED, NULL));
    OK(countersign_field_cipher_needs_reseal(cipher, sealed, SEALED, &needs));
    CHECK(needs == 0);
    countersign_keyring *next = NULL;
    OK(countersign_keyring_rotate(keys, 8, &next));
    countersign_field_cipher *rotated = cipher_of(next);
    OK(countersign_field_cipher_needs_reseal(rotated, sealed, SEALED, &needs));
    CHECK(needs == 1);
    uint8_t again[SEALED + 1];
#define RESEAL countersign_field_cipher_reseal
    length = 0;
    OK(RESEAL(rotated, LIST(PLACE), sealed, SEALED, NULL, &length));
    CHECK(length == SEALED);
    length = SEALED - 1;
    FAILS(BUFFER_TOO_SMALL, RESEAL(rotated, LIST(PLACE), sealed, SEALED, again, &length));
    OK(RESEAL(rotated, LIST(PLACE), sealed, SEALED, again, &length));
    OK(open_note(rotated, again));
    OK(countersign_field_cipher_needs_reseal(rotated, again, SEALED, &needs));
    OK(countersign_field_root_of(again, SEALED, &root));
    CHECK(needs == 0 && root == 8);
    needs = 99;
    length = sizeof again;
    FAILS(CORRUPT, RESEAL(rotated, LIST(OTHER), sealed, SEALED, again, &length));
    FAILS(CORRUPT, RESEAL(rotated, LIST(PLACE), sealed, 7, again, &length));
    FAILS(NULL, RESEAL(NULL, LIST(PLACE), sealed, SEALED, again, &length));
    FAILS(NULL, RESEAL(rotated, NULL, 3, sealed, SEALED, again, &length));
    FAILS(NULL, RESEAL(rotated, LIST(PLACE), NULL, SEALED, again, &length));
    FAILS(NULL, RESEAL(rotated, LIST(PLACE), sealed, SEALED, again, NULL));
    CHECK(length == sizeof again);
    length = SEALED;
    FAILS(OVERLAP, RESEAL(rotated, LIST(PLACE), sealed, SEALED, sealed, &length));
#define RESCUE countersign_field_cipher_reseal_revoked
    FAILS(NULL, RESCUE(NULL, 1, LIST(PLACE), sealed, SEALED, again, &length));
    FAILS(NULL, RESCUE(rotated, 1, NULL, 3, sealed, SEALED, again, &length));
    FAILS(NULL, RESCUE(rotated, 1, LIST(PLACE), NULL, SEALED, again, &length));
    FAILS(NULL, RESCUE(rotated, 1, LIST(PLACE), sealed, SEALED, again, NULL));
    FAILS(OVERLAP, RESCUE(rotated, 1, LIST(PLACE), sealed, SEALED, sealed, &length));
    FAILS(CORRUPT, countersign_field_cipher_needs_reseal(cipher, NOTE, LENGTH, &needs));
    FAILS(NULL, countersign_field_cipher_needs_reseal(cipher, NULL, 7, &needs));
    FAILS(NULL, countersign_field_cipher_needs_reseal(cipher, sealed, SEALED, NULL));
    FAILS(NULL, countersign_field_cipher_needs_reseal(NULL, sealed, SEALED, &needs));
    CHECK(needs == 99);

    OK(countersign_free(rotated));
    OK(countersign_free(next));
    OK(countersign_free(cipher));
    OK(countersign_free(keys));
    OK(countersign_free(error));
}

static void rows(void) {
    countersign_keyring *keys = ring();
    countersign_field_cipher *cipher = cipher_of(keys);
    countersign_values *sealed = NULL, *opened = NULL, *none = NULL;
    const uint8_t *data = NULL;
    size_t length = 0, count = 0;
#define RECORD (const uint8_t *)"42", 2
    countersign_field fields[] = {
        {PART("name"), PART("Maya")}, {PART("note"), {NOTE, LENGTH}}, {PART("empty"), {NULL, 0}}};
    OK(countersign_field_cipher_seal_row(cipher, TEXT("customers"), RECORD, fields, 3, &sealed));
    OK(countersign_values_count(sealed, &count));
    CHECK(count == 3);
    for (size_t i = 0; i < 3; i++) {
        OK(countersign_values_data(sealed, i, &data, &length));
        CHECK(length == fields[i].value.length + COUNTERSIGN_FIELD_OVERHEAD);
        fields[i].value = (countersign_bytes){data, length};
    }
    // A field of a row opens alone.
    OK(open_note(cipher, fields[1].value.data));
    OK(countersign_field_cipher_open_row(cipher, TEXT("customers"), RECORD, fields, 3, &opened));
    OK(countersign_values_data(opened, 0, &data, &length));
    CHECK(length == 4 && memcmp(data, "Maya", 4) == 0);
    OK(countersign_values_data(opened, 2, &data, &length));
    CHECK(length == 0);
    uint8_t copy[LENGTH];
    OK(countersign_values_copy(opened, 1, NULL, &length));
    CHECK(length == LENGTH);
    length = 1;
    FAILS(BUFFER_TOO_SMALL, countersign_values_copy(opened, 1, copy, &length));
    OK(countersign_values_copy(opened, 1, copy, &length));
    CHECK(length == LENGTH && memcmp(copy, NOTE, LENGTH) == 0);

    // Wrong arguments.
#define OPEN_ROW countersign_field_cipher_open_row
#define SEAL_ROW countersign_field_cipher_seal_row
    countersign_field swapped[] = {{fields[0].column, fields[1].value}, {fields[1].column, fields[0].value}};
    FAILS(CORRUPT, OPEN_ROW(cipher, TEXT("customers"), RECORD, swapped, 2, &none));
    FAILS(CORRUPT, OPEN_ROW(cipher, TEXT("customers"), (const uint8_t *)"43", 2, fields, 3, &none));
    const countersign_field twice[] = {{PART("name"), PART("Maya")}, {PART("name"), PART("Ana")}};
    FAILS(BAD_INPUT, SEAL_ROW(cipher, TEXT("customers"), RECORD, twice, 2, &none));
    CHECK(holds(cipher, "column"));
    const countersign_field broken[] = {{PART(BROKEN), PART("Maya")}}, null[] = {{PART("name"), {NULL, 4}}};
    const countersign_field unnamed[] = {{{NULL, 4}, PART("Maya")}}, huge[] = {{PART("name"), {"x", SIZE_MAX}}};
    FAILS(NOT_UTF8, SEAL_ROW(cipher, TEXT("customers"), RECORD, broken, 1, &none));
    FAILS(NOT_UTF8, OPEN_ROW(cipher, TEXT("customers"), RECORD, broken, 1, &none));
    FAILS(NOT_UTF8, SEAL_ROW(cipher, TEXT(BROKEN), RECORD, fields, 1, &none));
    FAILS(NOT_UTF8, OPEN_ROW(cipher, TEXT(BROKEN), RECORD, fields, 1, &none));
    FAILS(NULL, SEAL_ROW(cipher, TEXT("customers"), RECORD, null, 1, &none));
    FAILS(NULL, OPEN_ROW(cipher, TEXT("customers"), RECORD, null, 1, &none));
    FAILS(NULL, SEAL_ROW(cipher, TEXT("customers"), RECORD, unnamed, 1, &none));
    FAILS(LENGTH, SEAL_ROW(cipher, TEXT("customers"), RECORD, huge, 1, &none));
    FAILS(NULL, SEAL_ROW(cipher, TEXT("customers"), RECORD, NULL, 1, &none));
    FAILS(NULL, OPEN_ROW(cipher, TEXT("customers"), RECORD, NULL, 1, &none));
    FAILS(LENGTH, SEAL_ROW(cipher, TEXT("customers"), RECORD, fields, SIZE_MAX, &none));
    FAILS(LENGTH, OPEN_ROW(cipher, TEXT("customers"), RECORD, fields, SIZE_MAX / 32 + 2, &none));
    FAILS(NULL, SEAL_ROW(cipher, NULL, 4, RECORD, fields, 1, &none));
    FAILS(NULL, OPEN_ROW(cipher, NULL, 4, RECORD, fields, 1, &none));
    FAILS(NULL, SEAL_ROW(cipher, TEXT("customers"), NULL, 2, fields, 1, &none));
    FAILS(NULL, OPEN_ROW(cipher, TEXT("customers"), NULL, 2, fields, 1, &none));
    FAILS(NULL, SEAL_ROW(NULL, TEXT("customers"), RECORD, fields, 1, &none));
    FAILS(NULL, OPEN_ROW(NULL, TEXT("customers"), RECORD, fields, 1, &none));
    FAILS(NULL, SEAL_ROW(cipher, TEXT("customers"), RECORD, fields, 1, NULL));
    FAILS(NULL, OPEN_ROW(cipher, TEXT("customers"), RECORD, fields, 1, NULL));
    CHECK(none == NULL);
    OK(SEAL_ROW(cipher, TEXT("customers"), RECORD, NULL, 0, &none));
    OK(countersign_values_count(none, &count));
    CHECK(count == 0);
    data = NULL;
    FAILS(UNKNOWN_NUMBER, countersign_values_data(none, 0, &data, &length));
    FAILS(UNKNOWN_NUMBER, countersign_values_data(opened, 3, &data, &length));
    CHECK(holds(opened, "less than 3"));
    FAILS(UNKNOWN_NUMBER, countersign_values_copy(opened, SIZE_MAX, copy, &length));
    FAILS(NULL, countersign_values_data(opened, 0, NULL, &length));
    FAILS(NULL, countersign_values_data(opened, 0, &data, NULL));
    FAILS(NULL, countersign_values_data(NULL, 0, &data, &length));
    FAILS(NULL, countersign_values_copy(opened, 0, copy, NULL));
    FAILS(NULL, countersign_values_copy(NULL, 0, copy, &length));
    FAILS(NULL, countersign_values_count(opened, NULL));
    FAILS(NULL, countersign_values_count(NULL, &count));
    FAILS(HANDLE, countersign_values_count((countersign_values *)cipher, &count));
    CHECK(data == NULL);

    OK(countersign_free(none));
    OK(countersign_free(sealed));
    OK(countersign_free(opened));
    OK(countersign_free(cipher));
    OK(countersign_free(keys));
}

static countersign_blind_index *phones_of(const countersign_keyring *keys) {
    countersign_blind_index *index = NULL;
    OK(countersign_blind_index_new(NULL, keys, TEXT("bank"), TEXT("customers"), TEXT("customers"), TEXT("phone"),
                                   COUNTERSIGN_FORM_PHONE, 12, &index));
    return index;
}

static void indexes(void) {
    uint8_t root[32], first[32], second[32];
    memset(root, 1, sizeof root);
    memset(first, 2, sizeof first);
    memset(second, 3, sizeof second);
    countersign_keyring *before = NULL, *later = NULL, *keys = NULL;
    OK(countersign_keyring_new(NULL, 1, root, 32, 1, first, 32, &before));
    OK(countersign_keyring_new(NULL, 1, root, 32, 2, second, 32, &later));
    OK(countersign_keyring_with_earlier_secret(later, 1, first, 32, &keys));
    countersign_blind_index *old = phones_of(before), *index = phones_of(keys), *none = NULL;

    uint8_t stored[8], fresh[8];
    size_t length = 0, count = 0;
    OK(countersign_blind_index_of(old, TEXT("+62 812 3456 7834"), NULL, &length));
    CHECK(length == 6);
    length = 5;
    FAILS(BUFFER_TOO_SMALL, countersign_blind_index_of(old, TEXT("+62 812 3456 7834"), stored, &length));
    OK(countersign_blind_index_of(old, TEXT("+62 812 3456 7834"), stored, &length));
    CHECK(length == 6 && stored[3] == 1 && (stored[5] & 0x0f) == 0);
    length = sizeof fresh;
    OK(countersign_blind_index_of(index, TEXT("+62-812-34567834"), fresh, &length));
    CHECK(fresh[3] == 2);

    // A search looks in each generation.
    countersign_values *found = NULL;
    const uint8_t *data = NULL;
    OK(countersign_blind_index_search(index, TEXT("+62 812-3456-7834"), &found));
    OK(countersign_values_count(found, &count));
    CHECK(count == 2);
    OK(countersign_values_data(found, 0, &data, &length));
    CHECK(length == 6 && memcmp(data, fresh, 6) == 0);
    OK(countersign_values_data(found, 1, &data, &length));
    CHECK(length == 6 && memcmp(data, stored, 6) == 0);

    int32_t yes = 99;
    OK(countersign_blind_index_is_current(index, stored, 6, &yes));
    CHECK(yes == 0);
    OK(countersign_blind_index_is_current(index, fresh, 6, &yes));
    CHECK(yes == 1);
    OK(countersign_blind_index_is_of(index, stored, 6, TEXT("+6281234567834"), &yes));
    CHECK(yes == 1);
    stored[4] ^= 1;
    OK(countersign_blind_index_is_of(index, stored, 6, TEXT("+6281234567834"), &yes));
    CHECK(yes == 0);
    stored[4] ^= 1;
    OK(countersign_blind_index_is_of(index, NULL, 0, TEXT("+6281234567834"), &yes));
    CHECK(yes == 0);
    OK(countersign_blind_index_same(index, TEXT("+6281234567834"), TEXT("+62 812 3456 7834"), &yes));
    CHECK(yes == 1);
    OK(countersign_blind_index_same(index, TEXT("+6281234567834"), TEXT("+62 812 3456 7835"), &yes));
    CHECK(yes == 0);

    // A value opens with its own index.
    countersign_field_cipher *cipher = cipher_of(keys);
    uint8_t sealed[128], text[64];
    size_t sealed_length = sizeof sealed;
    OK(countersign_field_cipher_seal(cipher, LIST(PLACE), (const uint8_t *)"+62 812 3456 7834", 17, sealed, &sealed_length));
#define OPEN_WITH(to, stored) \
    countersign_blind_index_open(index, cipher, LIST(PLACE), sealed, sealed_length, stored, 6, to, &length)
    OK(OPEN_WITH(NULL, stored));
    CHECK(length == 17);
    length = 16;
    FAILS(BUFFER_TOO_SMALL, OPEN_WITH(text, stored));
    OK(OPEN_WITH(text, stored));
    CHECK(length == 17 && memcmp(text, "+62 812 3456 7834", 17) == 0);
    uint8_t others[6];
    length = sizeof others;
    OK(countersign_blind_index_of(index, TEXT("+62 812 0000 0000"), others, &length));
    memset(text, 0, sizeof text);
    length = sizeof text;
    FAILS(CORRUPT, OPEN_WITH(text, others));
    CHECK(text[0] == 0 && length == sizeof text);

    // Wrong arguments.
    yes = 99;
#define NEW(...) countersign_blind_index_new(NULL, __VA_ARGS__)
    FAILS(NULL, NEW(NULL, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(NULL, NEW(keys, NULL, 1, TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(NULL, NEW(keys, TEXT("b"), NULL, 1, TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(NULL, NEW(keys, TEXT("b"), TEXT("p"), NULL, 1, TEXT("c"), COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(NULL, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), NULL, 1, COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(NULL, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 12, NULL));
    FAILS(NOT_UTF8, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT(BROKEN), COUNTERSIGN_FORM_TEXT, 12, &none));
    FAILS(UNKNOWN_NUMBER, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), 0, 12, &none));
    FAILS(UNKNOWN_NUMBER, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), 6, 12, &none));
    FAILS(BAD_INPUT, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 0, &none));
    FAILS(BAD_INPUT, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 257, &none));
    FAILS(BAD_INPUT, NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), COUNTERSIGN_FORM_TEXT, 0x10001, &none));
    CHECK(none == NULL);
    const int32_t forms[] = {COUNTERSIGN_FORM_TEXT, COUNTERSIGN_FORM_EMAIL, COUNTERSIGN_FORM_PHONE,
                             COUNTERSIGN_FORM_DATE, COUNTERSIGN_FORM_EXACT};
    const char *spellings[][2] = {{"Maya", "maya"}, {"Maya@example.org", "maya@example.org"},
                                  {"+6281234567834", "+62 812 3456 7834"}, {"1984-02-29", "1984-02-29"}, {"a", "a"}};
    for (int i = 0; i < 5; i++) {
        OK(NEW(keys, TEXT("b"), TEXT("p"), TEXT("t"), TEXT("c"), forms[i], 256, &none));
        OK(countersign_blind_index_same(none, TEXT(spellings[i][0]), TEXT(spellings[i][1]), &yes));
        CHECK(yes == 1);
        OK(countersign_free(none));
    }
    none = NULL;
    yes = 99;
    length = sizeof fresh;
    FAILS(BAD_INPUT, countersign_blind_index_of(index, TEXT("no number"), fresh, &length));
    FAILS(NOT_UTF8, countersign_blind_index_of(index, TEXT(BROKEN), fresh, &length));
    FAILS(NULL, countersign_blind_index_of(index, NULL, 3, fresh, &length));
    FAILS(NULL, countersign_blind_index_of(index, TEXT("+6281234567834"), fresh, NULL));
    FAILS(NULL, countersign_blind_index_of(NULL, TEXT("+6281234567834"), fresh, &length));
    char phone[32] = "+6281234567834";
    FAILS(OVERLAP, countersign_blind_index_of(index, TEXT(phone), (uint8_t *)phone + 13, &length));
    CHECK(length == sizeof fresh);
    countersign_values *nothing = NULL;
    FAILS(BAD_INPUT, countersign_blind_index_search(index, TEXT("no number"), &nothing));
    FAILS(NULL, countersign_blind_index_search(index, NULL, 3, &nothing));
    FAILS(NULL, countersign_blind_index_search(index, TEXT("+6281234567834"), NULL));
    FAILS(NULL, countersign_blind_index_search(NULL, TEXT("+6281234567834"), &nothing));
    CHECK(nothing == NULL);
    FAILS(NULL, countersign_blind_index_is_of(NULL, stored, 6, TEXT("+6281234567834"), &yes));
    FAILS(NULL, countersign_blind_index_is_of(index, NULL, 6, TEXT("+6281234567834"), &yes));
    FAILS(NULL, countersign_blind_index_is_of(index, stored, 6, NULL, 6, &yes));
    FAILS(NULL, countersign_blind_index_is_of(index, stored, 6, TEXT("+6281234567834"), NULL));
    FAILS(NULL, countersign_blind_index_is_current(NULL, stored, 6, &yes));
    FAILS(NULL, countersign_blind_index_is_current(index, NULL, 6, &yes));
    FAILS(NULL, countersign_blind_index_is_current(index, stored, 6, NULL));
    FAILS(LENGTH, countersign_blind_index_is_current(index, stored, SIZE_MAX, &yes));
    FAILS(NULL, countersign_blind_index_same(NULL, TEXT("+62812"), TEXT("+62812"), &yes));
    FAILS(NULL, countersign_blind_index_same(index, NULL, 1, TEXT("+62812"), &yes));
    FAILS(NULL, countersign_blind_index_same(index, TEXT("+62812"), NULL, 1, &yes));
    FAILS(NULL, countersign_blind_index_same(index, TEXT("+62812"), TEXT("+62812"), NULL));
    FAILS(BAD_INPUT, countersign_blind_index_same(index, TEXT("no number"), TEXT("+62812"), &yes));
    CHECK(yes == 99);
#define OPEN_INDEX countersign_blind_index_open
#define STORED stored, 6
#define WHOLE sealed, sealed_length
    length = sizeof text;
    FAILS(NULL, OPEN_INDEX(NULL, cipher, LIST(PLACE), WHOLE, STORED, text, &length));
    FAILS(NULL, OPEN_INDEX(index, NULL, LIST(PLACE), WHOLE, STORED, text, &length));
    FAILS(HANDLE, OPEN_INDEX(index, (countersign_field_cipher *)index, LIST(PLACE), WHOLE, STORED, text, &length));
    FAILS(NULL, OPEN_INDEX(index, cipher, NULL, 1, WHOLE, STORED, text, &length));
    FAILS(NULL, OPEN_INDEX(index, cipher, LIST(PLACE), NULL, 9, STORED, text, &length));
    FAILS(CORRUPT, OPEN_INDEX(index, cipher, LIST(PLACE), NULL, 0, STORED, text, &length));
    FAILS(NULL, OPEN_INDEX(index, cipher, LIST(PLACE), WHOLE, NULL, 9, text, &length));
    FAILS(CORRUPT, OPEN_INDEX(index, cipher, LIST(PLACE), WHOLE, NULL, 0, text, &length));
    FAILS(CORRUPT, OPEN_INDEX(index, cipher, LIST(OTHER), WHOLE, STORED, text, &length));
    FAILS(NULL, OPEN_INDEX(index, cipher, LIST(PLACE), WHOLE, STORED, text, NULL));
    FAILS(OVERLAP, OPEN_INDEX(index, cipher, LIST(PLACE), WHOLE, STORED, sealed, &length));
    FAILS(OVERLAP, OPEN_INDEX(index, cipher, LIST(PLACE), WHOLE, STORED, stored + 5, &length));
    CHECK(length == sizeof text);

    OK(countersign_free(found));
    OK(countersign_free(cipher));
    OK(countersign_free(old));
    OK(countersign_free(index));
    OK(countersign_free(before));
    OK(countersign_free(later));
    OK(countersign_free(keys));
}

static size_t from_hex(const char *hex, uint8_t *bytes, size_t room) {
    size_t length = strlen(hex) / 2;
    CHECK(length <= room);
    for (size_t i = 0; i < length; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length;
}

static void print(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

// Opens what Rust has sealed, and prints what Rust is to open: a value, a row, an index.
static void across(const char *hex_of_ring, const char *hex_of_value) {
    uint8_t bytes[1024], sealed[SEALED];
    size_t length = from_hex(hex_of_ring, bytes, sizeof bytes);
    countersign_keyring *keys = NULL;
    OK(countersign_keyring_from_bytes(NULL, bytes, length, &keys));
    countersign_field_cipher *cipher = cipher_of(keys);
    CHECK(from_hex(hex_of_value, sealed, sizeof sealed) == SEALED);
    OK(open_note(cipher, sealed));

    seal(cipher, sealed);
    print(sealed, SEALED);
    const countersign_field fields[] = {{PART("name"), PART("Maya")}, {PART("note"), {NOTE, LENGTH}}};
    countersign_values *row = NULL;
    OK(countersign_field_cipher_seal_row(cipher, TEXT("customers"), RECORD, fields, 2, &row));
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *data = NULL;
        OK(countersign_values_data(row, i, &data, &length));
        print(data, length);
    }
    countersign_blind_index *index = phones_of(keys);
    length = sizeof bytes;
    OK(countersign_blind_index_of(index, TEXT("+62 812 3456 7834"), bytes, &length));
    print(bytes, length);
    OK(countersign_free(index));
    OK(countersign_free(row));
    OK(countersign_free(cipher));
    OK(countersign_free(keys));
}

int main(int count, char **arguments) {
    if (count == 3) {
        across(arguments[1], arguments[2]);
        return 0;
    }
    keyrings();
    keys_of_a_key_management();
    ciphers();
    rows();
    indexes();
    return 0;
}
