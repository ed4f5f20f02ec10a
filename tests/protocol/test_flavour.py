from urllib.parse import parse_qs, urlsplit

import pytest

from webqq.protocol.flavour import Flavour, flavour_of_host


@pytest.mark.parametrize("host", ["d.web2.qq.com", "s.web2.qq.com", "127.0.0.1:8080", "localhost", "", "d12.example"])
def test_every_host_is_2013_but_d1(host):
    assert flavour_of_host(host) is Flavour.WEBQQ_2013


@pytest.mark.parametrize("host", ["d1.web2.qq.com", "D1.web2.qq.com:8080"])
def test_d1_is_2016(host):
    assert flavour_of_host(host) is Flavour.SMARTQQ_2016


@pytest.mark.parametrize("flavour", Flavour)
def test_flavour_of_its_own_dynamic_host_is_itself(flavour):
    assert flavour_of_host(flavour.dynamic_host) is flavour


@pytest.mark.parametrize(
    ("flavour", "appid", "style", "t"),
    [(Flavour.WEBQQ_2013, "1003903", "5", "20130723001"), (Flavour.SMARTQQ_2016, "501004106", "16", "20131024001")],
)
def test_ptlogin_referer_is_the_login_page_of_the_flavour(flavour, appid, style, t):
    query = parse_qs(urlsplit(flavour.ptlogin_referer).query)
    assert (query["appid"], query["style"], query["t"]) == ([appid], [style], [t])
    assert query["s_url"] == [flavour.landing]
    assert (query["daid"], flavour.appid) == ([str(flavour.daid)], int(appid))


def test_referers_are_the_proxy_pages_in_the_scheme_of_the_request():
    old, new = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
    assert old.static_referer() == "http://s.web2.qq.com/proxy.html?v=20110412001&callback=1&id=1"
    assert old.dynamic_referer() == "http://d.web2.qq.com/proxy.html?v=20110331002&callback=1&id=2"
    assert new.static_referer("https") == "https://s.web2.qq.com/proxy.html?v=20130916001&callback=1&id=1"
    assert new.dynamic_referer("https") == "https://d1.web2.qq.com/proxy.html?v=20151105001&callback=1&id=2"


def test_client_id_is_fixed_in_2016_only():
    assert (Flavour.WEBQQ_2013.clientid, Flavour.SMARTQQ_2016.clientid) == (None, "53999199")


def test_js_ver_is_the_one_that_clients_of_the_time_sent():
    assert (Flavour.WEBQQ_2013.login_js_ver, Flavour.SMARTQQ_2016.login_js_ver) == (10040, 10233)
