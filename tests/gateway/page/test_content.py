"""What is typed, sent and received, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import vectors


def test_text_is_unescaped_once(js: Scripts):
    cases = vectors("xml_unescape")
    found = js(
        """
        const { unescapeText } = await import("/js/content.js");
        return args[0].map(({ raw }) => unescapeText(raw));
        """,
        [*cases, {"raw": "a\r\nb\rc"}],
    )
    assert found == [*(case["text"] for case in cases), "a\nb\nc"]


def test_typed_text_is_sent_whole_with_faces_by_name(js: Scripts):
    cases = vectors("send_content")
    found = js(
        """
        const { parseTyped, serializeSent } = await import("/js/content.js");
        return args[0].map(({ text }) => JSON.parse(serializeSent(parseTyped(text))));
        """,
        cases,
    )
    # A message of faces alone gets a blank: the service asks for one string at least.
    strings = [any(isinstance(part, str) for part in case["content_array_mojo"]) for case in cases]
    expected = [
        case["content_array_mojo"]
        if has_text
        else [*case["content_array_mojo"][:-1], " ", case["content_array_mojo"][-1]]
        for case, has_text in zip(cases, strings, strict=True)
    ]
    assert found == expected


def test_received_content_becomes_text_faces_and_placeholders(js: Scripts):
    font = ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}]
    found = js(
        """
        const { parseReceived, partsToText } = await import("/js/content.js");
        return args[0].map((content) => {
          const parts = parseReceived(content);
          return [parts, partsToText(parts, "zh"), partsToText(parts, "en")];
        });
        """,
        [
            [font, "a &lt;b&gt;", ["face", 14], ["cface", "X.jpg", ""], ["what", 1]],
            [font],
            [font, ["face", 9999]],
            "no array",
        ],
    )
    assert found == [
        [
            ["a <b>", ["face", 14], ["picture", {"form": "friend", "name": "X.jpg"}], ["other"]],
            "a <b>[微笑][图片][不支持的内容]",
            "a <b>[Smile][picture][unsupported content]",
        ],
        [[["picture"]], "[图片]", "[picture]"],
        [[["face", 9999]], "[表情]", "[face]"],
        [[["other"]], "[不支持的内容]", "[unsupported content]"],
    ]
