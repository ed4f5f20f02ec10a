"""The way in, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts


def test_captcha_is_asked_for_and_its_answer_goes_in(js: Scripts):
    reason, url, asked = js(
        r"""
        const { provePassword } = await import("/js/session.js");
        const { Wire } = await import("/js/wire.js");
        const salt = "\\x00".repeat(8);
        const asked = [];
        const wire = new Wire(async (url) => {
          asked.push(url.split("?")[0]);
          if (url.startsWith("/check?")) return new Response(`ptui_checkVC('1','token','${salt}');`);
          const { verifycode } = Object.fromEntries(new URLSearchParams(url.split("?")[1]));
          return new Response(`ptuiCB('4','0','','0','${verifycode}', '1');`);
        });
        const form = { account: "300400500", password: "x" };
        const needed = await provePassword(wire, form).catch((error) => error);
        const { challenge } = needed;
        const failed = await provePassword(wire, { ...form, challenge, answer: "ABCD" }).catch((error) => error);
        return [failed.reason + failed.text, needed.url, asked];
        """
    )
    assert (reason, asked) == ("captchaABCD", ["/check", "/login"])
    assert url.startswith("/getimage?aid=1003903&")
    assert url.endswith("&uin=300400500&cap_cd=token")
