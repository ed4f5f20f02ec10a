/** What persons and groups tell of themselves, and what an account notes for itself: signatures, marks, who goes. */

import * as calls from "./calls.js";
import { unescapeText } from "./content.js";

const text = (value) => unescapeText(String(value ?? "")).trim();

/** The gateway refuses longer ones. */
export const SIGNATURE_LENGTH = 200;
export const MARK_LENGTH = 60;

/** Profiles of one session. What a call throws is thrown on. */
export class Profiles {
  constructor(wire, session, roster) {
    Object.assign(this, { wire, session, roster });
  }

  /** @returns {Promise<{nick: string, signature: string}>} what a friend or oneself tells */
  async person(uin) {
    const { wire, session } = this;
    const [info, signature] = await Promise.all([
      calls.friendInfo(wire, session.tokens, uin),
      calls.signatureOf(wire, session.tokens, uin),
    ]);
    return { nick: text(info.nick), signature: text(signature) };
  }

  /**
   * @returns {Promise<{name: string, number: number|null}>} of anybody whose uin came along with something; where the
   *   service does not tell, nothing
   */
  async stranger(uin) {
    const { wire, session } = this;
    const [number, info] = await Promise.all([
      calls.accountOf(wire, session.tokens, "friend", uin).catch(() => null),
      calls.strangerInfo(wire, session.tokens, uin).catch(() => null),
    ]);
    return { name: text(info?.nick) || String(number ?? ""), number: Number(number) || null };
  }

  setSignature(signature) {
    return calls.setSignature(this.wire, this.session.tokens, signature);
  }

  async mark({ kind, uin, code }, mark) {
    const { wire, session } = this;
    if (kind === "friend") await calls.markFriend(wire, session.tokens, uin, mark);
    else await calls.markGroup(wire, session.tokens, code, mark);
    await this.roster.load();
  }

  /** Ends a friendship or leaves a group. */
  async leave({ kind, uin, code }) {
    const { wire, session } = this;
    if (kind === "friend") await calls.deleteFriend(wire, session.tokens, uin);
    else await calls.quitGroup(wire, session.tokens, code);
    await this.roster.load();
  }

  /** A person or a group by number, for who wants to ask. Throws Refused where there is none. */
  async find(kind, number) {
    const { wire, session, roster } = this;
    const isSelf = kind === "friend" && number === session.account;
    const isKnown = Boolean(roster.get(`${kind}-${number}`));
    if (kind === "group") {
      const { name, code, member_cnt: members } = await calls.publicGroup(wire, session.tokens, number);
      return { name: text(name), number, code, members, isKnown };
    }
    const { nick, token, uin } = await calls.searchPerson(wire, session.tokens, number);
    return { name: text(nick), number, token, uin, isKnown, isSelf };
  }

  ask(kind, found, message) {
    const { wire, session } = this;
    const call = kind === "group" ? calls.askGroup : calls.askFriend;
    return call(wire, session.tokens, found, message);
  }

  answerFriend({ number }, isAccepted, reason) {
    return calls.answerFriend(this.wire, this.session.tokens, number, isAccepted, reason);
  }

  /** By gid and uin, which are of this session: one that came in an earlier session is looked up by number. */
  async answerMember({ uin, number, group }, isAccepted, reason) {
    const { wire, session, roster } = this;
    const gid = roster.get(`group-${group}`)?.gid ?? 0;
    // The number is not known of everybody.
    const isStill = !number || Number(await calls.accountOf(wire, session.tokens, "friend", uin).catch(() => 0)) === number;
    const asker = isStill ? uin : (await calls.searchPerson(wire, session.tokens, number)).uin;
    return calls.answerMember(wire, session.tokens, gid, asker, isAccepted, reason);
  }
}
