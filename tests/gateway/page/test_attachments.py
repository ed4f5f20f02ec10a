"""What was chosen and is not sent yet, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts


def test_attachments_stay_when_an_upload_fails_and_are_not_uploaded_twice(js: Scripts):
    found = js(
        """
        const { Attachments } = await import("/js/attachments.js");
        const all = new Attachments();
        const files = ["a", "b"].map((name) => new File(["x"], `${name}.png`, { type: "image/png" }));
        await all.add("f", files);
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
        const many = await all.add("f", Array(10).fill(files[0])).catch((error) => error.reason);
        return [failed, stay, uploaded, parts.length, many, all.of("f").length];
        """
    )
    assert found == ["down", [2, False], ["a.png", "b.png"], 2, "many", 9]
