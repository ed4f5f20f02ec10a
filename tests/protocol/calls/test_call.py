import json
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.protocol.strategies import NOISE
from webqq.protocol.calls import CALLS, Call, Form, Host, Upload
from webqq.protocol.calls.replies import OkForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.shape import EntityText, Token

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


class Params(Struct, frozen=True, kw_only=True):
    uin: int
    text: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    only_new: str | None = None


def row(form: Form, host: Host = Host.DYNAMIC) -> Call[Params, None]:
    return Call(
        name="test",
        host=host,
        path="/channel/test",
        form=form,
        params=Params,
        reply=OkForm(),
        only={"only_new": NEW},
    )


QUERY, ENVELOPE, FIELDS = row(Form.QUERY), row(Form.ENVELOPE), row(Form.FIELDS)
PARAMS = Params(uin=3100000001, text="a b&c=你", clientid="53999199", psessionid="83", only_new="x")


def fields_of(body: bytes | None) -> dict[str, str]:
    assert body is not None
    return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


def test_query_is_percent_encoded_utf8():
    request = QUERY.request(PARAMS, OLD)
    assert (request.method, request.body) == ("GET", None)
    assert request.url == (
        "http://d.web2.qq.com/channel/test?uin=3100000001&text=a%20b%26c%3D%E4%BD%A0&clientid=53999199&psessionid=83"
    )


def test_form_tells_the_method():
    assert (QUERY.method, ENVELOPE.method, FIELDS.method) == ("GET", "POST", "POST")


def test_row_says_what_it_is():
    assert repr(QUERY) == "<Call test: GET /channel/test>"


def test_query_without_fields_has_no_question_mark():
    class Nothing(Struct, frozen=True):
        t: str | None = None

    call = Call(name="n", host=Host.STATIC, path="/api/n", form=Form.QUERY, params=Nothing, reply=OkForm())
    assert call.request(Nothing(), OLD).url == "http://s.web2.qq.com/api/n"


def test_field_of_the_other_flavour_is_left_out():
    assert "only_new" not in parse_qs(urlsplit(QUERY.request(PARAMS, OLD).url).query)
    assert parse_qs(urlsplit(QUERY.request(PARAMS, NEW).url).query)["only_new"] == ["x"]


def test_envelope_of_2016_is_r_alone_with_the_client_id_as_a_number():
    request = ENVELOPE.request(PARAMS, NEW)
    fields = fields_of(request.body)
    assert (request.method, request.url, set(fields)) == ("POST", "http://d1.web2.qq.com/channel/test", {"r"})
    assert json.loads(fields["r"]) == {
        "uin": 3100000001,
        "text": "a b&c=你",
        "clientid": 53999199,
        "psessionid": "83",
        "only_new": "x",
    }


def test_envelope_of_2013_repeats_client_and_session_beside_it():
    fields = fields_of(ENVELOPE.request(PARAMS, OLD).body)
    assert (fields["clientid"], fields["psessionid"]) == ("53999199", "83")
    assert json.loads(fields["r"])["clientid"] == "53999199"


def test_session_that_is_none_yet_is_null_in_2013_and_empty_in_2016():
    params = Params(uin=1, clientid="x1")
    old, new = fields_of(ENVELOPE.request(params, OLD).body), fields_of(ENVELOPE.request(params, NEW).body)
    assert (json.loads(old["r"])["psessionid"], old["psessionid"]) == (None, "null")
    assert (json.loads(new["r"])["psessionid"], json.loads(new["r"])["clientid"]) == ("", "x1")


def test_plain_form_fields():
    request = FIELDS.request(PARAMS, OLD)
    assert request.method == "POST"
    assert fields_of(request.body) == {
        "uin": "3100000001",
        "text": "a b&c=你",
        "clientid": "53999199",
        "psessionid": "83",
    }


def test_headers_are_those_of_a_browser():
    request = ENVELOPE.request(PARAMS, NEW, scheme="https")
    assert request.url.startswith("https://d1.web2.qq.com/")
    assert request.headers["Origin"] == "https://d1.web2.qq.com"
    assert request.headers["Referer"] == NEW.dynamic_referer("https")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert "Mozilla" in request.headers["User-Agent"]
    assert "Origin" not in QUERY.request(PARAMS, NEW).headers


@pytest.mark.parametrize(
    ("host", "name", "referer"),
    [
        (Host.STATIC, "s.web2.qq.com", OLD.static_referer()),
        (Host.DYNAMIC, "d.web2.qq.com", OLD.dynamic_referer()),
        (Host.PTLOGIN, "ssl.ptlogin2.qq.com", OLD.ptlogin_referer),
        (Host.CAPTCHA, "captcha.qq.com", OLD.ptlogin_referer),
        (Host.WEB, "web.qq.com", "http://web.qq.com/"),
        (Host.WEB2, "web2.qq.com", "http://web2.qq.com/webqq.html"),
        (Host.QUN, "qun.qq.com", "http://qun.qq.com/member.html"),
        (Host.QINFO, "qinfo.clt.qq.com", "http://qinfo.clt.qq.com/member.html"),
    ],
)
def test_host_tells_name_and_referer(host, name, referer):
    request = row(Form.QUERY, host).request(PARAMS, OLD)
    assert (urlsplit(request.url).hostname, request.headers["Referer"]) == (name, referer)


def test_another_host_may_be_asked():
    request = ENVELOPE.request(PARAMS, NEW, host="127.0.0.1:8080")
    assert request.url == "http://127.0.0.1:8080/channel/test"
    assert request.headers["Origin"] == "http://d1.web2.qq.com"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("call", [QUERY, ENVELOPE, FIELDS], ids=lambda call: call.form.name)
@given(uin=st.integers(0, 2**63 - 1), text=TEXTS, token=TEXTS.filter(lambda text: text != "null"))
def test_gateway_reads_what_clients_of_either_flavour_build(call, uin, text, token):
    params = Params(uin=uin, text=text, clientid="53999199", psessionid=token)
    for flavour in Flavour:
        request = call.request(params, flavour)
        assert call.parse_params(urlsplit(request.url).query, request.body or b"") == params


@pytest.mark.parametrize(
    "body",
    [
        'r={"uin":"7","clientid":53999199,"psessionid":"83"}',
        'r={"uin":7,"clientid":"53999199","psessionid":"83"}&clientid=1&psessionid=null',
        'clientid=53999199&psessionid=83&r={"uin":7}',
        'r={"uin":7,"clientid":53999199,"psessionid":"83","unknown":[{}]}&more=1',
    ],
)
def test_envelopes_of_old_clients_are_read(body):
    assert ENVELOPE.parse_params("", body.encode()) == Params(uin=7, clientid="53999199", psessionid="83")


@pytest.mark.parametrize("psessionid", ['""', "null", '"null"'])
def test_session_that_is_none_yet_has_many_forms(psessionid):
    body = f'r={{"uin":7,"psessionid":{psessionid}}}&psessionid=null'
    assert ENVELOPE.parse_params("", body.encode()).psessionid == ""


@pytest.mark.parametrize("rest", ["&clientid=1&psessionid=null", "&clientid=", "&a=1&b=2&c=3"])
def test_form_that_was_encoded_whole_is_an_envelope_all_the_same(rest):
    body = urlencode({"r": '{"uin":7,"text":"}&a=1"}' + rest}).encode()
    assert ENVELOPE.parse_params("", body).uin == 7
    body = body.replace(b"=", b"%3D", 1)
    assert ENVELOPE.parse_params("", body).uin == 7


def test_envelope_may_stand_in_the_query():
    assert ENVELOPE.parse_params("r=%7B%22uin%22%3A7%7D&t=1") == Params(uin=7)


def test_fields_that_suffice_need_no_envelope():
    call = replace(ENVELOPE, bare=frozenset({"uin", "psessionid"}))
    assert call.parse_params("uin=7&psessionid=83&t=1") == Params(uin=7, psessionid="83")
    for query in ("uin=7&t=1", "psessionid=83", ""):
        with pytest.raises(MalformedMessage) as caught:
            call.parse_params(query)
        assert caught.value.field == "r"


def test_query_fields_may_stand_in_the_body():
    assert QUERY.parse_params("uin=7", b"text=a+b") == Params(uin=7, text="a b")


@pytest.mark.parametrize("body", [b"", b"uin=7", b"r", b"r=", b"r=[]", b"r=1", b"r={", b"R={}", b"r=\xff"])
def test_missing_or_broken_envelope_is_told_as_r(body):
    with pytest.raises(MalformedMessage) as caught:
        ENVELOPE.parse_params("", body)
    assert (caught.value.call, caught.value.field) == ("test", "r")


@pytest.mark.parametrize(
    ("query", "field"), [("", "uin"), ("uin=", "uin"), ("uin=x", "uin"), ("uin=" + "9" * 40, "uin")]
)
def test_missing_or_wrong_field_is_named(query, field):
    with pytest.raises(MalformedMessage) as caught:
        QUERY.parse_params(query)
    assert (caught.value.call, caught.value.field) == ("test", field)


def test_request_with_more_fields_than_any_call_has_is_refused():
    with pytest.raises(MalformedMessage, match="at most 200 form fields"):
        QUERY.parse_params("&".join(f"a{number}=1" for number in range(300)))


def test_half_surrogate_in_a_field_does_not_stop_a_request():
    assert "text=%EF%BF%BD" in QUERY.request(Params(uin=1, text="\ud83d"), OLD).url


def test_names_in_parameters_have_entities_only_where_marked():
    class Marked(Struct, frozen=True):
        name: EntityText

    call = Call(name="n", host=Host.STATIC, path="/api/n", form=Form.FIELDS, params=Marked, reply=OkForm())
    assert fields_of(call.request(Marked("a&b"), OLD).body) == {"name": "a&amp;b"}


def test_post_of_a_file_is_multipart_with_what_belongs_in_the_query():
    class Sent(Struct, frozen=True, kw_only=True):
        time: str
        uin: int
        file: Upload

    call = Call(
        name="up",
        host=Host.OFFLINE_UPLOAD,
        path="/up",
        form=Form.MULTIPART,
        params=Sent,
        reply=OkForm(),
        in_query=frozenset({"time"}),
    )
    params = Sent(time="5", uin=7, file=Upload(filename='a".jpg', media_type="image/jpeg", data=b"\xff"))
    request = call.request(params, OLD)
    assert (request.method, request.url) == ("POST", "http://weboffline.ftn.qq.com/up?time=5")
    assert request.headers["Content-Type"] == "multipart/form-data; boundary=webqq-boundary"
    assert (request.headers["Origin"], request.headers["Referer"]) == ("http://web2.qq.com", OLD.page)
    assert call.parse_params("time=5", request.body or b"") == params
    with pytest.raises(MalformedMessage, match=r"^up, uin: expected a value, got none"):
        call.parse_params("time=5", request.body.replace(b'"uin"', b'"u"'))


def test_field_in_the_path_is_written_and_read_there():
    class Sent(Struct, frozen=True, kw_only=True):
        name: str
        rkey: str

    call = Call(name="down", host=Host.GIVEN, path="/f/{name}", form=Form.QUERY, params=Sent, reply=OkForm())
    url = call.request(Sent(name="a/b 你", rkey="2c"), OLD, host="192.0.2.1:80").url
    assert url == "http://192.0.2.1:80/f/a%2Fb%20%E4%BD%A0?rkey=2c"
    assert call.parse_params("rkey=2c", path="/f/a%2Fb%20%E4%BD%A0") == Sent(name="a/b 你", rkey="2c")
    with pytest.raises(MalformedMessage, match=r"^down, name: expected a value, got none"):
        call.parse_params("rkey=2c", path="/g/a")
    with pytest.raises(ValueError, match="down goes to an address that another answer told"):
        call.request(Sent(name="a", rkey="2c"), OLD)


@pytest.mark.parametrize("host", ["evil.example/?", "a@b", "a b", "a:port", "a\r\n", "[::1"])
def test_host_cannot_reach_into_the_rest_of_the_url(host):
    with pytest.raises(ValueError, match="test: expected a host with or without a port"):
        QUERY.request(PARAMS, OLD, host=host)


@pytest.mark.parametrize("host", ["localhost:8000", "192.0.2.1", "[::1]:80"])
def test_another_host_is_asked_where_one_is_given(host):
    assert urlsplit(QUERY.request(PARAMS, OLD, host=host).url).netloc == host


def test_row_may_name_another_page_as_referer():
    call = Call(
        name="n",
        host=Host.QIANDAO,
        path="/n",
        form=Form.FIELDS,
        params=Params,
        reply=OkForm(),
        referer=lambda fields, flavour: f"http://qun.qq.com/?gc={fields['uin']}",
    )
    headers = call.request(Params(uin=7), OLD).headers
    assert (headers["Referer"], headers["Origin"]) == ("http://qun.qq.com/?gc=7", "http://qun.qq.com")


@pytest.mark.parametrize("clientid", ["007", "9" * 40, "٣", "x"])
def test_client_id_that_is_no_number_stays_text_in_2016(clientid):
    params = Params(uin=1, clientid=clientid)
    assert ENVELOPE.parse_params("", ENVELOPE.request(params, NEW).body or b"") == params


FEW = settings(max_examples=10)  # There are many rows.


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
@FEW
@given(data=st.data())
def test_any_values_in_a_request_are_read_or_malformed(call, data):
    fields = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(call.params.__struct_fields__, NOISE)))
    with suppress(MalformedMessage):
        call.parse_params(urlencode(fields), b"r=" + quote(json.dumps(fields)).encode())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
@FEW
@given(query=st.text(), body=st.binary())
def test_any_bytes_of_a_request_are_read_or_malformed(call, query, body):
    with suppress(MalformedMessage):
        call.parse_params(query, body)
    with suppress(MalformedMessage):
        call.parse_params(query, b"r=" + body)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
@FEW
@given(code=NOISE, result=NOISE, args=st.lists(st.text()), body=st.binary())
def test_any_answer_is_read_or_malformed(call, code, result, args, body):
    for raw in (json.dumps({"retcode": code, "result": result}), json.dumps({"retcode": 0, "result": result})):
        with suppress(MalformedMessage):
            call.parse_reply(raw.encode())
    for name in ("ptui_checkVC", "ptuiCB", "ptui_auth_CB"):
        with suppress(MalformedMessage):
            call.parse_reply(f"{name}({','.join(map(repr, args))})".encode())
    with suppress(MalformedMessage):
        call.parse_reply(body)
