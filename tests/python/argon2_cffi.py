"""Makes and verifies Argon2id hashes with argon2-cffi, the reference implementation behind Python.

Reads one JSON object a line, and answers each with one JSON value:
  {"hash": password, "cost": [KiB, passes, lanes]}             the PHC string
  {"verify": PHC string, "password": password}                 true, false, or why it cannot be decoded
  {"verify": .., "password": .., "standing": hex of 32 bytes}  the same, with the pepper from our long-term secret

Passwords are UTF-8 in hex. The last reads our own strings with nothing but the documentation of `PasswordHash` and
of the key ring: HKDF-SHA-256, and the generation from `keyid`.
"""

import base64
import hashlib
import hmac
import json
import sys

from argon2 import PasswordHasher, low_level
from argon2.exceptions import VerificationError, VerifyMismatchError


def unpadded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def pepper(standing, generation):
    extracted = hmac.digest(bytes(32), standing, hashlib.sha256)
    purpose = b"pepper"
    info = b"countersign" + bytes([1, len(purpose)]) + purpose + generation
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def verify_peppered(phc, password, standing):
    _, algorithm, version, params, salt, tag = phc.split("$")
    params = dict(pair.split("=") for pair in params.split(","))
    keyid = unpadded(params["keyid"])
    key = pepper(standing, keyid[:4])
    assert (algorithm, version, len(keyid)) == ("argon2id", "v=19", 8)
    assert hmac.digest(key, b"check value", hashlib.sha256)[:4] == keyid[4:]
    salt, tag = unpadded(salt), unpadded(tag)
    ffi = low_level.ffi
    out = ffi.new("uint8_t[]", len(tag))
    buffers = [ffi.new("uint8_t[]", data) for data in (password, salt, key)]
    context = ffi.new(
        "argon2_context *",
        dict(
            version=19,
            out=out,
            outlen=len(tag),
            pwd=buffers[0],
            pwdlen=len(password),
            salt=buffers[1],
            saltlen=len(salt),
            secret=buffers[2],
            secretlen=len(key),
            ad=ffi.NULL,
            adlen=0,
            t_cost=int(params["t"]),
            m_cost=int(params["m"]),
            lanes=int(params["p"]),
            threads=1,
            allocate_cbk=ffi.NULL,
            free_cbk=ffi.NULL,
            flags=low_level.lib.ARGON2_DEFAULT_FLAGS,
        ),
    )
    assert low_level.core(context, low_level.Type.ID.value) == 0
    return bytes(ffi.buffer(out)) == tag


def answer(asked):
    if "hash" in asked:
        kib, passes, lanes = asked["cost"]
        hasher = PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=lanes)
        return hasher.hash(bytes.fromhex(asked["hash"]))
    password = bytes.fromhex(asked["password"])
    if "standing" in asked:
        return verify_peppered(asked["verify"], password, bytes.fromhex(asked["standing"]))
    try:
        return PasswordHasher().verify(asked["verify"], password)
    except VerifyMismatchError:
        return False
    except VerificationError as why:
        return str(why)


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
