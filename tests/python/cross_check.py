"""Codes and key URIs of pyotp: one question a line, one answer a line, fields parted by tabs.

    code    totp|hotp  SECRET  HASH  DIGITS  PERIOD  TIME|COUNTER           the code
    verify  totp|hotp  SECRET  HASH  DIGITS  PERIOD  TIME|COUNTER  CODE     yes or no
    write   totp|hotp  SECRET  HASH  DIGITS  PERIOD  COUNTER  ISSUER  NAME  the URI
    read    URI                                 totp|hotp and the other fields of `write`
"""

import hashlib
import sys

import pyotp

HASHES = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}


def build(kind, secret, name, digits, period):
    settings = {"digits": int(digits), "digest": HASHES[name]}
    if kind == "totp":
        return pyotp.TOTP(secret, interval=int(period), **settings)
    return pyotp.HOTP(secret, **settings)


def code(kind, secret, name, digits, period, moment):
    return build(kind, secret, name, digits, period).at(int(moment))


def verify(kind, secret, name, digits, period, moment, typed):
    otp = build(kind, secret, name, digits, period)
    if kind == "totp":
        right = otp.verify(typed, for_time=int(moment))
    else:
        right = otp.verify(typed, int(moment))
    return "yes" if right else "no"


def write(kind, secret, name, digits, period, counter, issuer, account):
    otp = build(kind, secret, name, digits, period)
    start = {"initial_count": int(counter)} if kind == "hotp" else {}
    return otp.provisioning_uri(name=account, issuer_name=issuer, **start)


def read(uri):
    otp = pyotp.parse_uri(uri)
    counts = isinstance(otp, pyotp.HOTP)
    return "\t".join(
        [
            "hotp" if counts else "totp",
            otp.secret,
            otp.digest().name.upper(),
            str(otp.digits),
            "30" if counts else str(otp.interval),
            str(otp.initial_count) if counts else "0",
            otp.issuer or "",
            otp.name,
        ]
    )


QUESTIONS = {"code": code, "verify": verify, "write": write, "read": read}

sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
for line in sys.stdin:
    question, *fields = line.rstrip("\n").split("\t")
    print(QUESTIONS[question](*fields))
