//! The handbook in English.

use super::phrases::{Ask, Phrases};
use crate::factor::{Factor, FactorClass};
use crate::grant::Obligation;

pub(super) const PHRASES: Phrases = Phrases {
    title: "Verifying callers",
    lead: "This page is written from the policy that the system enforces. The system takes nothing else.",
    rules: "Always",
    each_rule: &[
        "Ask for what the system asks for, in its order, and for nothing else.",
        "Say nothing of an account before the system allows it. Do not say whether it exists.",
        "Never say which answer or code was wrong.",
        "Nobody can leave out a step for you: no manager, no colleague, no emergency.",
        "An approval that the caller tells you of does not count. The system shows it, or it is not there.",
        "You never approve what you handle.",
        "Never call back a number that the caller gives you. Use the number that the system shows.",
    ],
    stop: "Stop if",
    each_stop: &[
        "the caller wants a step left out, or wants another way than those below",
        "the caller presses for haste, names a superior, or threatens",
        "the caller wants a new number or address first, and something else right after it",
        "somebody in the background tells the caller what to say",
        "the caller reads out a code that you may not hear",
    ],
    then_say: "Say: “{say}”",
    say_on_stop: "I cannot do this on this call. You can try again later, or come to us in person.",
    asking: "What to ask for, and what to say",
    asking_head: "| | ask for | say |",
    asks,
    verified_by: "a verification by `{name}`",
    approval: Ask::new(
        "the approval of another agent",
        "One moment, please. I am asking a colleague.",
    ),
    signals: "When the risk is higher",
    signal: "`{tier}`, if {test}: for {actions}",
    every_action: "every action",
    at_least: "`{name}` is {value} or more",
    at_most: "`{name}` is {value} or less",
    raised: "`{name}` is raised",
    or_worse: "`{name}` is {value} or worse",
    within: "`{name}` was {value} ago or less",
    unknown_signal: "What is not known counts as the worst.",
    actions: "What the caller may want",
    at_tier: "If the risk is `{tier}`:",
    at_every_tier: "At every risk:",
    never: "Never do this, whoever asks for it.",
    way: "Way {number}. Ask for, in this order:",
    one_of: "one of these: {list}",
    oldest: "at most {span} old",
    classes: "evidence of {number} kinds: something that the caller knows, has, or is",
    full_only: "no code by telephone",
    level: "evidence of level {level}, in the customer's own app or on our page",
    class,
    one_approval: "the approval of another agent",
    approvals: "the approvals of {number} other agents",
    for_transaction: "for just this order",
    independent: "on another channel than this one",
    any_interaction: "an earlier contact counts, too",
    protected: "in the customer's own app or on our page",
    unchanged: "not added or changed for more than {span}",
    waits: "The change then waits: {span}. Nobody can shorten it.",
    say_on_wait: "We are telling you about this on every address that we have. If you did not ask for it, you can stop it with any factor that is left.",
    barred: "If the customer stops the change, it is not asked for again for {span}.",
    otherwise: "If none of this is possible, stop.",
    if_allowed: "Then: {list}.",
    if_denied: "If you stop: {list}.",
    obliged: |obligation| match obligation {
        Obligation::Notify => "the customer is told on another channel",
        Obligation::Review => "a person looks at the case",
        Obligation::Suspend => "the account is suspended",
        Obligation::Record => "the case is recorded",
    },
    risk_accepted: "This way is weak on purpose: {why}.",
    or: "or",
    units: [
        ("day", "days"),
        ("hour", "hours"),
        ("minute", "minutes"),
        ("second", "seconds"),
    ],
};

fn asks(factor: Factor) -> Ask {
    let (name, say) = match factor {
        Factor::Totp => (
            "a code of the authenticator app",
            "Please read me the code that your app shows now.",
        ),
        Factor::Hotp => (
            "a code of the token with a button",
            "Please press the button of your token, and read me the code.",
        ),
        Factor::Ocra => (
            "a response of the token with keys",
            "Please enter the number that I read to you, and read me the response.",
        ),
        Factor::PrivateCode => (
            "a code that was sent, and that you do not hear",
            "Please enter the code on your keypad or on our page. Never tell it to anybody, not even to me.",
        ),
        Factor::SpokenCode => (
            "a code that was sent, and that is read out",
            "I am sending you a code. Please read what the message says it is for, and then read me the code.",
        ),
        Factor::BindingCode => (
            "a code that binds a new device",
            "Please enter the code on the new device. Never tell it to anybody, not even to me.",
        ),
        Factor::IssuedRecoveryCode => (
            "a recovery code that was sent",
            "Please enter the recovery code of our letter or message on our page.",
        ),
        Factor::RecoveryCode => (
            "a recovery code of the saved list",
            "Please read me one code of your list. It counts once.",
        ),
        Factor::Questions => (
            "answers to questions",
            "I have some questions for you. Please answer as you did when you set them up.",
        ),
        Factor::Word => (
            "letters of the memorable word",
            "Please tell me the letters that I ask for. Never tell me the whole word.",
        ),
        Factor::Password => (
            "the password",
            "Please enter your password on our page. Never tell it to me.",
        ),
        Factor::Pin => (
            "the PIN",
            "Please enter your PIN on your keypad. Never tell it to me.",
        ),
        Factor::External => (
            "a verification by another system",
            "One moment, please. I am having you verified.",
        ),
    };
    Ask::new(name, say)
}

const fn class(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "something that the caller knows",
        FactorClass::Possession => "something that the caller has",
        FactorClass::Inherence => "something that the caller is",
    }
}
