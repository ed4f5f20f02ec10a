/**
 * The page's entry: which screen is shown, and the ways between them.
 *
 *   opening -> chat            a kept session, or the cookies of a sign-in link
 *   opening -> sign-in         neither
 *   sign-in -> opening         the password was right
 *   chat -> sign-in            signed out by the person
 *   chat -> opening            "sign in again", after the service ended the session
 */

import { language, t } from "./i18n.js";
import { codeIn } from "./approval.js";
import * as calls from "./calls.js";
import { Notifications } from "./notifications.js";
import { State, pauseAfter } from "./poll.js";
import { QRSignIn } from "./qrsignin.js";
import { Room } from "./room.js";
import { CaptchaNeeded, Session, SignInFailed, provePassword } from "./session.js";
import { Shelf, cookieAccount, dropSignInCookies, readCookie } from "./storage.js";
import { TabClaim } from "./tabs.js";
import { bindTheme } from "./theme.js";
import { ApprovalView } from "./views/approval.js";
import { CardView } from "./views/card.js";
import { ContactsView } from "./views/contacts.js";
import { ConversationView } from "./views/conversation.js";
import { byId, setText, translate } from "./views/dom.js";
import { FinderView } from "./views/finder.js";
import { NoticeView } from "./views/notice.js";
import { RequestsView } from "./views/requests.js";
import { SignInView } from "./views/signin.js";
import { LineError, Refused, Wire } from "./wire.js";

const SCREENS = ["signin", "opening", "chat"];

/** This page was not reloaded but gone to, and with the cookies of a sign-in that is not the given one. */
function hasNewSignIn(ptwebqq) {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.type === "navigate" && ![undefined, ptwebqq].includes(readCookie("ptwebqq"));
}

class App {
  constructor() {
    this.wire = new Wire();
    this.tabShelf = new Shelf(() => sessionStorage, "webqq ");
    this.views = {
      approval: new ApprovalView(),
      card: new CardView(),
      contacts: new ContactsView(),
      conversation: new ConversationView(),
      finder: new FinderView(),
      notice: new NoticeView(),
      notifications: new Notifications(),
      requestsView: new RequestsView(),
    };
    this.signIn = new SignInView();
    this.tabClaim = new TabClaim(() => this.room?.takenElsewhere());
    this.room = null;
    this.challenge = null;
    this.code = this.#takeCode();
    this.openingText = "signin.opening";
    this.#listen();
    translate();
  }

  /** Decides what a fresh page shows. */
  boot() {
    const over = this.tabShelf.get("over");
    if (over && !hasNewSignIn(over.ptwebqq)) return this.#showSignIn(over);
    this.tabShelf.remove("over");
    return this.#enter(this.#keptSession());
  }

  /**
   * The session of this tab. A sign-in link opened in this tab brings new cookies, and then they win; a
   * reload goes on with what was there, whoever else has signed in from another tab.
   */
  #keptSession() {
    const kept = Session.kept(this.wire, this.tabShelf);
    return hasNewSignIn(kept?.tokens.ptwebqq) ? null : kept;
  }

  #listen() {
    this.signIn.addEventListener("submit", ({ detail }) => this.#submitted(detail));
    this.#listenToQR();
    this.signIn.addEventListener("again", () => this.#again());
    this.views.notice.addEventListener("action", ({ detail }) => this.#noticeAction(detail.kind));
    for (const button of document.querySelectorAll("[data-language]")) {
      button.addEventListener("click", () => language.toggle());
    }
    bindTheme(byId("theme"));
    this.#offerNotifications();
    window.addEventListener("hashchange", () => this.#addressChanged());
    language.addEventListener("change", () => this.#translate());
    byId("status").addEventListener("change", () => this.#changeStatus());
    byId("approve").addEventListener("click", () => this.room.showApproval(null));
    byId("find").addEventListener("click", () => this.room.showFinder());
    byId("requests-open").addEventListener("click", () => this.room.showRequests());
    byId("self").addEventListener("click", () => this.room.showCard(null));
    byId("sign-out").addEventListener("click", () => this.#signOut());
    byId("sign-out-forget").addEventListener("click", () => {
      this.room.chat.forget();
      this.#signOut();
    });
    document.addEventListener("click", ({ target }) => {
      const menu = byId("account-menu");
      if (!menu.contains(target) || target.closest(".menu-items button")) menu.open = false;
    });
  }

  #listenToQR() {
    const { qr } = this.signIn;
    const signIn = new QRSignIn(this.wire);
    this.signIn.addEventListener("qr", ({ detail }) => (detail.isOn ? signIn.start() : signIn.stop()));
    signIn.addEventListener("picture", ({ detail }) => qr.showPicture(detail.url));
    signIn.addEventListener("state", ({ detail }) => {
      qr.showState(detail.state, detail.text);
      if (detail.state === "done") this.#proved();
    });
    qr.addEventListener("shown", () => {
      signIn.shown();
      // A gateway that does not tell has pictures all the same.
      calls.qrCode(this.wire).then((code) => qr.showCode(code), () => {});
    });
    qr.addEventListener("failed", () => signIn.failed());
    qr.addEventListener("renew", () => signIn.renew());
  }

  /** Where the service does not take a status, the choice goes back to the one that holds. */
  async #changeStatus() {
    const { session } = this.room;
    await session.changeStatus(byId("status").value).catch(() => {});
    byId("status").value = session.status;
  }

  #offerNotifications() {
    const { notifications } = this.views;
    const box = byId("notifications");
    const render = () => {
      box.checked = notifications.isOn;
      box.disabled = !notifications.isOffered;
      byId("notifications-denied").hidden = notifications.isOffered;
    };
    box.addEventListener("change", () => notifications.turn(box.checked).then(render));
    render();
  }

  #show(screen) {
    for (const each of SCREENS) byId(each).hidden = each !== screen;
  }

  #translate() {
    translate();
    this.signIn.render();
    setText(byId("opening-text"), t(this.openingText));
    this.room?.translate();
  }

  #showOpening(text) {
    this.openingText = text;
    setText(byId("opening-text"), t(text));
    this.#show("opening");
  }

  /** @param {{account?: number, reason?: string, state?: string}} over why the last session ended, if it did */
  #showSignIn({ account, reason = "", state } = {}) {
    document.title = t("app.title");
    this.challenge = null;
    this.#show("signin");
    const canReturn = Boolean(account && readCookie("ptwebqq") && cookieAccount() === account);
    this.signIn.show({ account, state, reason, canReturn });
  }

  /** Opens the chat: with a kept session, else by cookies; while the line is down, again and again. */
  async #enter(kept) {
    this.#showOpening("signin.opening");
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#open(kept);
      } catch (error) {
        const cause = error instanceof SignInFailed ? error.cause : error;
        if (kept && cause instanceof Refused) return this.#keptIsOver(kept);
        if (!(cause instanceof LineError)) return this.#cannotEnter(error);
      }
      this.#showOpening("signin.waiting");
      await this.#pause(pauseAfter(failures));
    }
  }

  /** One attempt. Throws SignInFailed, or what the roster's calls throw. */
  async #open(kept) {
    if (kept) await kept.relink();
    const session = kept ?? (await Session.open(this.wire, this.tabShelf));
    if (!session) return this.#showSignIn();
    const room = new Room(this.views, this.wire, session, this.tabShelf, this.tabClaim);
    room.addEventListener("over", ({ detail }) => this.#over(session, detail));
    this.room = room;
    try {
      await room.load();
    } catch (error) {
      this.#leave();
      throw error;
    }
    byId("status").value = session.status;
    this.#show("chat");
    room.open();
    if (this.code) room.showApproval(this.code);
    this.code = null;
  }

  /** The code that a phone has read, out of the address: a reload must not ask again. */
  #takeCode() {
    const code = codeIn(location);
    if (code) history.replaceState(null, "", this.room?.address ?? location.pathname);
    return code;
  }

  /** Some phones open the address in the page that is there already. */
  #addressChanged() {
    const code = this.#takeCode();
    if (!code) return;
    if (this.room) this.room.showApproval(code);
    else this.code = code;
  }

  /** While this page was away its session ended, perhaps because the person signed in elsewhere. */
  #keptIsOver(kept) {
    this.#over(kept, { state: State.ENDED, reason: "" });
    this.#showSignIn(this.tabShelf.get("over"));
  }

  /** The cookies do not open anything any more, which nobody needs to hear who did not ask. */
  #cannotEnter(error) {
    const isStale = (error.cause ?? error) instanceof Refused;
    if (isStale) dropSignInCookies();
    this.#showSignIn({ account: cookieAccount() });
    if (!isStale) this.signIn.fail(error.reason ?? "fault", { text: error.text });
    if (!(error instanceof SignInFailed) && !isStale) console.error(error);
  }

  #pause(ms) {
    return new Promise((resolve) => {
      setTimeout(resolve, ms);
      window.addEventListener("online", resolve, { once: true });
    });
  }

  async #submitted({ account, password, answer }) {
    this.signIn.busy(true);
    try {
      await provePassword(this.wire, { account, password, answer, challenge: this.challenge });
    } catch (error) {
      return this.#notSignedIn(error);
    }
    return this.#proved();
  }

  /** The browser holds the cookies of a new sign-in. */
  #proved() {
    this.tabShelf.remove("over");
    return this.#enter(null);
  }

  #notSignedIn(error) {
    this.challenge = null;
    if (error instanceof CaptchaNeeded) {
      this.challenge = error.challenge;
      return this.signIn.showCaptcha(error.url);
    }
    this.signIn.hideCaptcha();
    return this.signIn.fail(error.reason ?? "fault", { text: error.text });
  }

  /** The service ended the session. It is not opened again before the person says so, not even by a reload. */
  #over(session, { state, reason }) {
    session.forget();
    const { account, ptwebqq } = session.tokens;
    this.tabShelf.set("over", { account, ptwebqq, state, reason });
  }

  #noticeAction(kind) {
    if (kind === "down") this.room.chat.line.retryNow();
    else if (kind === "elsewhere") this.room.takeBack();
    else this.#again();
  }

  #again() {
    const { account } = this.tabShelf.get("over") ?? {};
    this.tabShelf.remove("over");
    this.#leave();
    // The cookies may belong to somebody who signed in from another tab.
    if (cookieAccount() !== account) return this.#showSignIn({ account });
    return this.#enter(null);
  }

  #signOut() {
    const { room } = this;
    const { account } = room.session;
    room.chat.signOut();
    if (cookieAccount() === account) dropSignInCookies();
    this.tabShelf.remove("over");
    this.#leave();
    history.replaceState(null, "", location.pathname);
    this.#showSignIn({ account });
  }

  #leave() {
    this.room?.close();
    this.room = null;
  }
}

new App().boot();
