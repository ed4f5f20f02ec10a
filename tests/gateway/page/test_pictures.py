"""Pictures: their forms, their ways up and down, run in the browser without a gateway."""

from urllib.parse import urlsplit

import pytest

from tests.gateway.page.browser import Scripts
from webqq.protocol.calls import (
    CFACE_UPLOAD,
    GET_CFACE2,
    GET_GROUP_PIC,
    GET_OFFPIC2,
    UPLOAD_OFFLINE_PIC,
    Reply,
    UploadPicResult,
)
from webqq.protocol.calls.uploads import CustomFaceForm
from webqq.protocol.flavour import Flavour

PICTURES = {call.path: call for call in (GET_OFFPIC2, GET_GROUP_PIC, GET_CFACE2)}


def test_pictures_of_every_form_are_known_from_either_side_of_the_wire(js: Scripts):
    found = js(
        """
        const { picturePart, sentElement } = await import("/js/pictures.js");
        return args[0].map((element) => {
          const part = picturePart(element);
          return [part && part[1], part && sentElement(part)];
        });
        """,
        [
            ["offpic", "/path", "a.png", 9],
            ["offpic", {"success": 1, "file_path": "/path"}],
            ["cface", "group", "X.jpg"],
            ["cface", {"name": "X.jpg", "file_id": 7, "key": "k", "server": "192.0.2.15:8000"}],
            ["offpic", {"success": 1}],
            ["cface", 1],
            ["image", "jpg", 0],
        ],
    )
    assert found == [
        [{"form": "offpic", "path": "/path", "name": "a.png", "size": 9}, ["offpic", "/path", "a.png", 9]],
        [{"form": "offpic", "path": "/path"}, ["offpic", "/path", None, None]],
        [{"form": "group", "name": "X.jpg"}, ["cface", "group", "X.jpg"]],
        [{"form": "group", "name": "X.jpg", "id": 7, "server": "192.0.2.15:8000"}, ["cface", "group", "X.jpg"]],
        [None, None],
        [None, None],
        [None, None],
    ]


def test_picture_is_asked_for_where_its_form_says(js: Scripts):
    tokens = {"clientid": "53999199", "psessionid": "p", "vfwebqq": "v"}
    found = js(
        """
        const { pictureAddress } = await import("/js/pictures.js");
        const of = { sender: 31, code: 42, messageId: 5 };
        const address = (picture, from = of) => pictureAddress(args[0], ["picture", picture], from);
        return [
          address({ form: "offpic", path: "/a b&c" }),
          address({ form: "group", name: "X.jpg", id: 7, server: "192.0.2.15:8000" }),
          address({ form: "group", name: "X.jpg" }, { sender: 31, did: 39 }),
          address({ form: "friend", name: "X.jpg" }),
          address(undefined),
        ];
        """,
        tokens,
    )
    calls = [PICTURES[urlsplit(url).path].parse_params(urlsplit(url).query, b"") for url in found[:-1]]
    offpic, group, discuss, friend = calls
    assert (offpic.file_path, offpic.f_uin, offpic.psessionid) == ("/a b&c", 31, "p")
    assert (group.type, group.gid, group.uin, group.rip, group.rport, group.fid) == (0, 42, 31, "192.0.2.15", 8000, 7)
    assert (discuss.type, discuss.gid, discuss.pic, discuss.vfwebqq) == (1, 39, "X.jpg", "v")
    assert (friend.lcid, friend.guid, friend.to) == (5, "X.jpg", 31)
    assert found[-1] is None


UPLOAD = """
  const { Uploads } = await import("/js/pictures.js");
  const { Wire } = await import("/js/wire.js");
  const session = { tokens: { account: 300400500, clientid: "5", psessionid: "p", vfwebqq: "v" } };
  async function upload(contact, reply) {
    const asked = [];
    const wire = new Wire(async (url, { body }) => {
      asked.push([url.split("?")[0], Object.fromEntries([...body].map(([name, v]) => [name, v.name ?? v]))]);
      if (typeof reply === "number") return new Response("", { status: reply });
      return new Response(reply);
    });
    const file = new File(["x"], "a.png", { type: "image/png" });
    const done = await new Uploads(wire, session).upload(contact, file).catch((error) => error.reason ?? `${error}`);
    return [done, asked];
  }
"""


def test_picture_for_a_friend_is_uploaded_as_the_protocol_says(js: Scripts):
    stored = UPLOAD_OFFLINE_PIC.serialize_reply(
        Reply(0, UploadPicResult(filesize=1, filename="a{}.png", filepath="/d65c58ae")), Flavour.WEBQQ_2013
    ).decode()
    part, [[path, fields]] = js(f'{UPLOAD} return upload({{ kind: "friend", uin: 31 }}, args[0]);', stored)
    assert part == ["picture", {"form": "offpic", "path": "/d65c58ae", "name": "a{}.png", "size": 1}]
    assert path == UPLOAD_OFFLINE_PIC.path
    assert fields == fields | {"uin": "300400500", "peeruin": "31", "file": "a.png", "fileid": "1", "vfwebqq": "v"}


@pytest.mark.parametrize("code", [CustomFaceForm.STORED, CustomFaceForm.EXISTS])
def test_picture_for_a_group_is_uploaded_as_the_protocol_says(js: Scripts, code: int):
    stored = CFACE_UPLOAD.serialize_reply(Reply(code, "ABC.jPg"), Flavour.WEBQQ_2013).decode()
    part, [[path, fields]] = js(f'{UPLOAD} return upload({{ kind: "group", gid: 42 }}, args[0]);', stored)
    assert part == ["picture", {"form": "group", "name": "ABC.jPg"}]
    assert path == CFACE_UPLOAD.path
    assert fields == fields | {"custom_face": "a.png", "from": "control", "vfwebqq": "v"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(413, "size"), (404, "refused"), (502, "line"), ("nothing", "refused"), ('f({"retcode":1})', "refused")],
)
def test_picture_that_is_not_taken_has_a_reason(js: Scripts, reply: int | str, reason: str):
    assert js(f'{UPLOAD} return upload({{ kind: "friend", uin: 31 }}, args[0]);', reply)[0] == reason


def test_large_picture_is_made_smaller_and_what_is_no_picture_is_refused(js: Scripts):
    small, kept, refused, broken = js(
        """
        const { MOST_BYTES, prepared } = await import("/js/pictures.js");
        const canvas = new OffscreenCanvas(2400, 1200);
        const context = canvas.getContext("2d");
        const image = context.createImageData(2400, 800);
        for (let i = 0; i < image.data.length; i += 4) {
          for (let j = 0; j < 3; j += 1) image.data[i + j] = Math.random() * 256;
          image.data[i + 3] = 255;
        }
        context.putImageData(image, 0, 0);
        const blob = await canvas.convertToBlob({ type: "image/png" });
        const file = new File([blob], "big.png", { type: "image/png" });
        const done = await prepared(file);
        const { width } = await createImageBitmap(done);
        const tiny = new File(["x"], "t.gif", { type: "image/gif" });
        const why = (file) => prepared(file).catch((error) => error.reason);
        const junk = new File([new Uint8Array(MOST_BYTES + 1)], "j.png", { type: "image/png" });
        return [
          [file.size > MOST_BYTES, done.size <= MOST_BYTES, done.name, width],
          (await prepared(tiny)) === tiny,
          await why(new File(["x"], "a.svg", { type: "image/svg+xml" })),
          await why(junk),
        ];
        """
    )
    assert small == [True, True, "big.jpg", 1920]
    assert (kept, refused, broken) == (True, "type", "type")


def test_pictures_are_fetched_once_and_only_pictures_are_shown(js: Scripts):
    found = js(
        """
        const { Downloads } = await import("/js/pictures.js");
        const { Wire } = await import("/js/wire.js");
        const asked = [];
        const types = { "/a": "image/png", "/b": "text/html", "/c": "image/svg+xml" };
        const downloads = new Downloads(new Wire(async (url) => {
          asked.push(url);
          return new Response("x", types[url] ? { headers: { "Content-Type": types[url] } } : { status: 404 });
        }));
        const get = (url) => downloads.get(url).catch((error) => error.reason);
        return [await get("/a"), await get("/a"), await get("/b"), await get("/c"), await get("/d"), asked.join(" ")];
        """
    )
    shown = "data:image/png;base64,eA=="
    assert found == [shown, shown, "type", "type", "line", "/a /b /c /d"]
