// Challenge and response in both directions: the customer's app checks the host, and then answers it.

#include "row.h"

enum { NOW = 1800000000 };
static const uint8_t SECRET[] = "12345678901234567890123456789012";
static const char TASK[] = "{\"task\": \"authenticate\"}";

static countersign_ocra *side(const char *suite, size_t bytes) {
    countersign_ocra *ocra = NULL;
    OK(countersign_ocra_new(NULL, TEXT(suite), SECRET, bytes, NULL, 0, &ocra));
    return ocra;
}

static const char *taken(countersign_text *text, char copy[256]) {
    size_t room = 256;
    OK(countersign_text_copy(text, copy, &room));
    OK(countersign_free(text));
    return copy;
}

static const char *question_of(const countersign_ocra_challenge *challenge, char copy[64]) {
    size_t room = 64;
    OK(countersign_ocra_challenge_question(challenge, copy, &room));
    return copy;
}

int main(void) {
    countersign_ocra *of_host = side("OCRA-1:HOTP-SHA256-8:C-QA08", 32), *of_customer = side("OCRA-1:HOTP-SHA256-8:QA08", 31);
    countersign_ocra *other = side("OCRA-1:HOTP-SHA256-8:QA10", 31);
    countersign_ocra_server *server = NULL, *no_server = NULL;
    countersign_ocra_client *client = NULL, *no_client = NULL;
    countersign_ocra_challenge *opening = NULL, *asked = NULL, *none = NULL;
    countersign_text *text = NULL, *response = NULL;
    struct row host = {0}, app = {0};
    char opened[64], asks[64], answer[256], says[256];
    int32_t verdict = 99;
    OK(countersign_ocra_server_new(NULL, of_host, of_customer, &server));
    OK(countersign_ocra_client_new(NULL, of_host, of_customer, &client));

    OK(countersign_ocra_client_ask(client, STATE(app), NOW, &opening));
    question_of(opening, opened);
#define PROVE() countersign_ocra_server_challenge(server, STATE(host), TEXT(opened), TEXT(TASK), NOW, save, &host, &text, &asked)
    host.answer = COUNTERSIGN_SAVE_CONFLICT;
    FAILS(CONFLICT, PROVE());
    CHECK(text == NULL && asked == NULL);
    host.answer = COUNTERSIGN_SAVE_STORED;
    OK(PROVE());
    CHECK(host.saved == 1);
    taken(text, answer);
    question_of(asked, asks);

    // A host that is none gets no response.
#define HEAR(answer) \
    countersign_ocra_client_check(client, STATE(app), opening, TEXT(asks), TEXT(answer), NOW, save, &app, &verdict, &response)
    OK(HEAR("00000000"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && response == NULL && app.saved == 0);
    app.answer = COUNTERSIGN_SAVE_CONFLICT;
    verdict = 99;
    FAILS(CONFLICT, HEAR(answer));
    CHECK(verdict == 99 && response == NULL);
    app.answer = COUNTERSIGN_SAVE_STORED;
    OK(HEAR(answer));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && response != NULL && app.saved == 1);
    taken(response, says);

#define SAY(response) countersign_ocra_server_check(server, STATE(host), asked, TEXT(response), NOW, save, &host, &verdict)
    OK(SAY("00000000"));
    CHECK(verdict == COUNTERSIGN_VERDICT_WRONG && host.saved == 1);
    OK(SAY(says));
    CHECK(verdict == COUNTERSIGN_VERDICT_ACCEPTED && host.saved == 2);
    OK(SAY(says));
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED && host.saved == 2);
    response = NULL;
    OK(HEAR(answer));
    CHECK(verdict == COUNTERSIGN_VERDICT_REPLAYED && response == NULL);

    // Wrong arguments.
    text = response = NULL;
    verdict = 99;
    FAILS(BAD_INPUT, countersign_ocra_server_new(NULL, of_host, other, &no_server));
    FAILS(BAD_INPUT, countersign_ocra_client_new(NULL, of_customer, of_customer, &no_client));
    FAILS(NULL, countersign_ocra_server_new(NULL, NULL, of_customer, &no_server));
    FAILS(NULL, countersign_ocra_server_new(NULL, of_host, NULL, &no_server));
    FAILS(HANDLE, countersign_ocra_server_new(NULL, (const countersign_ocra *)server, of_customer, &no_server));
    FAILS(NULL, countersign_ocra_server_new(NULL, of_host, of_customer, NULL));
    FAILS(NULL, countersign_ocra_client_new(NULL, of_host, of_customer, NULL));
    FAILS(BAD_INPUT, countersign_ocra_server_in_session(server, SECRET, 8, &no_server));
    FAILS(BAD_INPUT, countersign_ocra_client_in_session(client, SECRET, 8, &no_client));
    FAILS(NULL, countersign_ocra_server_in_session(NULL, SECRET, 8, &no_server));
    FAILS(NULL, countersign_ocra_client_in_session(client, NULL, 8, &no_client));
    FAILS(NULL, countersign_ocra_client_ask(NULL, STATE(app), NOW, &none));
    FAILS(CORRUPT, countersign_ocra_client_ask(client, SECRET, 4, NOW, &none));
    FAILS(NULL, countersign_ocra_client_ask(client, STATE(app), NOW, NULL));
    FAILS(JSON, countersign_ocra_server_challenge(server, STATE(host), TEXT(opened), TEXT("{}"), NOW, save, &host, &text, &none));
    FAILS(BAD_INPUT, countersign_ocra_server_challenge(server, STATE(host), TEXT("short"), TEXT(TASK), NOW, save, &host, &text, &none));
    FAILS(NULL, countersign_ocra_server_challenge(NULL, STATE(host), TEXT(opened), TEXT(TASK), NOW, save, &host, &text, &none));
    FAILS(NULL, countersign_ocra_server_challenge(server, STATE(host), TEXT(opened), TEXT(TASK), NOW, NULL, &host, &text, &none));
    FAILS(NULL, countersign_ocra_server_challenge(server, STATE(host), TEXT(opened), TEXT(TASK), NOW, save, &host, NULL, &none));
    FAILS(NULL, countersign_ocra_server_challenge(server, STATE(host), TEXT(opened), TEXT(TASK), NOW, save, &host, &text, NULL));
    FAILS(NULL, countersign_ocra_server_check(NULL, STATE(host), asked, TEXT(says), NOW, save, &host, &verdict));
    FAILS(NULL, countersign_ocra_server_check(server, STATE(host), NULL, TEXT(says), NOW, save, &host, &verdict));
    FAILS(BAD_INPUT, countersign_ocra_server_check(server, STATE(host), opening, TEXT(says), NOW, save, &host, &verdict));
    FAILS(NULL, countersign_ocra_server_check(server, STATE(host), asked, TEXT(says), NOW, NULL, &host, &verdict));
    FAILS(NULL, countersign_ocra_server_check(server, STATE(host), asked, TEXT(says), NOW, save, &host, NULL));
    FAILS(NULL, countersign_ocra_client_check(NULL, STATE(app), opening, TEXT(asks), TEXT(answer), NOW, save, &app, &verdict, &response));
    FAILS(NULL, countersign_ocra_client_check(client, STATE(app), NULL, TEXT(asks), TEXT(answer), NOW, save, &app, &verdict, &response));
    FAILS(NULL, countersign_ocra_client_check(client, STATE(app), opening, TEXT(asks), TEXT(answer), NOW, NULL, &app, &verdict, &response));
    FAILS(NULL, countersign_ocra_client_check(client, STATE(app), opening, TEXT(asks), TEXT(answer), NOW, save, &app, NULL, &response));
    FAILS(NULL, countersign_ocra_client_check(client, STATE(app), opening, TEXT(asks), TEXT(answer), NOW, save, &app, &verdict, NULL));
    CHECK(no_server == NULL && no_client == NULL && none == NULL && text == NULL && response == NULL && verdict == 99);
    void *all[] = {of_host, of_customer, other, server, client, opening, asked};
    for (size_t place = 0; place < sizeof all / sizeof *all; place++) {
        OK(countersign_free(all[place]));
    }
    return 0;
}
