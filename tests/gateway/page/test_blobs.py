"""Files that wait in the browser, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts


def test_files_of_an_account_are_kept_for_it_alone(js: Scripts):
    found = js(
        """
        const { BlobStore } = await import("/js/blobs.js");
        const [one, other] = [new BlobStore("one"), new BlobStore("other")];
        await Promise.all([one.clear(), other.clear()]);
        await one.put("a 2", { file: new File(["two"], "2") });
        await one.put("a 1", { file: new File(["one"], "1") });
        await one.put("b 1", "else");
        const again = new BlobStore("one");
        const names = (await again.values("a ")).map(({ file }) => file.name);
        const text = await (await again.get("a 1")).file.text();
        await again.remove("a 1");
        const rest = [(await new BlobStore("one").values("a ")).length, (await other.values("a ")).length];
        await again.clear();
        return [names, text, rest, (await new BlobStore("one").get("b 1")) ?? null];
        """
    )
    assert found == [["1", "2"], "one", [1, 0], None]


def test_browser_that_stores_nothing_keeps_files_as_long_as_the_page(js: Scripts):
    found = js(
        """
        const { BlobStore } = await import("/js/blobs.js");
        const store = new BlobStore(1, () => { throw new Error("not allowed"); });
        await store.put("a", 7);
        const kept = await store.get("a");
        await store.remove("a");
        return [kept, (await store.get("a")) ?? null, await store.values("a")];
        """
    )
    assert found == [7, None, []]
