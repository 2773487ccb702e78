// What the PAM module and its enrolment command share: the settings, and the file of keys.
#ifndef PAM_COUNTERSIGN_H
#define PAM_COUNTERSIGN_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "countersign.h"

// Customers usually have all three, so unknown names seem to have them.
#define SETTINGS                                                                                     \
    "{\"realm\": \"pam\", \"limits\": \"nist\","                                                       \
    " \"typical_enrolment\": [{\"share\": 100, \"factors\": [\"password\", \"totp\", \"recovery_code\"]}]}"

// A login is a password, and then a code of the app or a printed one, all of one interaction.
#define POLICY                                                                                       \
    "version = 1\ngrant_lifetime = 60\ntiers = [\"every\"]\n"                                          \
    "[action.login.every_tier]\nany = [\n"                                                             \
    "{ all = [{ factor = \"password\", max_age = 300 }, { factor = \"totp\", max_age = 300 }] },\n"    \
    "{ all = [{ factor = \"password\", max_age = 300 }, { factor = \"recovery_code\", max_age = 300 }] },\n]\n"

#define LONGEST_KEYS 4096

// Reads the file of keys. It is a plain file of this user or of root, which nobody else may read or write. Returns null, or
// why not.
static inline const char *read_keys(const char *path, countersign_keyring **to) {
    struct stat file;
    uint8_t bytes[LONGEST_KEYS];
    const char *why = NULL;
    int keys = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (keys < 0) return strerror(errno);
    if (fstat(keys, &file) != 0 || !S_ISREG(file.st_mode)) why = "the file of keys is not a plain file";
    else if (file.st_uid != 0 && file.st_uid != geteuid()) why = "the file of keys belongs to another user";
    else if ((file.st_mode & 077) != 0) why = "others may use the file of keys: chmod 600";
    else {
        ssize_t length = read(keys, bytes, sizeof bytes);
        if (length <= 0 || countersign_keyring_from_bytes(NULL, bytes, (size_t)length, to) != COUNTERSIGN_OK)
            why = "the file of keys holds no keyring";
    }
    close(keys);
    explicit_bzero(bytes, sizeof bytes);
    return why;
}

#endif
