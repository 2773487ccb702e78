"""The desk of a contact centre in Python: it verifies callers in the SQLite file of the Rust example ``contact_center``.

    python3 examples/python/verify_caller.py DATABASE [FOLDER]

FOLDER has the bank's settings.json and policy.toml. The desk in C, ``examples/c/verify_caller.c``, tells more of the story.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from countersign import (
    Answer, Channel, Context, CountersignError, Factor, Keyring, Outcome, OutcomeKind, Policy, Settings, Totp, Verifier, version,
)

MAYA = "C-1042"
ANSWERS = {1: "zoe", 2: "anns row", 3: "LODZ"}
GUESSES = {1: "Rex", 2: "Mill Lane", 3: "Leeds"}
DAY, TEN_TO_SIX, MINUTES = 86_400, 17 * 3_600 + 50 * 60, 6 * 60


class Desk:
    """The verifier, the policy, and what only a story has: its clock, and the app on Maya's telephone."""

    def __init__(self, database: Path, folder: Path) -> None:
        self.trail = ""
        keys = Path(f"{database}.key").read_bytes()
        if len(keys) != 64 or not database.is_file():  # the library would make a new file
            raise ValueError(f"{database} and its key file of 64 bytes must be there")
        self.policy = Policy.from_toml((folder / "policy.toml").read_text("utf-8"))
        form = json.loads((folder / "settings.json").read_text("utf-8"))
        with Keyring.from_keys(keys[:32], keys[32:]) as keyring, Settings(form, keyring) as settings:
            self.verifier = Verifier(settings, str(database), now=lambda: self.now, audit=self.write_event)
        self.now, self.app = self.read_story(Path(f"{database}.story"))

    @staticmethod
    def read_story(path: Path) -> Tuple[int, Totp]:
        """Reads where the story stands, and takes the next minutes for this desk. The file has two lines: ``now`` and ``app``."""
        with path.open("r+") as file:
            story = re.fullmatch(r"now (\d+)\napp (\S+)\n", file.read())
            if story is None:
                raise ValueError(f"{path}: has no `now` and `app`")
            now = int(story[1])
            now = max(now, now - now % DAY + TEN_TO_SIX)
            file.seek(0)
            file.write(f"now {now + MINUTES}")
        return now, Totp.from_key_uri(story[2])

    def write_event(self, event: Dict[str, Any]) -> None:
        """Keeps the last line of the audit trail. If this raised, a pass would be withheld."""
        reason = f" ({event['reason']})" if "reason" in event else ""
        self.trail = f"{event['kind']} {event.get('factor', '')}{reason}"

    def clock(self, moment: int) -> str:
        day = "" if moment // DAY == self.now // DAY else " on another day"
        return f"{moment // 3600 % 24:02d}:{moment // 60 % 60:02d}{day}"

    def say(self, text: str) -> None:
        print(f"{self.clock(self.now)}  {text}")

    def tell(self, what: str, outcome: Outcome) -> Outcome:
        """Prints what the caller is told. The reason is in the audit trail alone."""
        told = "accepted" if outcome else "denied"
        if outcome.kind is OutcomeKind.LOCKED:
            told = f"locked until {self.clock(outcome.until)}"
        print(f"         {what}: {told}, audit: {self.trail}")
        return outcome

    def give_app_code(self, call: Context) -> Outcome:
        return self.tell("app code", self.verifier.check(MAYA, Factor.TOTP, self.app.code_at(self.now), call))

    def answer(self, call: Context, answers: Mapping[int, str]) -> Outcome:
        """Answers the questions that the record asks."""
        given: List[Dict[str, Any]] = [
            {"question": asked["question"], "answer": answers[asked["question"]]} for asked in self.verifier.prompts(MAYA)
        ]
        return self.tell("two answers", self.verifier.check_form(MAYA, {"questions": given}, call))

    def give_sent_code(self, call: Context, transaction: Mapping[str, Any]) -> Outcome:
        """Sends a code that is for this transaction alone, and gives it back as Maya reads it."""
        order = {"code": "spoken", "message": {"from": "Harbour Bank", "transaction": transaction}}
        issued = self.verifier.issue(MAYA, order, call)
        if issued.delivery is None or issued.delivery.message is None:
            return self.tell("no code", issued.outcome)
        message = issued.delivery.message
        print(f"         SMS to {issued.delivery.to}: {message!r}")
        code = message.split(" is your code")[0].rsplit(": ", 1)[-1]
        return self.tell("sent code", self.verifier.check(MAYA, Factor.SPOKEN_CODE, code, call))

    def until_allowed(self, call: Context, action: str, words: str) -> bool:
        """Asks for what the policy requires, until it allows the action, or nothing is left to ask."""
        reference = "HB-" + call.interaction()[:4].hex().upper()
        transaction = {"reference": reference, "fields": [["action", f"{words} (reference {reference})"]]}
        with call.for_transaction(transaction) as about:
            for _ in range(6):
                decision = self.verifier.authorize(self.policy, {"action": action}, MAYA, about)
                if decision:
                    print(f"         policy: allowed, this once: {action}")
                    return True
                if decision.answer is not Answer.STEP_UP:
                    print(f"         policy: {decision.text}")
                    return False
                print(f"         policy: step up: {decision.text}")
                self.now += 20
                if "totp" in decision.factors:
                    outcome = self.give_app_code(call)
                elif "spoken_code" in decision.factors:
                    outcome = self.give_sent_code(about, transaction)
                else:
                    outcome = self.answer(call, ANSWERS)
                if not outcome:
                    return False
        return False

    def serve(self, wish: str, action: str, words: str, served: str) -> None:
        """Takes a call of Maya."""
        self.now += 60
        self.say(f'Maya calls: "{wish}"')
        with Context.begin(Channel.AGENT) as call:
            allowed = self.until_allowed(call, action, words)
            self.say(f'"{served}"' if allowed else '"I am sorry, I cannot do that for you now."')
            self.verifier.end(MAYA, call)

    def evening(self) -> None:
        self.serve("What is my balance, please?", "balance.read", "hear your balance", "1,204.50 pounds.")
        self.say("The IMPOSTOR sits near her, and reads the code that her app shows. Then he guesses two answers.")
        with Context.begin(Channel.AGENT) as call:
            self.give_app_code(call)
            self.answer(call, GUESSES)
        self.serve("I want a new card.", "card.replace", "replace your card", "It is on its way.")


def main(arguments: List[str]) -> int:
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        print("verify_caller: usage: verify_caller.py DATABASE [FOLDER]", file=sys.stderr)
        return 1
    bank = Path(__file__).resolve().parent.parent / "contact_center"
    try:
        desk = Desk(Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else bank)
        print(f"HARBOUR BANK: the desk in Python, countersign {version()}, on {arguments[0]}\n")
        desk.evening()
    except (CountersignError, OSError, ValueError) as error:
        print(f"verify_caller: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
