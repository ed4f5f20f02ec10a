"""Files on their way to friends, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import KEPT

TRANSFER = (
    KEPT
    + """
  const { BlobStore } = await import("/js/blobs.js");
  const { Transfers } = await import("/js/transfers.js");
  const { LineError, Refused } = await import("/js/wire.js");
  const store = new BlobStore("transfers");
  const left = { path: "/p", name: "a.txt" };
  const upload = async (key, file, onProgress) => { onProgress(0.5); onProgress(1); return left; };
  const settle = async (all) => {
    while (all.messages("f").some(({ state }) => state === "queued" || state === "sending")) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    return all.messages("f").map(({ state }) => state);
  };
"""
)


def test_file_is_uploaded_then_given_and_leaves_the_store(js: Scripts):
    found = js(
        TRANSFER
        + """
        await store.clear();
        const all = new Conversations(shelf());
        const shares = [], given = [];
        const give = async (key, what) => { given.push([key, what.path]); return { retcode: 0 }; };
        const transfers = new Transfers(all, store, { upload, give, isUp: () => true });
        transfers.addEventListener("progress", ({ detail }) => shares.push(detail.share));
        await transfers.send("f", new File(["x"], "a.txt"));
        const [state] = await settle(all);
        const { name, size } = all.messages("f")[0].parts[0][1];
        return [state, name, size, shares, given, (await store.values("transfer ")).length];
        """
    )
    assert found == ["sent", "a.txt", 1, [0.5, 1], [["f", "/p"]], 0]


@pytest.mark.parametrize(
    ("upload", "give", "state"),
    [
        ("throw new LineError('/x')", "return { retcode: 0 }", "failed"),
        ("throw new Refused('/x', 1)", "return { retcode: 0 }", "failed"),
        ("return left", "return { retcode: 100001 }", "failed"),
        ("return left", "throw new LineError('/x')", "unknown"),
    ],
)
def test_file_that_reached_nobody_can_be_sent_again(js: Scripts, upload: str, give: str, state: str):
    found = js(
        TRANSFER
        + f"""
        const all = new Conversations(shelf());
        let isBad = true;
        const transfers = new Transfers(all, store, {{
          upload: async (...args) => {{ if (isBad) {{ {upload} }} return upload(...args); }},
          give: async () => {{ if (isBad) {{ {give} }} return {{ retcode: 0 }}; }},
          isUp: () => true,
        }});
        await transfers.send("f", new File(["x"], "a.txt"));
        const [first] = await settle(all);
        isBad = false;
        if (first === "failed") transfers.outbox.again("f", all.messages("f")[0]);
        return [first, (await settle(all))[0]];
        """
    )
    assert found == [state, "sent" if state == "failed" else "unknown"]


def test_transfer_that_a_reload_interrupts_can_be_sent_again_until_it_was_given(js: Scripts):
    found = js(
        TRANSFER
        + """
        const all = new Conversations(shelf());
        const part = ["file", { form: "sent", name: "a", size: 1, blob: "transfer 1" }];
        const own = (id, more) => message(id, { own: true, state: "sending", parts: [part], ...more });
        all.add("f", own("1", {}), { isRead: true });
        all.add("f", own("2", { isGiven: true }), { isRead: true });
        all.add("f", message("3", { own: true, state: "sending" }), { isRead: true });
        new Transfers(all, store, { upload, give: null, isUp: () => true });
        return all.messages("f").map(({ state }) => state);
        """
    )
    # The third is no file.
    assert found == ["failed", "unknown", "sending"]
