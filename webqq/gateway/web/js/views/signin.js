/** The sign-in form: what was typed, what is wrong with it, and the picture of a captcha. */

import { t } from "../i18n.js";
import { byId, setAttribute, setText } from "./dom.js";
import { endText } from "./notice.js";
import { QRView } from "./qr.js";

const FIELD_OF_REASON = {
  account: "account",
  noPassword: "password",
  password: "password",
  noCaptcha: "captcha",
  captcha: "captcha",
};

/** Dispatches "submit" with `{account, password, answer}`, "again", and "qr" with `{isOn}` when the way is changed. */
export class SignInView extends EventTarget {
  constructor() {
    super();
    this.form = byId("signin-form");
    this.account = byId("account");
    this.password = byId("password");
    this.captcha = byId("captcha");
    this.isBusy = false;
    this.problem = null;
    this.over = {};
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    this.qr = new QRView();
    byId("signin-way").addEventListener("click", () => this.showWay(!this.qr.isOn));
    byId("captcha-renew").addEventListener("click", () => this.#renewCaptcha());
    byId("signin-again").addEventListener("click", () => this.dispatchEvent(new Event("again")));
  }

  /**
   * @param {{account?: number, state?: string, reason?: string, canReturn?: boolean}} over how the last session
   *   of this page ended, if it did ("kicked" or "ended", and what the service said), and whether it can be opened
   *   again without a password
   */
  show({ account, state, reason, canReturn = false } = {}) {
    this.over = { state, reason };
    this.problem = null;
    this.isBusy = false;
    if (account) this.account.value = account;
    this.password.value = "";
    this.hideCaptcha();
    this.showWay(false);
    byId("signin-again").hidden = !canReturn;
    this.render();
    if (canReturn) byId("signin-again").focus();
    else (this.account.value ? this.password : this.account).focus();
  }

  /** By code or by password. */
  showWay(isQR) {
    const hasChanged = isQR !== this.qr.isOn;
    this.problem = null;
    this.qr.show(isQR);
    byId("signin-password").hidden = isQR;
    this.render();
    if (!hasChanged) return;
    this.dispatchEvent(new CustomEvent("qr", { detail: { isOn: isQR } }));
    byId(isQR ? "signin-way" : "account").focus();
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    if (isBusy) this.problem = null;
    this.render();
  }

  /** Names what is wrong, beside the field that is to blame if one is. */
  fail(reason, values = {}) {
    this.problem = { reason, values };
    this.isBusy = false;
    this.render();
    if (FIELD_OF_REASON[reason] === "password") this.password.select();
    byId(FIELD_OF_REASON[reason] ?? "account").focus();
  }

  showCaptcha(url) {
    this.captchaUrl = url;
    byId("captcha-picture").src = url;
    byId("captcha-field").hidden = false;
    this.captcha.value = "";
    this.isBusy = false;
    this.render();
    this.captcha.focus();
  }

  hideCaptcha() {
    byId("captcha-field").hidden = true;
  }

  render() {
    const { problem } = this;
    const error = byId("signin-error");
    error.hidden = !problem;
    setText(error, problem ? t(`signin.error.${problem.reason}`, problem.values) : "");
    for (const field of [this.account, this.password, this.captcha]) {
      setAttribute(field, "aria-invalid", problem && FIELD_OF_REASON[problem.reason] === field.id ? "true" : null);
    }
    const { state, reason } = this.over;
    byId("signin-over").hidden = !state;
    setText(byId("signin-over"), state ? endText(state, reason) : "");
    setText(byId("signin-way"), t(this.qr.isOn ? "signin.byPassword" : "signin.byCode"));
    this.qr.render();
    setText(byId("signin-submit"), t(this.isBusy ? "signin.busy" : "signin.submit"));
    byId("signin-submit").disabled = this.isBusy;
  }

  /** Another picture of the same challenge, for one that cannot be read. */
  #renewCaptcha() {
    byId("captcha-picture").src = `${this.captchaUrl}&again=${Math.random()}`;
    this.captcha.value = "";
    this.captcha.focus();
  }

  #submitted(event) {
    event.preventDefault();
    if (this.isBusy || this.qr.isOn) return;
    const account = this.account.value.trim();
    const password = this.password.value;
    const asksCaptcha = !byId("captcha-field").hidden;
    const answer = asksCaptcha ? this.captcha.value.trim() : undefined;
    if (!/^[1-9]\d{4,9}$/.test(account)) return this.fail("account");
    if (!password) return this.fail("noPassword");
    if (asksCaptcha && !answer) return this.fail("noCaptcha");
    this.dispatchEvent(new CustomEvent("submit", { detail: { account, password, answer } }));
  }
}
