"""What was chosen and is not sent yet, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts

CHOSEN = """
  const { Attachments } = await import("/js/attachments.js");
  const { BlobStore } = await import("/js/blobs.js");
  const store = () => new BlobStore(1, () => { throw new Error("not allowed"); });
  const friend = { takesFiles: true }, group = { takesFiles: false };
"""


def test_attachments_stay_when_an_upload_fails_and_are_not_uploaded_twice(js: Scripts):
    found = js(
        CHOSEN
        + """
        const all = new Attachments(store());
        const files = ["a", "b"].map((name) => new File(["x"], `${name}.png`, { type: "image/png" }));
        await all.add("f", files, friend);
        const uploaded = [];
        let isDown = true;
        const upload = async ({ name }) => {
          if (name === "b.png" && isDown) throw new Error("down");
          uploaded.push(name);
          return ["picture", { name }];
        };
        const failed = await all.upload("f", upload).catch((error) => error.message);
        const stay = [all.of("f").length, all.isBusy("f")];
        isDown = false;
        const parts = await all.upload("f", upload);
        const many = await all.add("f", Array(10).fill(files[0]), friend).catch((error) => error.reason);
        return [failed, stay, uploaded, parts.length, many, all.of("f").length];
        """
    )
    assert found == ["down", [2, False], ["a.png", "b.png"], 2, "many", 9]


def test_files_go_to_friends_alone_and_not_beyond_what_the_gateway_takes(js: Scripts):
    found = js(
        CHOSEN
        + """
        const { MOST_BYTES } = await import("/js/files.js");
        const all = new Attachments(store());
        const file = (bytes, name = "a.txt") => new File([new Uint8Array(bytes)], name);
        const why = (key, each, to) => all.add(key, [each], to).then(() => "taken", (error) => error.reason);
        const found = [
          await why("f", file(3), friend),
          await why("f", file(MOST_BYTES + 1), friend),
          await why("g", file(3), group),
        ];
        const parts = await all.upload("f", () => { throw new Error("no picture"); });
        const sent = [];
        await all.hand("f", async ({ name }) => sent.push(name));
        return [found, parts, sent, all.of("f").length];
        """
    )
    assert found == [["taken", "fileSize", "type"], [], ["a.txt"], 0]


def test_what_was_chosen_survives_a_reload(js: Scripts):
    found = js(
        """
        const { Attachments } = await import("/js/attachments.js");
        const { BlobStore } = await import("/js/blobs.js");
        const store = new BlobStore("attachments");
        await store.clear();
        const all = new Attachments(store, () => 7);
        const files = ["a.txt", "b.txt", "c.txt"].map((name) => new File([name], name));
        await all.add("f", files, { takesFiles: true });
        await all.remove("f", all.of("f")[1].id);
        const again = new Attachments(new BlobStore("attachments"));
        await again.restore();
        const texts = await Promise.all(again.of("f").map(({ file }) => file.text()));
        await again.hand("f", async () => {});
        const last = new Attachments(new BlobStore("attachments"));
        await last.restore();
        return [texts, last.of("f").length];
        """
    )
    assert found == [["a.txt", "c.txt"], 0]
