// Codes that the host sends, and recovery codes on paper.

#include "row.h"

static const uint8_t KEY[] = "a key of thirty-two bytes, or so";
enum { KEY_LENGTH = 32, NOW = 1800000000 };

static const char *taken(countersign_text *text, char copy[1024]) {
    size_t room = 1024;
    OK(countersign_text_copy(text, copy, &room));
    OK(countersign_free(text));
    return copy;
}

static void recovery_codes(void) {
    countersign_recovery *recovery = NULL, *none = NULL;
    countersign_text *list = NULL;
    struct row row = {0};
    char printed[1024], code[64];
    int32_t verdict = 99, renew = 99;
    uint32_t left = 99;
    int64_t created = 99;
    OK(countersign_recovery_new(NULL, KEY, KEY_LENGTH, &recovery));
    // A list that is not stored is not told.
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, countersign_recovery_issue(recovery, 10, NOW, save, &row, &list));
    row.answer = 42;
    FAILS(CALLBACK, countersign_recovery_issue(recovery, 10, NOW, save, &row, &list));
    CHECK(list == NULL);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(countersign_recovery_issue(recovery, COUNTERSIGN_RECOVERY_DEFAULT_COUNT, NOW, save, &row, &list));
    taken(list, printed);
    CHECK(strlen(printed) == 10 * 35 && row.saved == 1);
    OK(countersign_recovery_read_state(STATE(row), &left, &created, &renew));
    CHECK(left == 10 && created == NOW && renew == 0);

#define PAPER(code) countersign_recovery_check(recovery, STATE(row), TEXT(code), save, &row, &verdict)
    for (int place = 0; place < 8; place++) {
        // As a person types it.
        memcpy(code, printed + place * 35, 34);
        code[34] = 0;
        for (char *letter = code; *letter != 0; letter++) {
            *letter = *letter == '-' ? ' ' : *letter >= 'A' && *letter <= 'Z' ? (char)(*letter + 32) : *letter;
        }
        row.answer = COUNTERSIGN_SAVE_CONFLICT;
        verdict = 99;
        FAILS(CONFLICT, PAPER(code));
        CHECK(verdict == 99);
        row.answer = COUNTERSIGN_SAVE_STORED;
        OK(PAPER(code));
        CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && row.saved == place + 2);
        OK(PAPER(code));
        CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == place + 2);
    }
    OK(countersign_recovery_read_state(STATE(row), &left, &created, &renew));
    CHECK(left == 2 && renew == 1);
    // No list at all.
    OK(countersign_recovery_check(recovery, NULL, 0, TEXT(code), save, &row, &verdict));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(countersign_recovery_read_state(NULL, 0, &left, &created, &renew));
    CHECK(left == 0 && renew == 1);

    // Wrong arguments.
    list = NULL;
    verdict = 99;
    FAILS(BAD_INPUT, countersign_recovery_new(NULL, KEY, 16, &none));
    FAILS(NULL, countersign_recovery_new(NULL, NULL, 32, &none));
    FAILS(LENGTH, countersign_recovery_new(NULL, KEY, SIZE_MAX, &none));
    FAILS(NULL, countersign_recovery_new(NULL, KEY, KEY_LENGTH, NULL));
    FAILS(BAD_INPUT, countersign_recovery_issue(recovery, 0, NOW, save, &row, &list));
    FAILS(BAD_INPUT, countersign_recovery_issue(recovery, 17, NOW, save, &row, &list));
    FAILS(BAD_INPUT, countersign_recovery_issue(recovery, 266, NOW, save, &row, &list));
    FAILS(BAD_INPUT, countersign_recovery_issue(recovery, 10, -1, save, &row, &list));
    FAILS(NULL, countersign_recovery_issue(recovery, 10, NOW, NULL, &row, &list));
    FAILS(NULL, countersign_recovery_issue(recovery, 10, NOW, save, &row, NULL));
    FAILS(NULL, countersign_recovery_issue(NULL, 10, NOW, save, &row, &list));
    FAILS(NULL, countersign_recovery_check(NULL, STATE(row), TEXT(code), save, &row, &verdict));
    FAILS(HANDLE, countersign_recovery_check((const countersign_recovery *)KEY, STATE(row), TEXT(code), save, &row, &verdict));
    FAILS(CORRUPT, countersign_recovery_check(recovery, KEY, 4, TEXT(code), save, &row, &verdict));
    FAILS(NULL, countersign_recovery_check(recovery, STATE(row), NULL, 4, save, &row, &verdict));
    FAILS(NOT_UTF8, countersign_recovery_check(recovery, STATE(row), BROKEN, 2, save, &row, &verdict));
    FAILS(NULL, countersign_recovery_check(recovery, STATE(row), TEXT(code), NULL, &row, &verdict));
    FAILS(NULL, countersign_recovery_check(recovery, STATE(row), TEXT(code), save, &row, NULL));
    FAILS(NULL, countersign_recovery_read_state(STATE(row), NULL, &created, &renew));
    FAILS(NULL, countersign_recovery_read_state(STATE(row), &left, NULL, &renew));
    FAILS(NULL, countersign_recovery_read_state(STATE(row), &left, &created, NULL));
    FAILS(CORRUPT, countersign_recovery_read_state(KEY, 4, &left, &created, &renew));
    CHECK(list == NULL && none == NULL && verdict == 99);
    OK(countersign_free(recovery));
}

static countersign_context *call(int32_t channel) {
    static const uint8_t INTERACTION[16] = "one conversation";
    countersign_context *context = NULL;
    OK(countersign_context_new(NULL, channel, INTERACTION, 16, &context));
    return context;
}

static void a_code_by_sms(void) {
    countersign_delivered *delivered = NULL, *none = NULL;
    countersign_wording *wording = NULL, *other = NULL;
    countersign_context *agent = call(COUNTERSIGN_CHANNEL_AGENT), *device = call(COUNTERSIGN_CHANNEL_DEVICE), *pays = NULL;
    countersign_text *text = NULL;
    struct row row = {0};
    char code[1024], again[64], message[1024];
    size_t length, parts = 0;
    int32_t verdict = 99, is_open = 99;
    int64_t expires = 99;
    OK(countersign_delivered_new(NULL, KEY, KEY_LENGTH, TEXT("bank"), TEXT("anna"), &delivered));
    OK(countersign_wording_english(NULL, &wording));
    OK(countersign_delivered_read_state(NULL, 0, NOW, &is_open, &expires));
    CHECK(is_open == 0 && expires == 0);

    const char *spoken = "{\"code\": \"spoken\"}";
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, countersign_delivered_issue(delivered, TEXT(spoken), agent, NOW, save, &row, &text));
    CHECK(text == NULL);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(countersign_delivered_issue(delivered, TEXT(spoken), agent, NOW, save, &row, &text));
    CHECK(strlen(taken(text, code)) == 6);
    OK(countersign_delivered_read_state(STATE(row), NOW, &is_open, &expires));
    CHECK(is_open == 1 && expires == NOW + 600);
    length = sizeof again;
    OK(countersign_delivered_code(delivered, STATE(row), NOW, again, &length));
    CHECK(strcmp(again, code) == 0);

    const char *from = "{\"code\": \"spoken\", \"message\": {\"from\": \"Example Bank\"}}";
#define WRITE(form, kind) countersign_delivered_message(delivered, STATE(row), TEXT(form), agent, wording, kind, NOW, message, &length)
    length = sizeof message;
    OK(WRITE(from, COUNTERSIGN_MESSAGE_SMS));
    CHECK(strstr(message, "Example Bank: ") == message && strstr(message, "10 minutes") != NULL);
    OK(countersign_sms_parts(TEXT(message), &parts));
    CHECK(parts >= 1);
    length = sizeof message;
    OK(WRITE(from, COUNTERSIGN_MESSAGE_VOICE));
    CHECK(strstr(message, "Once more: ") != NULL);
    length = sizeof message;
    OK(WRITE("{\"code\": \"spoken\", \"message\": {\"from\": \"Example Bank\", \"action\": \"change your address\"}}", COUNTERSIGN_MESSAGE_EMAIL));
    CHECK(strstr(message, "change your address") != NULL);

#define SAY(context, code) \
    countersign_delivered_check(delivered, STATE(row), COUNTERSIGN_PURPOSE_AUTHENTICATE, TEXT(code), context, NOW, save, &row, &verdict)
    // A wrong try is counted in the state. The fifth voids the code.
    int saved = row.saved;
    OK(SAY(agent, "x"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && row.saved == saved + 1);
    OK(SAY(device, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    verdict = 99;
    row.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, SAY(agent, code));
    CHECK(verdict == 99);
    row.answer = COUNTERSIGN_SAVE_STORED;
    OK(SAY(agent, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED);
    OK(SAY(agent, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_NOTHING_OPEN);
    length = sizeof again;
    FAILS(BAD_INPUT, countersign_delivered_code(delivered, STATE(row), NOW, again, &length));
    FAILS(BAD_INPUT, WRITE(from, COUNTERSIGN_MESSAGE_SMS));

    // A private code for a payment: on the customer's own device, and for that payment alone.
    const char *payment = "{\"reference\": \"TX-7\", \"payment\": {\"payee\": \"Plumber\", \"amount\": \"250.00\", \"currency\": \"EUR\"}}";
    OK(countersign_context_for_transaction(NULL, device, TEXT(payment), &pays));
    OK(countersign_delivered_issue(delivered, TEXT("{\"code\": \"private\"}"), pays, NOW, save, &row, &text));
    CHECK(strlen(taken(text, code)) == 8);
    static char form[512];
    snprintf(form, sizeof form, "{\"code\": \"private\", \"message\": {\"from\": \"Example Bank\", \"transaction\": %s, \"page\": \"bank.example\"}}", payment);
    length = sizeof message;
    OK(countersign_delivered_message(delivered, STATE(row), TEXT(form), pays, wording, COUNTERSIGN_MESSAGE_SMS, NOW, message, &length));
    CHECK(strstr(message, "250.00 EUR") != NULL && strstr(message, "@bank.example #") != NULL);
    length = sizeof message;
    FAILS(BAD_INPUT, countersign_delivered_message(delivered, STATE(row), TEXT(from), pays, wording, COUNTERSIGN_MESSAGE_SMS, NOW, message, &length));
    OK(SAY(device, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG);
    OK(SAY(agent, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_PRIVATE_CODE_TOLD);
    OK(SAY(pays, code));
    CHECK(verdict == COUNTERSIGN_VERDICT_NOTHING_OPEN);

    // Wrong arguments.
    text = NULL;
    verdict = 99;
    countersign_error *error = NULL;
    OK(countersign_error_new(&error));
    FAILS(BAD_INPUT, countersign_delivered_new(error, KEY, 31, TEXT("bank"), TEXT("anna"), &none));
    FAILS(BAD_INPUT, countersign_delivered_new(error, KEY, KEY_LENGTH, TEXT(""), TEXT("anna"), &none));
    FAILS(NULL, countersign_delivered_new(error, NULL, KEY_LENGTH, TEXT("bank"), TEXT("anna"), &none));
    FAILS(NULL, countersign_delivered_new(error, KEY, KEY_LENGTH, NULL, 4, TEXT("anna"), &none));
    FAILS(NOT_UTF8, countersign_delivered_new(error, KEY, KEY_LENGTH, TEXT("bank"), BROKEN, 2, &none));
    FAILS(NULL, countersign_delivered_new(error, KEY, KEY_LENGTH, TEXT("bank"), TEXT("anna"), NULL));
#define ISSUE(order) countersign_delivered_issue(delivered, TEXT(order), agent, NOW, save, &row, &text)
    FAILS(JSON, ISSUE("{\"code\": \"fax\"}"));
    FAILS(JSON, ISSUE("{\"code\": \"spoken\", \"urgent\": true}"));
    FAILS(JSON, ISSUE(""));
    FAILS(BAD_INPUT, ISSUE("{\"code\": \"spoken\", \"shape\": {\"crockford\": 8}}"));
    FAILS(NULL, countersign_delivered_issue(NULL, TEXT(spoken), agent, NOW, save, &row, &text));
    FAILS(NULL, countersign_delivered_issue(delivered, NULL, 3, agent, NOW, save, &row, &text));
    FAILS(NULL, countersign_delivered_issue(delivered, TEXT(spoken), NULL, NOW, save, &row, &text));
    FAILS(HANDLE, countersign_delivered_issue(delivered, TEXT(spoken), (const countersign_context *)error, NOW, save, &row, &text));
    FAILS(NULL, countersign_delivered_issue(delivered, TEXT(spoken), agent, NOW, NULL, &row, &text));
    FAILS(NULL, countersign_delivered_issue(delivered, TEXT(spoken), agent, NOW, save, &row, NULL));
    FAILS(BAD_INPUT, countersign_delivered_issue(delivered, TEXT(spoken), agent, -1, save, &row, &text));
    length = sizeof again;
    FAILS(NULL, countersign_delivered_code(NULL, STATE(row), NOW, again, &length));
    FAILS(CORRUPT, countersign_delivered_code(delivered, KEY, 4, NOW, again, &length));
    FAILS(NULL, countersign_delivered_code(delivered, STATE(row), NOW, again, NULL));
    OK(countersign_delivered_issue(delivered, TEXT(spoken), agent, NOW, save, &row, &text));
    taken(text, code);
    text = NULL;
    length = 6;
    FAILS(BUFFER_TOO_SMALL, countersign_delivered_code(delivered, STATE(row), NOW, again, &length));
    CHECK(length == 7);
    length = sizeof message;
    FAILS(UNKNOWN_NUMBER, WRITE(from, 0));
    FAILS(JSON, WRITE("{}", COUNTERSIGN_MESSAGE_SMS));
    FAILS(BAD_INPUT, WRITE(spoken, COUNTERSIGN_MESSAGE_SMS));
    FAILS(BAD_INPUT, WRITE("{\"code\": \"spoken\", \"message\": {\"from\": \"Example Bank\", \"page\": \"bank.example\"}}", COUNTERSIGN_MESSAGE_SMS));
    FAILS(NULL, countersign_delivered_message(NULL, STATE(row), TEXT(from), agent, wording, 1, NOW, message, &length));
    FAILS(NULL, countersign_delivered_message(delivered, STATE(row), TEXT(from), NULL, wording, 1, NOW, message, &length));
    FAILS(NULL, countersign_delivered_message(delivered, STATE(row), TEXT(from), agent, NULL, 1, NOW, message, &length));
    FAILS(NULL, countersign_delivered_message(delivered, STATE(row), TEXT(from), agent, wording, 1, NOW, message, NULL));
    FAILS(UNKNOWN_NUMBER, countersign_delivered_check(delivered, STATE(row), 9, TEXT(code), agent, NOW, save, &row, &verdict));
    FAILS(NULL, countersign_delivered_check(NULL, STATE(row), 1, TEXT(code), agent, NOW, save, &row, &verdict));
    FAILS(NULL, countersign_delivered_check(delivered, STATE(row), 1, NULL, 6, agent, NOW, save, &row, &verdict));
    FAILS(NULL, countersign_delivered_check(delivered, STATE(row), 1, TEXT(code), NULL, NOW, save, &row, &verdict));
    FAILS(NULL, countersign_delivered_check(delivered, STATE(row), 1, TEXT(code), agent, NOW, NULL, &row, &verdict));
    FAILS(NULL, countersign_delivered_check(delivered, STATE(row), 1, TEXT(code), agent, NOW, save, &row, NULL));
    FAILS(NULL, countersign_delivered_read_state(STATE(row), NOW, NULL, &expires));
    FAILS(NULL, countersign_delivered_read_state(STATE(row), NOW, &is_open, NULL));
    FAILS(NULL, countersign_sms_parts(NULL, 4, &parts));
    FAILS(NULL, countersign_sms_parts("text", 4, NULL));
    FAILS(NULL, countersign_wording_english(error, NULL));
    FAILS(JSON, countersign_wording_new(error, TEXT("{\"text\": \"{code}\"}"), &other));
    FAILS(NULL, countersign_wording_new(error, NULL, 2, &other));
    CHECK(text == NULL && none == NULL && other == NULL && verdict == 99);

    // A language of the host's own.
    static const char GERMAN[] =
        "{\"text\": \"{from}: {code} ist Ihr Code, um {action}. Er gilt {lifetime}. {warning}\","
        " \"text_payment\": \"{code} zahlt {amount} {currency} an {payee}. {warning}\","
        " \"voice\": \"Ihr Code, um {action}: {code}. Noch einmal: {code}. {warning}\","
        " \"voice_payment\": \"{code} und noch einmal {code} zahlt {amount} {currency} an {payee}. {warning}\","
        " \"private_warning\": \"Sagen Sie ihn niemandem.\", \"spoken_warning\": \"Nennen Sie ihn nur, wenn Sie uns angerufen haben.\","
        " \"authenticate\": \"sich auszuweisen\", \"recover\": \"Ihr Konto zu retten\", \"confirm_address\": \"die Adresse zu "
        "best\xc3\xa4tigen\", \"bind_authenticator\": \"ein Ger\xc3\xa4t zu verbinden\","
        " \"minutes\": [\"eine Minute\", \"{count} Minuten\"], \"hours\": [\"eine Stunde\", \"{count} Stunden\"],"
        " \"days\": [\"einen Tag\", \"{count} Tage\"], \"plural_rule\": \"one_other\", \"decimal_mark\": \",\", \"group_mark\": \".\","
        " \"digits\": [\"null\", \"eins\", \"zwei\", \"drei\", \"vier\", \"f\xc3\xbcnf\", \"sechs\", \"sieben\", \"acht\", \"neun\"],"
        " \"notices\": {\"waits\": \"{from}: {who} will {action}. Wir tun es in {lifetime}. Rufen Sie an, wenn Sie es nicht wollen.\","
        " \"stopped\": \"{from}: gestoppt: {action}.\", \"took_effect\": \"{from}: getan, wie gesagt: {action}.\","
        " \"suspended\": \"{from}: Ihr Konto ist gesperrt.\", \"resumed\": \"{from}: Ihr Konto ist wieder offen.\","
        " \"voided\": \"{from}: Sie sind abgemeldet.\", \"tries_left\": \"{from}: Jemand versucht {authenticator}, noch {count} Mal.\","
        " \"customer\": \"jemand\", \"agent\": \"jemand am Telefon\", \"remove\": \"{authenticator} entfernen\","
        " \"add\": \"{authenticator} hinzunehmen\", \"unlock\": \"{authenticator} entsperren\", \"other\": \"{authenticator} \xc3\xa4ndern\","
        " \"authenticators\": [\"die App\", \"den Token\", \"das Ger\xc3\xa4t\", \"das Telefon\", \"die E-Mail-Adresse\", \"die Codes\","
        " \"die Antworten\", \"das Wort\", \"das Passwort\", \"die PIN\", \"den Schl\xc3\xbcssel\"]}}";
    OK(countersign_wording_new(error, TEXT(GERMAN), &other));
    length = sizeof message;
    OK(countersign_delivered_message(delivered, STATE(row), TEXT(from), agent, other, COUNTERSIGN_MESSAGE_SMS, NOW, message, &length));
    CHECK(strstr(message, "Er gilt 10 Minuten.") != NULL);
    void *all[] = {delivered, wording, other, agent, device, pays, error};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
}

int main(void) {
    recovery_codes();
    a_code_by_sms();
    return 0;
}
