"""The redaction gate: no secret gets out, and the evidence stays."""

# ruff: noqa: E501  (log lines stand here as they are logged)

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.redaction import Redactor

KNOWN = "S3cr3t/With+Chars&x"
PLAIN = Redactor()
KNOWING = Redactor([KNOWN, "second-secret-0042"])

GO_STRUCT = {
    "{Username:u Password:abc ClientSecret:def GrantType:password}": "{Username:u Password:*** ClientSecret:*** GrantType:password}",
    '&{Username:"u" Password:"p\\"w" ClientSecret:"def"}': '&{Username:"u" Password:"***" ClientSecret:"***"}',
    "{Password:my pass word Url:http://x}": "{Password:*** Url:http://x}",
    "{Password:ab}cd]e ClientSecret:d}ef}": "{Password:*** ClientSecret:***}",
    'payload={Outer:{Password:a"b,c Token:x} N:3}': "payload={Outer:{Password:*** Token:***} N:3}",
    "{Session:&{ID:1 Key:abc AffinityToken:def}}": "{Session:&{ID:1 Key:*** AffinityToken:***}}",
    "{Name:SFC_PASSWORD Value:abc ValueFrom:nil}": "{Name:SFC_PASSWORD Value:*** ValueFrom:nil}",
    "{Password: ClientSecret:def}": "{Password: ClientSecret:***}",
    'Password:"" Token:nil': 'Password:"" Token:nil',
}
GO_MAP = {
    "map[password:x Authorization:[Bearer abc] N:[1]]": "map[password:*** Authorization:[Bearer ***] N:[1]]",
    "map[Authorization:[Bearer ] Content-Type:[application/json]]": "map[Authorization:[Bearer ] Content-Type:[application/json]]",
    'http.Header{"X-Liveagent-Affinity":[]string{"3d5a9b"}, "Host":[]string{"x"}}': 'http.Header{"X-Liveagent-Affinity":[]string{***}, "Host":[]string{"x"}}',
    'http.Header{"Cookie":[]string{"a=1", "sid=zz"}}': 'http.Header{"Cookie":[]string{***}}',
    'http.Header{"Authorization":[]string{"Bearer "}}': 'http.Header{"Authorization":[]string{"Bearer "}}',
    "map[X-Liveagent-Session-Key:[a!b] X-Liveagent-Affinity:[c1]]": "map[X-Liveagent-Session-Key:[***] X-Liveagent-Affinity:[***]]",
}
JSON = {
    '{"password":"a\\"b","status":400,"client_secret":""}': '{"password":"***","status":400,"client_secret":""}',
    '{"msg":"{\\"password\\":\\"a b\\",\\"user\\":\\"x\\"}"}': '{"msg":"{\\"password\\":\\"***\\",\\"user\\":\\"x\\"}"}',
    '{"m":"{\\\\\\"token\\\\\\":\\\\\\"ab\\\\\\",\\\\\\"u\\\\\\":1"}': '{"m":"{\\\\\\"token\\\\\\":\\\\\\"***\\\\\\",\\\\\\"u\\\\\\":1"}',
    '{"refresh_token" : "abc", "id": 1}': '{"refresh_token" : "***", "id": 1}',
    '[{"name":"SFC_PASSWORD","value":"abc"},{"name":"X","value":"ok"}]': '[{"name":"SFC_PASSWORD","value":"***"},{"name":"X","value":"ok"}]',
    '{"password":"cut off': '{"password":"***',
}
FORM = {
    "grant_type=password&client_secret=abc&password=p%26q&x=1": "grant_type=password&client_secret=***&password=***&x=1",
    "GET /x?access_token=abc&id=1 HTTP/1.1": "GET /x?access_token=***&id=1 HTTP/1.1",
    "password%3Dabc%26client_secret%3Ddef%26x%3D1": "password%3D***%26client_secret%3D***%26x%3D1",
    "client_secret=abc\\u0026x=1": "client_secret=***\\u0026x=1",
}
HEADERS = {
    "Authorization: Bearer 00D5g000004abcD!AQ.x_1": "Authorization: Bearer ***",
    "Authorization: Token token=y_NbAkKc66ryYTWUXYEu": "Authorization: Token ***",
    "authorization: basic dXNlcjpwYXNz": "authorization: basic ***",
    "-H 'Authorization: Bearer abc' -H 'Accept: x'": "-H 'Authorization: Bearer ***' -H 'Accept: x'",
    "Cookie: sid=a; b=c": "Cookie: ***",
    "DD-API-KEY: 0123456789abcdef0123456789abcdef": "DD-API-KEY: ***",
    "DD-APPLICATION-KEY: abc1": "DD-APPLICATION-KEY: ***",
    "X-LIVEAGENT-SESSION-KEY: abc1": "X-LIVEAGENT-SESSION-KEY: ***",
    "got Bearer abc1.def-2 instead": "got Bearer *** instead",
}
SHAPES = {
    "redis://:hunter2@10.0.0.1:6379/0": "redis://:***@10.0.0.1:6379/0",
    "https://u:p@ss@acme.example.com/x": "https://u:***@acme.example.com/x",
    "xoxb-123-456-abcdef and xapp-1-A-1-abc": "*** and ***",
    "https://hooks.slack.com/commands/T1/2/abc!": "https://hooks.slack.com/***",
    "http://127.0.0.1:9/commands/T0/1/abc": "http://127.0.0.1:9/commands/***",
    '"routing_key":"R0123456789abcdef0123456789abcde"': '"routing_key":"***"',
    "sid 00D5g000004abcD!AQEAQ.xyz_123 used": "sid *** used",
    "DELETE System/SessionId/3cb8b2e3-1111-2222-3333-444455556666!1411!ab==": "DELETE System/SessionId/***",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1": "***",
    "AKIAIOSFODNN7EXAMPLE": "***",
    "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- after": "*** after",
    "-----BEGIN PRIVATE KEY-----\\nMII cut off": "***",
    "<sessionId>abc</sessionId>": "<sessionId>***</sessionId>",
    "SALESFORCE-INTEGRATION_SFC_PASSWORD=hunter2 n=1": "SALESFORCE-INTEGRATION_SFC_PASSWORD=*** n=1",
    "  sfc_security_token: hunter2 # yaml": "  sfc_security_token: *** # yaml",
    "redis-cli --password abc -p 6379": "redis-cli --password *** -p 6379",
    "requirepass s3cret": "requirepass ***",
    "wrong password: hunter2": "wrong password: ***",
    "sasl.password='a b' x": "sasl.password='***' x",
    "REDIS_PASS=hunter2 n=1": "REDIS_PASS=*** n=1",
    "GET https://b.example.com/o?X-Amz-Date=1&X-Amz-Signature=0f1e2d3c": "GET https://b.example.com/o?X-Amz-Date=1&X-Amz-Signature=***",
}
PERSONAL = {
    "mail ana.gomez@example.com now": "mail a***@example.com now",
    "username=ana%40example.com&x=1": "username=a***%40example.com&x=1",
    "call +52 1 55 1234 5678 now": "call ***78 now",
    "call (555) 123-4567": "call ***67",
    "userID[5215512345678]-client[acme]": "userID[***78]-client[acme]",
    '{"MobilePhone":"55 1234 5678"}': '{"MobilePhone":"***78"}',
    "map[userID:5215512345678 text:hi]": "map[userID:***78 text:hi]",
    "{UserID:5215512345678 Name:x}": "{UserID:***78 Name:x}",
    "CP_Phone__c = '5512345678'": "CP_Phone__c = '***78'",
    "WHERE MobilePhone IN ('5512345678','5587654321') LIMIT 2": "WHERE MobilePhone IN ('***78','***21') LIMIT 2",
    "WHERE Phone LIKE '%5512345678%' OR Id = 'x'": "WHERE Phone LIKE '%***78%' OR Id = 'x'",
    'Get "https://x/query?q=SELECT+Id+FROM+Contact+WHERE+MobilePhone+%3D+%275512345678%27": EOF': 'Get "https://x/query?q=SELECT+Id+FROM+Contact+WHERE+MobilePhone+%3D+%27***78%27": EOF',
    "q=WHERE%20Phone%20IN%20(%275512345678%27%2C%275587654321%27)": "q=WHERE%20Phone%20IN%20(%27***78%27%2C%27***21%27)",
    '{"label":"Phone","value":"5512345678","displayToAgent":true}': '{"label":"Phone","value":"***78","displayToAgent":true}',
    '{"label":"Last Name","value":"Pérez"}': '{"label":"Last Name","value":"***"}',
    '{"visitorName":"Ana Pérez","language":"es"}': '{"visitorName":"***","language":"es"}',
    "{LastName:Pérez Gómez Email:ana@example.com}": "{LastName:*** Email:a***@example.com}",
    "pay with 4111 1111 1111 1111 please": "pay with *** please",
}
EVIDENCE = [
    'error getting token: Post "https://login.salesforce.com/services/oauth2/token": context deadline exceeded',
    "Error getting token : timeout",
    "could not get token : map[error:invalid_grant error_description:authentication failure]",
    "Error call with status-[401] : [map[errorCode:INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE]]",
    "[403] - Error call with status : Session required but was invalid or not found",
    "dial tcp 10.42.0.17:6379: connect: connection refused",
    "back-off 5m0s restarting failed container=redis pod=redis-sentinel-node-2_acme(0f1e2d3c-1111-2222-3333-444455556666)",
    "2026-01-01T00:00:00.123456Z epoch 1767225600123 +00:00 offset 1234567890123 keys=42",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "master_repl_offset:523456789012 second_repl_offset:5234567890123",
    "phone = the field MobilePhone in Contact is not readable",
    "master_replid:8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb0000",
    "operation_name:get_token resource POST /services/oauth2/token",
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD: The password has expired",
    "expired-password: the password has expired",
    "token_type:Bearer issued_at:1767225600123",
    "Bearer token missing; Basic authentication required",
    "ts 1767225600.123456 trigger 13345224609.738474920.8088930838d88f008e0 <@U123> C0AB12CD3",
    "NOAUTH Authentication required. WRONGPASS invalid username-password pair or user is disabled.",
    '{"key":"sfint/acme-prod/redis-failure/ops","event_payload":{"key":"run:1.2.a:card"}}',
    "panic: runtime error: invalid memory address [signal SIGSEGV: addr=0x0 pc=0x1]",
]
CASES = {**GO_STRUCT, **GO_MAP, **JSON, **FORM, **HEADERS, **SHAPES, **PERSONAL}


@pytest.mark.parametrize(("raw", "shown"), CASES.items())
def test_secrets_are_masked_in_every_syntax(raw: str, shown: str) -> None:
    """The name stays, the value goes, what stands around is unharmed."""
    assert PLAIN.text(raw) == shown


@pytest.mark.parametrize("line", EVIDENCE)
def test_evidence_is_left_as_it_is(line: str) -> None:
    """What a diagnosis needs: errors, addresses, names, times, hashes, counts."""
    assert PLAIN.text(line) == line


@pytest.mark.parametrize(
    "form",
    [
        KNOWN,
        quote(KNOWN, safe=""),
        quote_plus(KNOWN),
        quote(KNOWN, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        json.dumps(KNOWN),
        json.dumps(json.dumps(KNOWN)),
        KNOWN.replace("/", "\\/").replace("&", "\\u0026"),
        KNOWN.replace("&", "&amp;"),
        base64.b64encode(KNOWN.encode()).decode(),
        base64.b64encode(b"user:" + KNOWN.encode() + b"tail").decode(),
        base64.urlsafe_b64encode(b"us:" + KNOWN.encode()).decode(),
        KNOWN.encode().hex(),
        KNOWN[:7] + "\\n" + KNOWN[7:],
        KNOWN[:9] + "\n" + KNOWN[9:],
    ],
)
def test_a_known_secret_is_found_in_every_encoding(form: str) -> None:
    """Nothing recognisable of it is left."""
    shown = KNOWING.text(f"before {form} after")

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert form not in shown
    assert form[len(form) // 2 - 4 : len(form) // 2 + 4] not in shown


def test_values_keep_their_shape() -> None:
    """Keys and strings are redacted at every depth; what stood under a secret name goes whole."""
    raw = {
        "password": "x y",
        "token": {"inner": ["q", "", 12, None, True]},
        "phone": "5512345678",
        "nested": [{"name": "SFC_SECRET", "value": "v"}, ("Authorization: Bearer abc",)],
        "Authorization": "Bearer ",
        "count": 3,
        f"about {KNOWN}": 1.5,
        "key": "sfint/acme",
    }

    assert KNOWING.value(raw) == {
        "password": "***",
        "token": {"inner": ["***", "", "***", None, True]},
        "phone": "***78",
        "nested": [{"name": "SFC_SECRET", "value": "***"}, ["Authorization: Bearer ***"]],
        "Authorization": "Bearer ",
        "count": 3,
        "about ***": 1.5,
        "key": "sfint/acme",
    }


def test_a_live_agent_session_loses_its_key() -> None:
    """`key` says nothing by itself, but next to an affinity token it does."""
    assert PLAIN.value({"id": "1", "key": "abc", "affinityToken": "def"}) == {
        "id": "1",
        "key": "***",
        "affinityToken": "***",
    }


def test_two_names_that_look_alike_once_redacted_stay_two() -> None:
    """No entry is lost."""
    assert PLAIN.value({"ana@example.com": 1, "abe@example.com": 2}) == {
        "a***@example.com": 1,
        "a***@example.com~": 2,
    }


FRAGMENTS = st.sampled_from(
    [
        '"',
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        "=",
        "&",
        " ",
        "\n",
        "password",
        "Token",
        "key",
        "Bearer ",
        "map[",
        "://",
        "@",
        "***",
        "a.com",
        "eyJ",
        "+52",
        "123456789",
        "xoxb-",
        "%3D",
        "%26",
        "<secret>",
        "</",
        "Authorization",
        ", ",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(FRAGMENTS, st.text(max_size=4)), max_size=30).map("".join))
SECRETS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="*"), min_size=6, max_size=40
)


@settings(deadline=None)  # how long it takes is another test's matter
@given(TEXTS)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    """It never crashes either, whatever a peer wrote."""
    once = PLAIN.text(text)

    assert PLAIN.text(once) == once


@settings(deadline=None)  # how long it takes is another test's matter
@given(SECRETS, TEXTS, TEXTS)
def test_no_known_secret_survives(secret: str, before: str, after: str) -> None:
    """Wherever it stands, as it is or in a JSON document."""
    redactor = Redactor([secret])

    for raw in (before + secret + after, json.dumps({before: [secret + after]})):
        assert secret not in redactor.text(raw)
    assert secret not in json.dumps(redactor.value({before: {"x": before + secret}}), ensure_ascii=False)


@settings(deadline=None)  # how long it takes is another test's matter
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Z"], exclude_characters="*"), min_size=5))
def test_no_field_value_survives_in_the_four_syntaxes(secret: str) -> None:
    """Passwords hold quotes, brackets and separators."""
    marked = f"Qq7{secret}7qQ"
    dumps = (
        f"{{Username:u ClientSecret:{marked} Url:x}}",
        f"map[client_secret:{marked} url:x]",
        json.dumps({"a": 1, "clientSecret": marked, "b": json.dumps({"client_secret": marked})}),
        f"a=1&client_secret={quote(marked, safe='')}&b=2",
    )

    for dump in dumps:
        shown = PLAIN.text(dump)
        assert marked not in shown
        assert "7qQ" not in shown


@pytest.mark.parametrize(
    "fragment",
    [
        "a",
        "a.",
        "a-",
        "password:",
        "Token:[",
        '"',
        "\\",
        "://",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "a@",
        "a.b@c.",
        'password="',
        "key ",
        "<a>",
        "+1 ",
        "{password:a ",
        "Bearer ",
        "%40",
        'Password:\\"',
        "password:a,",
        "1",
        "name:,",
        'a\\"',
        'Authorization: x"',
        "[password:x ",
        "SessionId/",
        "password=a&",
        "https://x",
        "requirepass ",
        "key:",
        "key:[",
        'key:"',
        "phone:",
        "{key:a ",
        "name:x,value:",
        "key=a,key=",
        '{Password:"a"b',
        "phone=1",
        "phone in (",
        "phone = %27",
        "1234 ",
        "userID:52",
        'label:"a b c',
        "glpat-",
        "sk_live_",
        "SG.abcdefghijklmnop.",
        "npm_",
        "?sig=%",
        "&sig=a",
        "twilio SK",
        "token-a",
        "1//0",
        "123456789:AA",
        "xoxb.xoxb",
        "token abcdef",
        "token is ABCDEFGH",
    ],
)
def test_time_grows_with_the_length_only(fragment: str) -> None:
    """A hostile log line cannot hold up the bot."""
    started = time.process_time()
    KNOWING.text(fragment * (100_000 // len(fragment)))

    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('&{Username:u ClientSecret:"z"lh[xUxE(ljG Url:http://x}', "lh[xUxE(ljG"),
        ("&{Username:u ClientSecret:''Ewsu5G5{FxnwYU8)3 Url:http://x}", "Ewsu5G5{FxnwYU8)3"),
        ('map[client_secret:"v"dobwr"g user:x]', 'dobwr"g'),
        ("map[password:[}OaWNX7i<(gxDM] user:[x]]", "OaWNX7i<(gxDM"),
        ("map[password:[k]&5A6qtz3T#Ma] user:[x]]", "&5A6qtz3T#Ma"),
        ('RuntimeError(\'{"password": "vbXW\\\\"fu>tG9Yr", "user": "x"}\')', "fu>tG9Yr"),
    ],
)
def test_quotes_and_brackets_within_a_value_do_not_end_it(line: str, secret: str) -> None:
    """Passwords are full of them, and Go quotes nothing; what comes behind the value stays."""
    shown = PLAIN.text(line)

    assert secret not in shown
    assert "x" in shown.rpartition("***")[2]


def test_the_ticket_of_a_socket_is_masked() -> None:
    """Whoever has it takes the bot's place; slack_sdk writes the address to its debug log."""
    line = "{'ok': True, 'url': 'wss://wss-primary.slack.com/link/?ticket=DcULToUbp-TvLq_9k1&app_id=A0SFINT001'}"

    assert PLAIN.text(line) == line.replace("DcULToUbp-TvLq_9k1", "***")
    assert PLAIN.text("see the ticket=INC-1234") == "see the ticket=INC-1234"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[36mpassword\x1b[0m=Zk9pQw2LmX7 \x1b[36mstatus\x1b[0m=400", "password=*** status=400"),
        ('{"log":"\\u001b[36mpassword\\u001b[0m=Zk9pQw2LmX7"}', '{"log":"password=***"}'),
        ("dial failed using password Zk9pQw2LmX7, retrying", "dial failed using password ***, retrying"),
        ("probe: redis-cli -h 127.0.0.1 -a Zk9pQw2 ping", "probe: redis-cli -h 127.0.0.1 -a *** ping"),
        ("client_secret%22%3A%22Zk9pQw2LmX7%22", "client_secret%22%3A***"),
        ("requirepass hunter", "requirepass ***"),
    ],
)
def test_secrets_in_colours_sentences_and_command_lines(line: str, shown: str) -> None:
    """Ways of writing that no syntax announces."""
    assert PLAIN.text(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        'secret "redis-auth-2" not found',
        "failed to fetch token: pods not found",
        "error getting token https://acme.my.salesforce.com/services/oauth2/Token1",
        "Using a password with '-a' or '-u' option on the command line interface may not be safe.",
        "master, offset 523456789012 of 8e5f",
        "A Bearer without a token confirms it; with JWT bearer also another org's host",
        "each request carries `Authorization: Bearer ` with nothing behind it",
    ],
)
def test_sentences_about_secrets_are_evidence(line: str) -> None:
    """They name a thing, they do not tell it."""
    assert PLAIN.text(line) == line
