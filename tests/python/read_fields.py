"""A reader of sealed fields, from the text of the format alone: python3 read_fields.py field_v1.toml"""
import hmac, random, sys, tomllib
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def number(value, size):
    return value.to_bytes(size, "big")

def prefixed(part):
    return number(len(part), 4) + part

def cmac(key, message):
    return (mac := CMAC(algorithms.AES(key))).update(message) or mac.finalize()

def purpose_key(secret, purpose, generation=0):
    info = b"countersign\x01" + number(len(purpose), 1) + purpose + number(generation, 4)
    return HKDF(SHA256(), 32, salt=None, info=info).derive(secret)

def open_value(secrets, realm, purpose, context, sealed):
    suite, key_id, nonce = sealed[0], int.from_bytes(sealed[1:5], "big"), sealed[5:29]
    body, commitment = sealed[29:-32], sealed[-32:]
    if suite != 1 or key_id not in secrets:
        raise InvalidTag
    key = purpose_key(secrets[key_id], purpose)
    own = b"".join(cmac(key, b"XCMT" + nonce + bytes([0, 1, 0, half])) for half in (1, 2))
    if not hmac.compare_digest(own, commitment):
        raise InvalidTag
    aad = sealed[:5] + prefixed(realm) + number(len(context), 1) + b"".join(map(prefixed, context))
    aad += bytes(-len(aad) % 16)
    message_key = b"".join(cmac(key, bytes([0, half]) + b"X\0" + nonce[:12]) for half in (1, 2))
    return AESGCM(message_key).decrypt(nonce[12:], body, aad)

vectors = tomllib.load(open(sys.argv[1], "rb"))
realm, purpose, raw = vectors["realm"].encode(), vectors["purpose"].encode(), bytes.fromhex
secrets = {root["id"]: raw(root["bytes"]) for root in vectors["roots"]}
erasable = vectors["subject"]
owner = [b"subject key", raw(erasable["store_key"])]
subject_key = open_value(secrets, realm, b"subject keys", owner, raw(erasable["wrapped"]))
values = [(secrets, value) for value in vectors["value"]] + [({0x80000000: subject_key}, erasable["value"])]
for known, value in values:
    context, sealed = [raw(part) for part in value["context"]], raw(value["sealed"])
    assert open_value(known, realm, purpose, context, sealed) == raw(value["plaintext"]), value["name"]
    for bit in random.sample(range(8 * len(sealed)), 100):
        bent = number(int.from_bytes(sealed, "big") ^ 1 << bit, len(sealed))
        try: raise SystemExit(f"opened, bent: {open_value(known, realm, purpose, context, bent)}")
        except InvalidTag: pass
long_term = vectors["long_term"]
for index in vectors["index"]:
    key = purpose_key(raw(long_term["bytes"]), b"index " + purpose, long_term["id"])
    parts = [realm, *(part.encode() for part in index["column"]), index["form"].encode()]
    column = hmac.digest(key, b"".join(map(prefixed, parts)) + number(index["bits"], 2), "sha256")
    bits = int.from_bytes(hmac.digest(column, index["canonical"].encode(), "sha256"), "big") >> 256 - index["bits"]
    size = -(-index["bits"] // 8)
    assert raw(index["index"]) == number(long_term["id"], 4) + number(bits << 8 * size - index["bits"], size)
print(f"{len(values)} values opened, {len(vectors['index'])} indexes computed, {100 * len(values)} bent values refused")
