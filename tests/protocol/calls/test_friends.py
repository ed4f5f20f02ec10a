import json
from urllib.parse import parse_qs, urlsplit

from tests.protocol.data import sample
from webqq.protocol.calls import (
    GET_ONLINE_BUDDIES2,
    GET_RECENT_LIST2,
    GET_USER_FRIENDS2,
    FriendsParams,
    FriendsResult,
    OnlineBuddy,
    OnlineParams,
    RecentContact,
    RecentParams,
    Reply,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def envelope(request) -> dict[str, object]:
    return json.loads(parse_qs(request.body.decode("ascii"))["r"][0])


def test_friends_are_asked_with_the_hash_and_2013_says_hello():
    params = FriendsParams(vfwebqq="1f", hash="09")
    assert envelope(GET_USER_FRIENDS2.request(params, OLD)) == {"h": "hello", "vfwebqq": "1f", "hash": "09"}
    assert envelope(GET_USER_FRIENDS2.request(params, NEW)) == {"vfwebqq": "1f", "hash": "09"}


def test_names_of_friends_are_plain_text():
    result = GET_USER_FRIENDS2.parse_reply(sample("get_user_friends2.json")).result
    assert result is not None
    assert [person.nick for person in result.info] == ["小明", "Alice & Bob"]
    assert (result.marknames[0].markname, result.categories[0].name) == ("王小明", "朋友")
    assert [friend.categories for friend in result.friends] == [0, 1]


def test_list_that_is_missing_is_empty():
    assert GET_USER_FRIENDS2.parse_reply(b'{"retcode":0,"result":{}}') == Reply(0, FriendsResult())


def test_who_is_online():
    assert GET_ONLINE_BUDDIES2.parse_reply(sample("get_online_buddies2.json")).result == (
        OnlineBuddy(uin=Uin(3100000001), status="online", client_type=21),
        OnlineBuddy(uin=Uin(3100000002), status="busy", client_type=1),
    )


def test_online_friends_are_asked_with_vfwebqq_in_2016_only():
    params = OnlineParams(vfwebqq="1f", clientid="1", psessionid="83", t="5")
    assert urlsplit(GET_ONLINE_BUDDIES2.request(params, OLD).url).query == "clientid=1&psessionid=83&t=5"
    assert urlsplit(GET_ONLINE_BUDDIES2.request(params, NEW).url).query == "vfwebqq=1f&clientid=1&psessionid=83&t=5"


def test_recent_contacts_tell_their_kind():
    assert envelope(GET_RECENT_LIST2.request(RecentParams(vfwebqq="1f", clientid="1", psessionid="83"), NEW)) == {
        "vfwebqq": "1f",
        "clientid": 1,
        "psessionid": "83",
    }
    assert GET_RECENT_LIST2.parse_reply(sample("get_recent_list2.json")).result == (
        RecentContact(uin=3100000001, type=0),
        RecentContact(uin=4200000001, type=1),
        RecentContact(uin=3900000001, type=2),
    )
