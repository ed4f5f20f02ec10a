import pytest

from webqq.gateway.addresses import Addresses, Way

LOCAL, LOCAL_TLS = ("192.0.2.1", 8080), ("192.0.2.1", 8443)
DIRECT, PROXIED = Addresses(http_port=8080), Addresses(http_port=8080, is_behind_proxy=True)
TOLD = Addresses(("chat.example.com", 8000), http_port=8080, is_behind_proxy=True)
SERVICE, OWN = "d.web2.qq.com", "chat.example.com"


@pytest.mark.parametrize(
    ("addresses", "way", "files", "page"),
    [
        (DIRECT, Way("http", SERVICE, LOCAL), ("192.0.2.1", 8080), "http://192.0.2.1:8080"),
        (DIRECT, Way("http", f"{OWN}:8080", LOCAL), ("192.0.2.1", 8080), f"http://{OWN}:8080"),
        (DIRECT, Way("http", SERVICE, ("::1", 80)), ("[::1]", 80), "http://[::1]"),
        (DIRECT, Way("http", SERVICE, ("::ffff:192.0.2.1", 80)), ("192.0.2.1", 80), "http://192.0.2.1"),
        # The https side cannot be spoken to by http.
        (DIRECT, Way("https", SERVICE, LOCAL_TLS, True), ("192.0.2.1", 8080), "https://192.0.2.1:8443"),
        (PROXIED, Way("https", SERVICE, LOCAL_TLS, True), ("192.0.2.1", 8080), "https://192.0.2.1:8443"),
        # What a proxy connects to is nobody else's business.
        (PROXIED, Way("http", f"{OWN}:8000", LOCAL), (OWN, 8000), f"http://{OWN}:8000"),
        (PROXIED, Way("http", OWN, LOCAL), (OWN, 80), f"http://{OWN}"),
        (PROXIED, Way("https", OWN, LOCAL), (OWN, 80), f"https://{OWN}"),
        (PROXIED, Way("https", f"{OWN}:8443", LOCAL), (OWN, 80), f"https://{OWN}:8443"),
        (PROXIED, Way("http", "[2001:db8::1]:81", LOCAL), ("[2001:db8::1]", 81), "http://[2001:db8::1]:81"),
        (PROXIED, Way("http", "[2001:db8::1]", LOCAL), ("[2001:db8::1]", 80), "http://[2001:db8::1]"),
        (PROXIED, Way("http", SERVICE, LOCAL), (SERVICE, 80), f"http://{SERVICE}"),
        # An operator knows best.
        (TOLD, Way("https", OWN, LOCAL), (OWN, 8000), f"https://{OWN}"),
        (TOLD, Way("https", SERVICE, LOCAL), (OWN, 8000), f"http://{OWN}:8000"),
        (TOLD, Way("https", SERVICE, LOCAL_TLS, True), (OWN, 8000), f"http://{OWN}:8000"),
        (Addresses(("2001:db8::1", 81)), Way("http", SERVICE, LOCAL), ("[2001:db8::1]", 81), "http://[2001:db8::1]:81"),
    ],
)
def test_address_is_one_that_the_client_can_reach(
    addresses: Addresses, way: Way, files: tuple[str, int], page: str
) -> None:
    assert (addresses.of_files(way), addresses.of_page(way)) == (files, page)
