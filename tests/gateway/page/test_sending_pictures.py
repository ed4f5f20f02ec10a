"""Pictures on their way to a friend: the page in a browser, against a gateway, with somebody at the other end."""

from tests.gateway.page.browser import Screen
from tests.gateway.page.person import BOT_ROW, sign_in, write

PASTE = """
  const canvas = new OffscreenCanvas(4, 4);
  canvas.getContext("2d");
  const done = arguments[arguments.length - 1];
  canvas.convertToBlob({ type: "image/png" }).then((blob) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], "a.png", { type: "image/png" }));
    const init = { bubbles: true, cancelable: true };
    const event = arguments[0] === "paste"
      ? new ClipboardEvent("paste", { ...init, clipboardData: transfer })
      : new DragEvent("drop", { ...init, dataTransfer: transfer });
    document.getElementById(arguments[0] === "paste" ? "input" : "log").dispatchEvent(event);
    done();
  });
"""

SERVICE_WITH_PICTURES = """
  // What a gateway with pictures answers; `uploads` counts, `sent` keeps, `isDown` is the line.
  window.service = { uploads: 0, sent: [], isDown: true };
  const own = window.fetch;
  window.fetch = async (url, init) => {
    if (url.startsWith("/ftn_access/upload_offline_pic")) {
      if (service.isDown) throw new TypeError("down");
      service.uploads += 1;
      const name = init.body.get("file").name;
      return new Response(`<script>f({"retcode":0,"filesize":9,"filename":"${name}","filepath":"/p"});</script>`);
    }
    if (url.startsWith("/channel/send_buddy_msg2")) {
      service.sent.push(JSON.parse(JSON.parse(init.body.get("r")).content));
      return new Response('{"retcode":0,"result":"ok"}');
    }
    return own(url, init);
  };
"""


def test_pictures_are_pasted_and_dropped_and_sent_when_the_line_is_back(door: Screen):
    driver = door.driver
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SERVICE_WITH_PICTURES})
    try:
        driver.refresh()
        sign_in(door)
        door.the(BOT_ROW).click()
        for way in ("paste", "drop"):
            driver.execute_async_script(PASTE, way)
        door.until(lambda: len(door.all(".attachment img[src^=data]")) == 2, "two previews")
        door.the(".attachment-remove").click()
        door.until(lambda: len(door.all(".attachment")) == 1, "one preview")
        write(door, "看")
        door.see("#composer-hint", "图片未能上传")
        assert door.the("#input").get_property("value") == "看"
        driver.execute_script("service.isDown = false")
        door.the("#send").click()
        door.see(".message.own .status", "已发送")
        uploads, (content,) = driver.execute_script("return [service.uploads, service.sent]")
        assert (uploads, content[:2]) == (1, ["看", ["offpic", "/p", "a.png", 9]])
        assert not door.all(".attachment")
        assert door.the("#input").get_property("value") == ""
        # There is none to fetch here.
        door.see(".message.own .placeholder", "[图片] 无法显示")
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
