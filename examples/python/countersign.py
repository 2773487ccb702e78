"""countersign for Python: a thin layer of ctypes over the C library. Nothing is compiled.

It has what a host needs first: TOTP, sealed fields, policies, and the verifier over a SQLite file. The contract is that of
``countersign.h``. Forms are dicts with the keys of the manual, ``manual::c``.

The library is the file that the variable ``COUNTERSIGN_LIBRARY`` names, or else the one that the system has installed.

Objects are freed at the end of a ``with`` block, by ``close()``, or with the last reference. The library wipes its secrets then.
A ``str`` or ``bytes`` of Python cannot be wiped: it lives as long as Python keeps it. No ``repr`` here shows a secret.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import enum
import json
import os
import threading
import weakref
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar, Union, cast

__all__ = [
    "Answer", "Change", "Channel", "Context", "CountersignError", "Decision", "Delivery", "Factor", "FieldCipher", "Issued",
    "Keyring", "Outcome", "OutcomeKind", "Policy", "Settings", "Totp", "Verdict", "Verifier", "version",
]

Form = Mapping[str, Any]
Clock = Callable[[], int]
AuditSink = Callable[[Dict[str, Any]], None]
Save = Callable[[bytes], bool]
T = TypeVar("T", bound="_Object")

# In the place of a time: for ever.
NEVER = 2**63 - 1

_OK = 0
_SAVE_STORED, _SAVE_CONFLICT, _CALLBACK_DONE, _CALLBACK_FAILED = 1, 2, 1, 0
_BY_HOST = 1


class Channel(enum.IntEnum):
    """Where a conversation takes place."""

    AGENT = 1
    KEYPAD = 2
    CHAT = 3
    DEVICE = 4
    COUNTER = 5
    WEB = 6


class Factor(enum.IntEnum):
    """What an attempt of one text is."""

    TOTP = 1
    HOTP = 2
    OCRA = 3
    PRIVATE_CODE = 4
    SPOKEN_CODE = 5
    RECOVERY_CODE = 6
    ISSUED_RECOVERY_CODE = 7
    BINDING_CODE = 8
    PASSWORD = 11
    PIN = 12


class Change(enum.IntEnum):
    """A change of one text. `Verifier.change` says which text."""

    ADD_TOTP = 1
    CONFIRM_TOTP = 2
    ADD_HOTP = 3
    CONFIRM_HOTP = 4
    SET_MEMORABLE_WORD = 5
    SET_PASSWORD = 6
    SET_PIN = 7
    SET_PHONE = 8
    SET_EMAIL = 9
    CONFIRM_ADDRESS = 10
    REMOVE = 11
    UNLOCK = 12
    SUSPEND = 13
    RESUME = 14
    RESET = 15
    VOID_ALL = 16


class OutcomeKind(enum.IntEnum):
    """The end of a check, a change or an order."""

    DENIED = 0
    ACCEPTED = 1
    LOCKED = 2
    INVALID_CHECK_DIGIT = 3
    BUSY = 4
    WAITS = 5
    BARRED = 6

    @classmethod
    def _missing_(cls, value: object) -> OutcomeKind:
        # A later library may know more kinds. None of them is an acceptance.
        return cls.DENIED

    def __bool__(self) -> bool:
        return self is OutcomeKind.ACCEPTED


class Verdict(enum.IntEnum):
    """The end of a check of a single authenticator."""

    WRONG = 0
    ACCEPTED = 1
    REPLAYED = 2
    EXPIRED = 3
    EXHAUSTED = 4
    NOTHING_OPEN = 5
    INVALID_CHECK_DIGIT = 6
    PRIVATE_CODE_TOLD = 7

    @classmethod
    def _missing_(cls, value: object) -> Verdict:
        return cls.WRONG

    def __bool__(self) -> bool:
        return self is Verdict.ACCEPTED


class Answer(enum.IntEnum):
    """The answer of a policy."""

    NO = 0
    YES = 1
    STEP_UP = 2

    @classmethod
    def _missing_(cls, value: object) -> Answer:
        return cls.NO

    def __bool__(self) -> bool:
        return self is Answer.YES


class CountersignError(Exception):
    """An error of a call. Its text names field, rule and way out, and holds no secret."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text

    def __reduce__(self) -> Tuple[Type[CountersignError], Tuple[int, str]]:
        return (CountersignError, (self.number, self.text))


@dataclass(frozen=True)
class Outcome:
    """An outcome, which is true if it is an acceptance. `until` is when to try again, or 0."""

    kind: OutcomeKind
    until: int = 0

    def __bool__(self) -> bool:
        return self.kind is OutcomeKind.ACCEPTED


@dataclass(frozen=True)
class Decision:
    """A decision, which is true if it is a yes. `details` is the form ``decision``."""

    answer: Answer
    details: Dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return self.answer is Answer.YES

    @property
    def text(self) -> str:
        """The reason of a no, or the least burdensome option of a step-up. It is for logs."""
        options = self.details.get("options") or [self.details]
        return str(options[0].get("text", ""))

    @property
    def factors(self) -> List[str]:
        """The factors of which one is asked for first."""
        options = self.details.get("options") or []
        return list(options[0]["requirements"][0]["factors"]) if options else []


@dataclass(frozen=True)
class Delivery:
    """A code on its way. `to`, `code` and `message` are missing if there is nothing to send: say nothing of that to anyone."""

    hint: str
    expires: int
    to: Optional[str] = field(repr=False)
    code: Optional[str] = field(repr=False)
    message: Optional[str] = field(repr=False)


@dataclass(frozen=True)
class Issued:
    """The end of an order. Without a delivery, the outcome says when to try again."""

    outcome: Outcome
    delivery: Optional[Delivery]

    def __bool__(self) -> bool:
        return self.delivery is not None


class _Bytes(ctypes.Structure):
    _fields_ = [("data", c_char_p), ("length", c_size_t)]


_NOW = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(c_int64))
_AUDIT = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t)
_SAVE = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t)


class _Callbacks(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("user", c_void_p),
        ("load", c_void_p),
        ("replace", c_void_p),
        ("purge", c_void_p),
        ("now", _NOW),
        ("audit", _AUDIT),
        ("scan", c_void_p),
    ]


_TEXT = (c_char_p, c_size_t)
_BUFFER = (c_void_p, POINTER(c_size_t))
_OBJECT = POINTER(c_void_p)
_OUTCOME = (POINTER(c_int32), POINTER(c_int64))
_CHANGED = (c_int32, c_void_p, c_void_p) + _OUTCOME

# The functions that are called here, and what they take.
_FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    "error_new": (_OBJECT,),
    "last_error": (c_void_p,) + _BUFFER,
    "free": (c_void_p,),
    "text_data": (c_void_p, _OBJECT, POINTER(c_size_t)),
    "totp_generate": (c_void_p, _OBJECT),
    "totp_new": (c_void_p,) + _TEXT + (c_int32, c_uint32, c_uint32, _OBJECT),
    "totp_from_key_uri": (c_void_p, c_void_p, _OBJECT),
    "totp_code_at": (c_void_p, c_int64) + _BUFFER,
    "totp_check": (c_void_p,) + _TEXT + _TEXT + (c_int64, _SAVE, c_void_p, POINTER(c_int32)),
    "totp_key_uri": (c_void_p,) + _TEXT + _TEXT + (_OBJECT,),
    "key_uri_parse": (c_void_p,) + _TEXT + (_OBJECT,),
    "key_uri_text": (c_void_p,) + _BUFFER,
    "keyring_generate": (c_void_p, _OBJECT),
    "keyring_new": (c_void_p, c_uint32) + _TEXT + (c_uint32,) + _TEXT + (_OBJECT,),
    "keyring_from_bytes": (c_void_p,) + _TEXT + (_OBJECT,),
    "keyring_bytes": (c_void_p,) + _BUFFER,
    "field_cipher_new": (c_void_p, c_void_p) + _TEXT + _TEXT + (_OBJECT,),
    "field_cipher_seal": (c_void_p, POINTER(_Bytes), c_size_t) + _TEXT + _BUFFER,
    "field_cipher_open": (c_void_p, POINTER(_Bytes), c_size_t) + _TEXT + _BUFFER,
    "policy_from_toml": (c_void_p,) + _TEXT + (_OBJECT,),
    "policy_preset": (c_void_p,) + _TEXT + (_OBJECT,),
    "policy_lint": (c_void_p,) + _TEXT + (_OBJECT,),
    "context_begin": (c_void_p, c_int32, _OBJECT),
    "context_new": (c_void_p, c_int32) + _TEXT + (_OBJECT,),
    "context_protected": (c_void_p, c_void_p, _OBJECT),
    "context_for_transaction": (c_void_p, c_void_p) + _TEXT + (_OBJECT,),
    "context_interaction": (c_void_p,) + _BUFFER,
    "settings_new": (c_void_p,) + _TEXT + (c_void_p, _OBJECT),
    "verifier_open": (c_void_p, c_void_p) + _TEXT + (POINTER(_Callbacks), _OBJECT),
    "verifier_create": (c_void_p,) + _TEXT + (c_void_p,),
    "verifier_change": (c_void_p,) + _TEXT + (c_int32,) + _TEXT + _CHANGED,
    "verifier_change_json": (c_void_p,) + _TEXT + _TEXT + _CHANGED,
    "verifier_check": (c_void_p,) + _TEXT + (c_int32,) + _TEXT + (c_void_p,) + _OUTCOME,
    "verifier_check_json": (c_void_p,) + _TEXT + _TEXT + (c_void_p,) + _OUTCOME,
    "verifier_authorize": (c_void_p, c_void_p) + _TEXT + _TEXT + (c_void_p, POINTER(c_int32), _OBJECT),
    "verifier_issue": (c_void_p,) + _TEXT + _TEXT + (c_void_p, c_void_p) + _OUTCOME + (_OBJECT,),
    "verifier_status": (c_void_p,) + _TEXT + (c_void_p, _OBJECT),
    "verifier_prompts": (c_void_p,) + _TEXT + (_OBJECT,),
    "verifier_generate_recovery_codes": (c_void_p,) + _TEXT + (c_uint32, c_int32, c_void_p, c_void_p, _OBJECT),
    "verifier_end": (c_void_p,) + _TEXT + (c_void_p,),
    "verifier_erase": (c_void_p,) + _TEXT + (POINTER(c_int32),),
    "verifier_purge": (c_void_p, POINTER(c_uint64)),
}


def _load() -> ctypes.CDLL:
    path = os.environ.get("COUNTERSIGN_LIBRARY") or ctypes.util.find_library("countersign")
    if not path:
        raise ImportError("libcountersign is not installed: name its file in the variable COUNTERSIGN_LIBRARY")
    library = ctypes.CDLL(path)
    for name, takes in _FUNCTIONS.items():
        function = getattr(library, "countersign_" + name)
        function.argtypes = takes
        function.restype = c_int32
    library.countersign_version.restype = c_char_p
    library.countersign_version.argtypes = ()
    library.countersign_strerror.restype = c_char_p
    library.countersign_strerror.argtypes = (c_int32,)
    return library


_LIBRARY = _load()


def version() -> str:
    """Returns the version of the library that runs."""
    return cast(bytes, _LIBRARY.countersign_version()).decode()


def _text(text: Union[str, bytes]) -> Tuple[bytes, int]:
    """Returns an input as pointer and length."""
    if isinstance(text, bytes):
        return text, len(text)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        # That error would hold the whole text.
        raise ValueError("a text must be UTF-8, without lone surrogates") from None
    return raw, len(raw)


def _call(pointer: Optional[c_void_p], name: str, *arguments: Any) -> None:
    """Calls a function. `pointer` is the object that keeps the text of an error."""
    number = cast(int, getattr(_LIBRARY, "countersign_" + name)(*arguments))
    if number != _OK:
        text = _last_error(pointer) if pointer else ""
        raise CountersignError(number, text or cast(bytes, _LIBRARY.countersign_strerror(number)).decode())


def _last_error(pointer: c_void_p) -> str:
    length = c_size_t()
    if _LIBRARY.countersign_last_error(pointer, None, byref(length)) != _OK or length.value == 0:
        return ""
    text = ctypes.create_string_buffer(length.value)
    if _LIBRARY.countersign_last_error(pointer, text, byref(length)) != _OK:
        return ""
    return text.value.decode()


def _make(name: str, *arguments: Any) -> c_void_p:
    """Calls a function that makes an object. A `countersign_error` keeps the text of an error."""
    error, made = c_void_p(), c_void_p()
    _call(None, "error_new", byref(error))
    try:
        _call(error, name, error, *arguments, byref(made))
    finally:
        _LIBRARY.countersign_free(error)
    return made


def _taken(given: c_void_p) -> str:
    """Returns the text that a call has given as an object, and frees the object."""
    try:
        data, length = c_void_p(), c_size_t()
        _call(given, "text_data", given, byref(data), byref(length))
        return ctypes.string_at(data.value or 0, length.value).decode() if length.value else ""
    finally:
        _LIBRARY.countersign_free(given)


class _Object:
    """An object of the library."""

    def __init__(self, pointer: c_void_p) -> None:
        self._pointer = pointer
        self._free = weakref.finalize(self, _LIBRARY.countersign_free, pointer)

    def close(self) -> None:
        """Frees the object, and wipes its secrets. Later calls are errors."""
        self._free()
        self._pointer = c_void_p()

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<countersign.{type(self).__name__}{'' if self._pointer else ', closed'}>"

    def __reduce__(self) -> Tuple[Any, ...]:
        raise TypeError(f"a {type(self).__name__} cannot be pickled")

    def _call(self, name: str, *arguments: Any) -> None:
        _call(self._pointer, name, self._pointer, *arguments)

    def _given(self, name: str, *arguments: Any) -> str:
        given = c_void_p()
        self._call(name, *arguments, byref(given))
        return _taken(given)

    def _buffer(self, name: str, *arguments: Any) -> bytes:
        """Calls a function that writes into a buffer, first to learn its length. The buffer is wiped."""
        length = c_size_t()
        self._call(name, *arguments, None, byref(length))
        buffer = ctypes.create_string_buffer(max(length.value, 1))
        try:
            self._call(name, *arguments, buffer, byref(length))
            return buffer.raw[: length.value]
        finally:
            ctypes.memset(buffer, 0, len(buffer))


class Totp(_Object):
    """An authenticator app's secret and settings (RFC 6238)."""

    @classmethod
    def generate(cls) -> Totp:
        """Draws a secret."""
        return cls(_make("totp_generate"))

    @classmethod
    def from_key_uri(cls, uri: str) -> Totp:
        """Reads a key URI, ``otpauth://totp/..``."""
        parsed = _Object(_make("key_uri_parse", *_text(uri)))
        with parsed:
            return cls(_make("totp_from_key_uri", parsed._pointer))

    def key_uri(self, issuer: str, account: str) -> str:
        """Returns the URI that an app scans. It holds the secret."""
        made = c_void_p()
        self._call("totp_key_uri", *_text(issuer), *_text(account), byref(made))
        with _Object(made) as uri:
            return uri._buffer("key_uri_text")[:-1].decode()

    def code_at(self, now: int) -> str:
        """Returns the code of the step at a Unix time."""
        return self._buffer("totp_code_at", now)[:-1].decode()

    def check(self, state: bytes, code: str, now: int, save: Save) -> Verdict:
        """Checks a code without a verifier. `save` stores the next state if the stored one is still `state`, and says whether.

        The verdict is known after the state is stored. Count the wrong tries yourself.
        """
        failed: List[BaseException] = []

        def called(_user: Optional[int], data: Optional[int], length: int) -> int:
            try:
                return _SAVE_STORED if save(ctypes.string_at(data or 0, length)) is True else _SAVE_CONFLICT
            except BaseException as error:  # ctypes would print it, and go on
                failed.append(error)
                return _CALLBACK_FAILED

        verdict = c_int32()
        try:
            self._call("totp_check", *_text(state), *_text(code), now, _SAVE(called), None, byref(verdict))
        except CountersignError as error:
            if failed:
                raise failed[0] from error
            raise
        return Verdict(verdict.value)


class Keyring(_Object):
    """The keys of a host: a root key that seals and opens, and the secret that hashes rest on."""

    @classmethod
    def generate(cls) -> Keyring:
        """Draws both keys. Keep them by `to_bytes` in a key store."""
        return cls(_make("keyring_generate"))

    @classmethod
    def from_keys(cls, root: bytes, secret: bytes, root_id: int = 1, generation: int = 1) -> Keyring:
        """Takes both keys from a key management, 32 bytes each."""
        return cls(_make("keyring_new", root_id, *_text(root), generation, *_text(secret)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Keyring:
        """Reads the bytes of `to_bytes`."""
        return cls(_make("keyring_from_bytes", *_text(data)))

    def to_bytes(self) -> bytes:
        """Returns the keys as bytes, which are as secret as the keys."""
        return self._buffer("keyring_bytes")


class FieldCipher(_Object):
    """Seals and opens values of one purpose, each for its place: table, column, record."""

    def __init__(self, keyring: Keyring, realm: str, purpose: str) -> None:
        super().__init__(_make("field_cipher_new", keyring._pointer, *_text(realm), *_text(purpose)))

    def seal(self, place: Sequence[Union[str, bytes]], plaintext: bytes) -> bytes:
        """Seals a value. It opens in this place only."""
        return self._buffer("field_cipher_seal", *self._parts(place), *_text(plaintext))

    def open(self, place: Sequence[Union[str, bytes]], sealed: bytes) -> bytes:
        """Opens a value that was sealed for this place."""
        return self._buffer("field_cipher_open", *self._parts(place), *_text(sealed))

    @staticmethod
    def _parts(place: Sequence[Union[str, bytes]]) -> Tuple[Any, int]:
        parts = [_Bytes(*_text(part)) for part in place]
        return (_Bytes * len(parts))(*parts), len(parts)


class Policy(_Object):
    """The rules of a host: which evidence each action takes."""

    @classmethod
    def from_toml(cls, document: str) -> Policy:
        """Reads a policy document."""
        return cls(_make("policy_from_toml", *_text(document)))

    @classmethod
    def preset(cls, name: str) -> Policy:
        """Reads a preset: ``contact_center``, ``bank_psd2`` or ``nist_aal2``."""
        return cls(_make("policy_preset", *_text(name)))

    def lint(self, deployment: Optional[Form] = None) -> List[Dict[str, Any]]:
        """Returns what is wrong with the policy, in the form ``findings``."""
        form = _text(json.dumps(deployment)) if deployment is not None else (None, 0)
        return cast(List[Dict[str, Any]], json.loads(self._given("policy_lint", *form)))


class Context(_Object):
    """The context of a call: its channel, its interaction, and the transaction it is about."""

    @classmethod
    def begin(cls, channel: Channel) -> Context:
        """Begins an interaction."""
        return cls(_make("context_begin", int(channel)))

    @classmethod
    def resume(cls, channel: Channel, interaction: bytes) -> Context:
        """Goes on with an interaction, whose bytes the host has kept."""
        return cls(_make("context_new", int(channel), *_text(interaction)))

    def protected(self) -> Context:
        """Returns the context over a channel that is authenticated and encrypted to its end."""
        return Context(_make("context_protected", self._pointer))

    def for_transaction(self, transaction: Form) -> Context:
        """Returns the context of a transaction, in the form ``transaction``."""
        return Context(_make("context_for_transaction", self._pointer, *_text(json.dumps(transaction))))

    def interaction(self) -> bytes:
        """Returns the 16 bytes to keep in the host's session."""
        return self._buffer("context_interaction")


class Settings(_Object):
    """The settings of a verifier, in the form ``settings``."""

    def __init__(self, form: Form, keyring: Keyring) -> None:
        super().__init__(_make("settings_new", *_text(json.dumps(form)), keyring._pointer))


class Verifier(_Object):
    """Verifies subjects over a store. Make one for a process. Threads share it, and processes share the store.

    The location is the path of a SQLite file. While it is open, this process must not open the same file by the module ``sqlite3``:
    two copies of SQLite in one process break each other's locks.

    `now` is the clock, in Unix seconds. `audit` takes each event, in the form ``event``. If it raises, a pass is withheld.
    """

    def __init__(self, settings: Settings, location: str, now: Optional[Clock] = None, audit: Optional[AuditSink] = None) -> None:
        # The error of a callback, by the thread that it runs in. The functions do not name the verifier, which can so be freed.
        failed = threading.local()

        def read_clock(_user: Optional[int], to: Any) -> int:
            try:
                assert now is not None
                to[0] = now()
                return _CALLBACK_DONE
            except BaseException as error:
                failed.error = error
                return _CALLBACK_FAILED

        def write_event(_user: Optional[int], event: Optional[int], length: int) -> int:
            try:
                assert audit is not None
                audit(json.loads(ctypes.string_at(event or 0, length)))
                return _CALLBACK_DONE
            except BaseException as error:
                failed.error = error
                return _CALLBACK_FAILED

        callbacks = _Callbacks(size=ctypes.sizeof(_Callbacks))
        if now is not None:
            callbacks.now = _NOW(read_clock)
        if audit is not None:
            callbacks.audit = _AUDIT(write_event)
        super().__init__(_make("verifier_open", settings._pointer, *_text(location), byref(callbacks)))
        # The library calls them as long as the verifier lives.
        self._callbacks = callbacks
        self._failed = failed

    def _call(self, name: str, *arguments: Any) -> None:
        self._failed.error = None
        try:
            super()._call(name, *arguments)
        except CountersignError as error:
            if self._failed.error is not None:
                raise self._failed.error from error
            raise

    def create(self, subject: str, context: Context) -> None:
        """Creates an account without any authenticator. A subject that has one is an error."""
        self._call("verifier_create", *_text(subject), context._pointer)

    def change(self, subject: str, change: Change, text: str, context: Context) -> Outcome:
        """Makes a change of one text, on the responsibility of the host.

        The text is a key URI (``ADD_..``), a code (``CONFIRM_..``), a value (``SET_..``), the name of a factor (``REMOVE``,
        ``UNLOCK``, ``RESET``) or empty.
        """
        return self._outcome("verifier_change", *_text(subject), int(change), *_text(text), _BY_HOST, None, context._pointer)

    def change_form(self, subject: str, change: Form, context: Context) -> Outcome:
        """Makes a change of several parts, in the form ``change``."""
        return self._outcome("verifier_change_json", *_text(subject), *_text(json.dumps(change)), _BY_HOST, None, context._pointer)

    def check(self, subject: str, factor: Factor, attempt: str, context: Context) -> Outcome:
        """Checks an attempt of one text: a code, a password, a PIN."""
        return self._outcome("verifier_check", *_text(subject), int(factor), *_text(attempt), context._pointer)

    def check_form(self, subject: str, attempt: Form, context: Context) -> Outcome:
        """Checks an attempt of several parts, in the form ``attempt``: answers, two codes, letters."""
        return self._outcome("verifier_check_json", *_text(subject), *_text(json.dumps(attempt)), context._pointer)

    def authorize(self, policy: Policy, request: Form, subject: str, context: Context) -> Decision:
        """Decides on a request by the evidence of the record. Carry out the action of a yes once."""
        answer = c_int32()
        details = self._given("verifier_authorize", policy._pointer, *_text(json.dumps(request)), *_text(subject),
                              context._pointer, byref(answer))
        return Decision(Answer(answer.value), json.loads(details))

    def issue(self, subject: str, order: Form, context: Context) -> Issued:
        """Issues a code, in the form ``order``. Messages are in English."""
        outcome, until, given = c_int32(), c_int64(), c_void_p()
        self._call("verifier_issue", *_text(subject), *_text(json.dumps(order)), None, context._pointer, byref(outcome),
                   byref(until), byref(given))
        told = Outcome(OutcomeKind(outcome.value), until.value)
        if not given:
            return Issued(told, None)
        form = json.loads(_taken(given))
        parcel = form["parcel"] or {}
        return Issued(told, Delivery(form["hint"], form["expires"], parcel.get("to"), parcel.get("code"), parcel.get("message")))

    def status(self, subject: str, context: Context) -> Dict[str, Any]:
        """Returns what a subject could show now, and the locks, in the form ``status``."""
        return cast(Dict[str, Any], json.loads(self._given("verifier_status", *_text(subject), context._pointer)))

    def prompts(self, subject: str) -> List[Dict[str, Any]]:
        """Returns the questions to ask, in the form ``prompts``."""
        return cast(List[Dict[str, Any]], json.loads(self._given("verifier_prompts", *_text(subject))))

    def generate_recovery_codes(self, subject: str, context: Context, count: int = 10) -> List[str]:
        """Draws a new list of recovery codes. An earlier list is void."""
        form = json.loads(self._given("verifier_generate_recovery_codes", *_text(subject), count, _BY_HOST, None, context._pointer))
        return cast(List[str], form["codes"])

    def end(self, subject: str, context: Context) -> None:
        """Ends an interaction: its evidence is forgotten."""
        self._call("verifier_end", *_text(subject), context._pointer)

    def erase(self, subject: str) -> bool:
        """Deletes the record of a subject. False: there was none."""
        erased = c_int32()
        self._call("verifier_erase", *_text(subject), byref(erased))
        return erased.value == 1

    def purge(self) -> int:
        """Drops records of unknown names whose time has come. Call it once an hour."""
        dropped = c_uint64()
        self._call("verifier_purge", byref(dropped))
        return dropped.value

    def _outcome(self, name: str, *arguments: Any) -> Outcome:
        outcome, until = c_int32(), c_int64()
        self._call(name, *arguments, byref(outcome), byref(until))
        return Outcome(OutcomeKind(outcome.value), until.value)
