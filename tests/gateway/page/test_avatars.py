"""Pictures that people have chosen, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts

AVATARS = """
  const { Avatars, squareOf } = await import("/js/avatars.js");
  const { Wire } = await import("/js/wire.js");
  const tokens = { clientid: "5", psessionid: "p", vfwebqq: "v" };
"""


def test_picture_is_fetched_once_a_version_and_only_of_who_has_one(js: Scripts):
    found = js(
        AVATARS
        + """
        const asked = [];
        let people = [{ uin: 31, version: 1 }];
        const wire = new Wire(async (url) => {
          asked.push(new URL(url, location.origin));
          if (url.startsWith("/page/avatars")) return new Response(JSON.stringify({ retcode: 0, result: people }));
          return new Response("x", { headers: { "Content-Type": "image/png" } });
        });
        const all = new Avatars(wire, { tokens });
        await all.load();
        const isSame = all.of(31) === all.of(31);
        const data = await all.of(31);
        people = [{ uin: 31, version: 2 }];
        await all.load();
        await all.of(31);
        const faces = asked.filter(({ pathname }) => pathname.endsWith("getface"));
        return [isSame, data, all.of(32), faces.map(({ searchParams }) => searchParams.get("t"))];
        """
    )
    assert found == [True, "data:image/png;base64,eA==", None, ["1", "2"]]


def test_service_that_tells_of_none_has_none(js: Scripts):
    found = js(
        AVATARS
        + """
        const all = new Avatars(new Wire(async () => new Response("", { status: 404 })), { tokens });
        await all.load();
        return all.of(31);
        """
    )
    assert found is None


def test_picture_becomes_a_small_square_of_its_middle(js: Scripts):
    found = js(
        AVATARS
        + """
        const canvas = new OffscreenCanvas(400, 100);
        const context = canvas.getContext("2d");
        context.fillStyle = "#f00";
        context.fillRect(0, 0, 400, 100);
        context.fillStyle = "#00f";
        context.fillRect(150, 0, 100, 100);
        const square = await squareOf(await canvas.convertToBlob({ type: "image/png" }));
        const bitmap = await createImageBitmap(square);
        const seen = new OffscreenCanvas(160, 160).getContext("2d");
        seen.drawImage(bitmap, 0, 0);
        const isBlue = [8, 152].map((x) => seen.getImageData(x, 80, 1, 1).data).map(([r, , b]) => b > 200 && r < 60);
        return [square.type, bitmap.width, bitmap.height, isBlue];
        """
    )
    assert found == ["image/jpeg", 160, 160, [True, True]]
