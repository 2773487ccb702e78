"""Responses of RFC 6287, from the text of the RFC: one question a line, one answer a line, fields parted by tabs.

    SUITE  SECRET  COUNTER  QUESTION  PIN  SESSION  SECONDS     the response; secret and session in hexadecimal
"""

import hashlib
import hmac
import sys

QUESTION_BYTES = 128
SECONDS = {"S": 1, "M": 60, "H": 3600}


def question_bytes(form, text):
    if form == "A":
        digits = text.encode().hex()
    elif form == "N":
        digits = format(int(text), "x")
    else:
        digits = text
    return bytes.fromhex(digits.ljust(QUESTION_BYTES * 2, "0"))


def response(suite, secret, counter, question, pin, session, seconds):
    _, function, data = suite.split(":")
    _, name, digits = function.split("-")
    message = suite.encode() + b"\0"
    for part in data.split("-"):
        if part == "C":
            message += int(counter).to_bytes(8, "big")
        elif part[0] == "Q":
            message += question_bytes(part[1], question)
        elif part[0] == "P":
            message += hashlib.new(part[1:].lower(), pin.encode()).digest()
        elif part[0] == "S":
            message += bytes.fromhex(session).rjust(int(part[1:]), b"\0")
        elif part[0] == "T":
            step = int(part[1:-1]) * SECONDS[part[-1]]
            message += (int(seconds) // step).to_bytes(8, "big")
    mac = hmac.new(bytes.fromhex(secret), message, name.lower()).digest()
    if digits == "0":
        return mac.hex()
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10 ** int(digits)).zfill(int(digits))


for line in sys.stdin:
    print(response(*line.rstrip("\n").split("\t")))
