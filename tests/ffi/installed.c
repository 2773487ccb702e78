// A program of somebody who has installed the library, and knows nothing of its sources.

#include <countersign.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    countersign_keyring *keys = NULL;
    countersign_field_cipher *cipher = NULL;
    const countersign_bytes place[] = {{"customers", 9}, {"note", 4}, {"42", 2}};
    const uint8_t note[] = "prefers mornings";
    uint8_t sealed[sizeof note + COUNTERSIGN_FIELD_OVERHEAD], text[sizeof note];
    size_t sealed_length = sizeof sealed, length = sizeof text;
    if (strcmp(countersign_version(), COUNTERSIGN_VERSION) != 0)
        return 1;
    if (countersign_keyring_generate(NULL, &keys) != COUNTERSIGN_OK)
        return 2;
    if (countersign_field_cipher_new(NULL, keys, "bank", 4, "customers", 9, &cipher) != COUNTERSIGN_OK)
        return 3;
    if (countersign_field_cipher_seal(cipher, place, 3, note, sizeof note, sealed, &sealed_length) != COUNTERSIGN_OK)
        return 4;
    if (countersign_field_cipher_open(cipher, place, 3, sealed, sealed_length, text, &length) != COUNTERSIGN_OK)
        return 5;
    if (length != sizeof note || memcmp(text, note, sizeof note) != 0)
        return 6;
    if (countersign_free(cipher) != COUNTERSIGN_OK || countersign_free(keys) != COUNTERSIGN_OK)
        return 7;
    printf("%s\n", countersign_version());
    return 0;
}
