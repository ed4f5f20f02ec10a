from urllib.parse import urlsplit

from webqq.protocol.calls import GETFACE, QLOGO, GetFaceParams, QLogoParams, Reply, avatar_host
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber

NEW = Flavour.SMARTQQ_2016


def test_picture_is_asked_at_one_of_ten_hosts():
    uin = 3100000007
    url = urlsplit(GETFACE.request(GetFaceParams(uin=uin, vfwebqq="1f"), NEW, host=avatar_host(uin)).url)
    assert (url.hostname, url.path) == ("face7.web.qq.com", "/cgi/svr/face/getface")
    assert url.query == "cache=1&type=1&f=40&uin=3100000007&vfwebqq=1f"
    assert GETFACE.parse_reply(b"GIF") == Reply(0, b"GIF")


def test_parameters_of_2013_are_read():
    params = GETFACE.parse_params("cache=0&type=1&fid=0&uin=7&vfwebqq=1f")
    assert (params.uin, params.fid, params.cache) == (7, 0, 0)


def test_picture_by_account_number():
    assert QLOGO.request(QLogoParams(nk=QQNumber(100200300)), NEW).url == (
        "http://q.qlogo.cn/g?b=qq&nk=100200300&s=100"
    )
