/* Lets liboath validate codes: one question a line, one answer a line.
 *
 *   hotp SECRET_HEX COUNTER WINDOW CODE                the place in the window, or "no"
 *   totp SECRET_HEX HASH NOW PERIOD WINDOW CODE        the step, or "no"; HASH is 1, 256 or 512
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>

static void fail(const char *what)
{
    fprintf(stderr, "validate_oath: %s\n", what);
    exit(2);
}

static size_t read_secret(const char *hex, char *secret, size_t room)
{
    size_t length = room;
    if (oath_hex2bin(hex, secret, &length) != OATH_OK)
        fail("a secret that is not hexadecimal, or too long");
    return length;
}

static int flags_of(int hash)
{
    switch (hash) {
    case 1: return 0;
    case 256: return OATH_TOTP_HMAC_SHA256;
    case 512: return OATH_TOTP_HMAC_SHA512;
    default: fail("an unknown hash"); return 0;
    }
}

int main(void)
{
    char line[512], hex[257], code[32], secret[128];
    if (oath_init() != OATH_OK)
        fail("liboath does not start");
    while (fgets(line, sizeof line, stdin)) {
        uint64_t counter, step;
        int64_t now;
        unsigned period;
        size_t window;
        int hash, result, place;
        if (sscanf(line, "hotp %256s %" SCNu64 " %zu %31s", hex, &counter, &window, code) == 4) {
            size_t length = read_secret(hex, secret, sizeof secret);
            result = oath_hotp_validate(secret, length, counter, window, code);
            step = result < 0 ? 0 : (uint64_t)result;
        } else if (sscanf(line, "totp %256s %d %" SCNd64 " %u %zu %31s", hex, &hash, &now, &period, &window, code) == 6) {
            size_t length = read_secret(hex, secret, sizeof secret);
            result = oath_totp_validate4(secret, length, (time_t)now, period, 0, window, &place, &step,
                                         flags_of(hash), code);
        } else {
            fail("a line that is no question");
        }
        if (result == OATH_INVALID_OTP)
            puts("no");
        else if (result < 0)
            fail(oath_strerror(result));
        else
            printf("%" PRIu64 "\n", step);
    }
    return oath_done() == OATH_OK ? 0 : 2;
}
