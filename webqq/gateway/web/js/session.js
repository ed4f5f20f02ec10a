/**
 * Who this page is signed in as: the way from a password or from the cookies of a sign-in link to a session,
 * and the session's tokens, kept for this tab so that a reload goes on where it was.
 */

import * as calls from "./calls.js";
import { cookieAccount, readCookie, writeCookie } from "./storage.js";
import { LineError, MalformedReply, Refused } from "./wire.js";

/** Sign-in came to nothing. `reason` names a text of this page, `text` is what the service itself said. */
export class SignInFailed extends Error {
  constructor(reason, { text = "", cause } = {}) {
    super(`sign-in failed: ${reason}`, { cause });
    this.name = "SignInFailed";
    this.reason = reason;
    this.text = text;
  }
}

/** The service wants the letters of a picture first; `challenge` goes back in with them. */
export class CaptchaNeeded extends Error {
  constructor(challenge, url) {
    super("a captcha is asked for");
    this.name = "CaptchaNeeded";
    this.challenge = challenge;
    this.url = url;
  }
}

/** What the codes of ptuiCB mean (WebQQ protocol, login). */
const REASONS = new Map([
  ["1", "busy"],
  ["2", "expired"],
  ["3", "password"],
  ["4", "captcha"],
  ["5", "verification"],
  ["6", "abnormal"],
  ["7", "anomaly"],
  ["8", "tooMany"],
  ["71", "abnormal"],
  ["10005", "qrOnly"],
  ["10006", "qrOnly"],
]);

/** Any error on the way in, as the one a form can name. */
function named(error) {
  if (error instanceof SignInFailed || error instanceof CaptchaNeeded) return error;
  if (error instanceof LineError) return new SignInFailed("line", { cause: error });
  if (error instanceof Refused) {
    return new SignInFailed("refused", { text: String(error.retcode), cause: error });
  }
  return new SignInFailed(error instanceof MalformedReply ? "malformed" : "fault", { cause: error });
}

async function challengeOf(wire, account) {
  const challenge = await calls.check(wire, account);
  if (challenge.needsCaptcha) {
    throw new CaptchaNeeded(challenge, calls.captchaUrl(account, challenge.code));
  }
  return challenge;
}

/**
 * Proves the password: afterwards the browser holds the cookies that open a session.
 *
 * @param {Wire} wire
 * @param {{account: string, password: string, challenge?: object, answer?: string}} form
 * @throws {SignInFailed|CaptchaNeeded}
 */
export async function provePassword(wire, { account, password, challenge, answer }) {
  try {
    const asked = challenge ? { ...challenge, code: answer } : await challengeOf(wire, account);
    const { code, url, text } = await calls.login(wire, account, password, asked);
    if (code !== "0") throw new SignInFailed(REASONS.get(code) ?? "other", { text });
    if (url.includes("aq.qq.com")) throw new SignInFailed("frozen", { text });
    await calls.checkSig(wire, url);
  } catch (error) {
    throw named(error);
  }
}

/** Two random digits and the milliseconds of the moment, as browsers of the time made it. */
function newClientId() {
  const digits = String(10 + Math.floor(Math.random() * 90));
  return digits + String(Date.now() % 1_000_000).padStart(6, "0");
}

/** A session of one account. `tokens` is what its calls need; `shelf` keeps them for this tab. */
export class Session {
  constructor(wire, shelf, tokens) {
    this.wire = wire;
    this.shelf = shelf;
    this.tokens = tokens;
  }

  get account() {
    return this.tokens.account;
  }

  /** The session this tab had before it was loaded again, or null. */
  static kept(wire, shelf) {
    const tokens = shelf.get("session");
    return tokens?.psessionid ? new Session(wire, shelf, tokens) : null;
  }

  /**
   * A new session by the cookies of a sign-in, or null when there are none.
   *
   * @throws {SignInFailed}
   */
  static async open(wire, shelf) {
    const ptwebqq = readCookie("ptwebqq");
    if (!ptwebqq) return null;
    const session = new Session(wire, shelf, {
      account: cookieAccount(),
      clientid: newClientId(),
      ptwebqq,
      psessionid: null,
      vfwebqq: "",
    });
    try {
      session.#adopt(await calls.login2(wire, session.tokens));
    } catch (error) {
      throw named(error);
    }
    return session;
  }

  /** Continues this session after a reload or a lost connection; Refused or LineError otherwise. */
  async relink() {
    this.#adopt(await calls.login2(this.wire, this.tokens));
  }

  /** The service has replaced ptwebqq (retcode 116). */
  takePtwebqq(value) {
    this.tokens.ptwebqq = value;
    writeCookie("ptwebqq", value);
    this.keep();
  }

  /** What friends see of this account, until another sign-in. */
  get status() {
    return this.tokens.status ?? "online";
  }

  async changeStatus(status) {
    await calls.changeStatus(this.wire, this.tokens, status);
    this.tokens.status = status;
    this.keep();
  }

  keep() {
    this.shelf.set("session", this.tokens);
  }

  forget() {
    this.shelf.remove("session");
  }

  #adopt({ uin, psessionid, vfwebqq }) {
    if (!Number.isSafeInteger(uin) || !psessionid || !vfwebqq) {
      throw new MalformedReply("/channel/login2", "expected uin, psessionid and vfwebqq");
    }
    Object.assign(this.tokens, { account: uin, psessionid, vfwebqq });
    this.keep();
  }
}
