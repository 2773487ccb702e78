"""Hashes passwords with Python's hashlib, in the forms of PHC, passlib and Django.

Reads `{"kind", "password"}` in lines, the password in hexadecimal digits.
"""
import base64
import hashlib
import json
import os
import sys


def padded(data):
    return base64.b64encode(data).decode()


def plain(data):
    return padded(data).rstrip("=")


def of_passlib(data):
    return plain(data).replace("+", ".")


def made(kind, text):
    salt = os.urandom(16)
    name = salt.hex()
    if kind.startswith("pbkdf2_"):
        digest = kind.removeprefix("pbkdf2_")
        return f"{kind}$700${name}${padded(hashlib.pbkdf2_hmac(digest, text, name.encode(), 700))}"
    if kind.startswith("passlib_"):
        digest = kind.removeprefix("passlib_")
        called = "pbkdf2" if digest == "sha1" else f"pbkdf2-{digest}"
        return f"${called}$700${of_passlib(salt)}${of_passlib(hashlib.pbkdf2_hmac(digest, text, salt, 700))}"
    if kind.startswith("phc_"):
        digest = kind.removeprefix("phc_")
        return f"$pbkdf2-{digest}$i=700,l=32${plain(salt)}${plain(hashlib.pbkdf2_hmac(digest, text, salt, 700, 32))}"
    if kind == "scrypt":
        return f"$scrypt$ln=4,r=3,p=2${plain(salt)}${plain(hashlib.scrypt(text, salt=salt, n=16, r=3, p=2, dklen=32))}"
    if kind == "django_scrypt":
        tag = hashlib.scrypt(text, salt=name.encode(), n=32, r=8, p=5)
        return f"scrypt$32${name}$8$5${padded(tag)}"
    raise ValueError(kind)


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(made(asked["kind"], bytes.fromhex(asked["password"]))), flush=True)
