"""The module of ctypes: it agrees with the header, leaks no secret into a text, and turns no failure into a pass."""

import copy
import gc
import pickle
import re
import sys
import tempfile
import time
import weakref
from pathlib import Path

ROOT = Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "examples/python"))

import countersign as c  # noqa: E402
from countersign import Channel, Context, CountersignError, Factor, FieldCipher, Keyring, Settings, Totp, Verdict, Verifier  # noqa: E402

NOW = 1_764_322_921


def raises(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def agrees_with_the_header():
    header = (ROOT / "src/ffi/countersign.h").read_text("utf-8")
    numbers = {name: int(number) for name, number in re.findall(r"#define COUNTERSIGN_(\w+) (\d+)\n", header)}
    several_parts = {"QUESTIONS", "MEMORABLE_WORD", "EXTERNAL"}
    for prefix, enum in [
        ("CHANNEL", c.Channel), ("FACTOR", c.Factor), ("CHANGE", c.Change), ("OUTCOME", c.OutcomeKind), ("VERDICT", c.Verdict),
        ("ANSWER", c.Answer),
    ]:
        said = {name[len(prefix) + 1:]: number for name, number in numbers.items() if name.startswith(prefix + "_")}
        if prefix == "FACTOR":
            said = {name: number for name, number in said.items() if name not in several_parts}
        assert {one.name: one.value for one in enum} == said, prefix
    assert numbers["CALLBACK_DONE"] == c._CALLBACK_DONE
    assert (numbers["SAVE_STORED"], numbers["SAVE_CONFLICT"], numbers["BY_HOST"]) == (c._SAVE_STORED, c._SAVE_CONFLICT, c._BY_HOST)
    plain = re.sub(r"//[^\n]*", "", header)
    for name, takes in c._FUNCTIONS.items():
        [arguments] = re.findall(rf"countersign_result countersign_{name}\(([^)]*)\);", plain)
        arguments = arguments.split(",")
        assert len(arguments) == len(takes), name
        for argument, kind in zip(arguments, takes):
            is_pointer = "*" in argument or "countersign_save" in argument
            in_python = kind in (c.c_void_p, c.c_char_p) or hasattr(kind, "contents") or kind is c._SAVE
            assert is_pointer == in_python, (name, argument)
    fields = re.search(r"typedef struct \{([^}]*)\} countersign_callbacks;", plain).group(1)
    assert [name for name, *_ in c._Callbacks._fields_] == re.findall(r"(\w+);", fields)


def no_number_is_a_pass():
    assert not c.OutcomeKind(99) and not Verdict(99) and not c.Answer(99)
    assert not c.Outcome(c.OutcomeKind.LOCKED, 5) and not Verdict.REPLAYED and not c.Answer.STEP_UP
    assert c.Outcome(c.OutcomeKind.ACCEPTED)


def an_app():
    app = Totp.generate()
    assert Totp.from_key_uri(app.key_uri("Bank", "anna")).code_at(NOW) == app.code_at(NOW)
    kept = [b""]

    def save(state):
        kept[0] = state
        return True

    code = app.code_at(NOW)
    assert app.check(b"", code, NOW, save) is Verdict.ACCEPTED
    assert app.check(kept[0], code, NOW, save) is Verdict.REPLAYED

    def fails(_state):
        raise KeyError("the database")

    assert isinstance(raises(KeyError, app.check, b"", code, NOW, fails).__cause__, CountersignError)
    # Whatever is not True is a conflict.
    assert raises(CountersignError, app.check, b"", code, NOW, lambda _state: None).number == 12
    uri = app.key_uri("Bank", "anna")
    secret = re.search("secret=([A-Z2-7]+)", uri).group(1)
    assert secret not in repr(app) + str(vars(app))


def fields():
    keyring = Keyring.generate()
    cipher = FieldCipher(keyring, "bank", "customers")
    place = ["customers", "note", b"42"]
    for plain in [b"", b"hi\0there", bytes(100_000)]:
        assert cipher.open(place, cipher.seal(place, plain)) == plain
    again = FieldCipher(Keyring.from_bytes(keyring.to_bytes()), "bank", "customers")
    assert again.open(place, cipher.seal(place, b"x")) == b"x"
    error = raises(CountersignError, cipher.open, ["customers", "note", "43"], cipher.seal(place, b"x"))
    assert error.number == 26 and error.text == str(error) and pickle.loads(pickle.dumps(error)).number == 26
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        raises(TypeError, copied, keyring)
    assert raises(CountersignError, Keyring.from_keys, b"short", bytes(32)).number == 20


def policies():
    assert c.Policy.preset("bank_psd2").lint() == []
    assert "line 1" in str(raises(CountersignError, c.Policy.from_toml, "x"))
    raises(CountersignError, c.Policy.preset, "nothing")


def a_verifier(folder):
    app, keyring, events = Totp.generate(), Keyring.generate(), []
    settings = Settings({"realm": "bank"}, keyring)
    location = str(Path(folder) / "bank.db")
    moment = [int(time.time())]
    with Verifier(settings, location, now=lambda: moment[0], audit=events.append) as verifier:
        visit = Context.begin(Channel.AGENT)
        verifier.create("anna", visit)
        assert raises(CountersignError, verifier.create, "anna", visit).number == 21
        assert verifier.change("anna", c.Change.ADD_TOTP, app.key_uri("Bank", "anna"), visit)
        assert not verifier.change("anna", c.Change.CONFIRM_TOTP, "000000", visit)
        assert verifier.change("anna", c.Change.CONFIRM_TOTP, app.code_at(moment[0]), visit)
        assert verifier.change("anna", c.Change.SET_PHONE, "+49 30 901820", visit)
        assert verifier.change_form("anna", {"set_password": {"password": "eleven purple \"élephants\" 🐘"}}, visit)
        assert verifier.check("anna", Factor.PASSWORD, "eleven purple \"élephants\" 🐘", visit)
        assert not verifier.check("anna", Factor.PASSWORD, "twelve", visit)
        assert "password" in verifier.status("anna", visit)["enrolled"]
        moment[0] += 30
        pair = [app.code_at(moment[0]), app.code_at(moment[0] + 30)]
        assert isinstance(verifier.check_form("anna", {"totp_pair": pair}, visit), c.Outcome)
        issued = verifier.issue("anna", {"code": "spoken", "message": {"from": "Bank"}}, visit)
        assert issued and issued.delivery.code is None and "is your code" in issued.delivery.message
        assert not verifier.issue("anna", {"code": "spoken"}, visit), "one a minute"
        moment[0] += 120
        plain = verifier.issue("anna", {"code": "spoken"}, visit)
        assert plain.delivery.code and plain.delivery.to == "+4930901820"
        assert plain.delivery.code not in repr(plain) and "901820" not in repr(plain) and "is your code" not in repr(issued)
        policy = c.Policy.from_toml(
            'version = 1\ngrant_lifetime = 300\ntiers = ["every"]\n'
            '[action."look".every_tier]\nany = [{ all = [{factor = "spoken_code", max_age = 900}] }]'
        )
        decision = verifier.authorize(policy, {"action": "look"}, "anna", visit)
        assert not decision and decision.answer is c.Answer.STEP_UP and decision.factors == ["spoken_code"]
        assert verifier.check("anna", Factor.SPOKEN_CODE, plain.delivery.code, visit)
        later = Context.resume(Channel.AGENT, visit.interaction())
        assert verifier.authorize(policy, {"action": "look"}, "anna", later)
        assert verifier.authorize(policy, {"action": "fly"}, "anna", later).answer is c.Answer.NO
        assert len(verifier.generate_recovery_codes("anna", visit, 3)) == 3
        verifier.end("anna", visit)
        assert verifier.erase("anna") and not verifier.erase("anna") and verifier.purge() >= 0
        assert {"accepted", "denied", "issued", "changed"} <= {event["kind"] for event in events}
        unreadable = raises(ValueError, verifier.check, "anna", Factor.PASSWORD, "secret\udc80", visit)
        assert not isinstance(unreadable, UnicodeError) and "secret" not in str(unreadable)
    assert repr(verifier) == "<countersign.Verifier, closed>"
    assert raises(CountersignError, verifier.purge).number == 1
    verifier.close()

    def disk_is_full(_event):
        raise OSError("the disk is full")

    failing = Verifier(settings, location, audit=disk_is_full)
    assert "disk" in str(raises(OSError, failing.create, "ben", visit))
    unclear = Verifier(settings, location, now=lambda: int("noon"))
    raises(ValueError, unclear.create, "carl", visit)
    raises(CountersignError, unclear.create, "", visit)
    seen = weakref.ref(failing)
    del failing
    gc.collect()
    assert seen() is None


agrees_with_the_header()
no_number_is_a_pass()
an_app()
fields()
policies()
with tempfile.TemporaryDirectory() as folder:
    a_verifier(folder)
