from urllib.parse import urlsplit

import pytest

from webqq.protocol.calls import INPUT_NOTIFY2, SHAKE2, SignalParams
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin


@pytest.mark.parametrize("call", [SHAKE2, INPUT_NOTIFY2], ids=lambda call: call.name)
def test_signal_names_the_friend(call):
    params = SignalParams(to_uin=Uin(3100000001), clientid="1", psessionid="83", t="5")
    url = urlsplit(call.request(params, Flavour.WEBQQ_2013).url)
    assert (url.hostname, url.path) == ("d.web2.qq.com", f"/channel/{call.name}")
    assert url.query == "to_uin=3100000001&clientid=1&psessionid=83&t=5"
