/**
 * The WebQQ calls this page makes, in their forms of 2013: what each needs, where it goes, what it gives.
 * `tokens` is what a session is known by: account, clientid, ptwebqq, psessionid, vfwebqq.
 */

import { friendsHash, parseSalt, passwordDigest } from "./digests.js";
import { parseJsCall } from "./jscall.js";
import { readCookie } from "./storage.js";
import { MalformedReply, Refused } from "./wire.js";

const APPID = "1003903";
const SENDERS_FACE = 0; // the number of an avatar; any number works
/** The server holds a poll for 60 seconds at most; what takes this long is a dead line. */
const POLL_TIMEOUT_MS = 90_000;

const now = () => String(Date.now());
const channelFields = ({ clientid, psessionid }) => ({ clientid, psessionid: String(psessionid) });

async function jsCall(wire, path, name, query) {
  const text = await wire.text(path, { query });
  let call;
  try {
    call = parseJsCall(text);
  } catch (error) {
    throw new MalformedReply(path, error.message);
  }
  if (call.name !== name) throw new MalformedReply(path, `expected ${name}, got ${call.name}`);
  return call.args;
}

/** check: the salt, and the verify code or the wish for a captcha (then `captcha` is its token). */
export async function check(wire, account) {
  const [wanted, code, salt, ptvfsession = ""] = await jsCall(wire, "/check", "ptui_checkVC", {
    uin: account,
    appid: APPID,
    u1: "http://web2.qq.com/loginproxy.html",
    js_ver: "10040",
    js_type: "0",
    r: Math.random(),
  });
  if (wanted !== "0" && wanted !== "1") throw new MalformedReply("/check", "expected 0 or 1 first");
  try {
    return { needsCaptcha: wanted === "1", code, salt: parseSalt(salt ?? ""), ptvfsession };
  } catch (error) {
    throw new MalformedReply("/check", error.message);
  }
}

/** Where the picture of a captcha is. */
export function captchaUrl(account, capCd) {
  return `/getimage?${new URLSearchParams({ aid: APPID, r: Math.random(), uin: account, cap_cd: capCd })}`;
}

/** login: `{code, sub, url, text, nick}` of ptuiCB; code "0" is success. */
export async function login(wire, account, password, { salt, code, ptvfsession }) {
  const [status, sub, url, , text, nick] = await jsCall(wire, "/login", "ptuiCB", {
    u: account,
    p: passwordDigest(password, salt, code),
    verifycode: code,
    webqq_type: "10",
    remember_uin: "1",
    login2qq: "1",
    aid: APPID,
    u1: "http://www.qq.com/loginproxy.html?login2qq=1&webqq_type=10",
    h: "1",
    ptredirect: "0",
    ptlang: "2052",
    daid: "164",
    from_ui: "1",
    pttype: "1",
    dumy: "",
    fp: "loginerroralert",
    action: "4-5-8246",
    mibao_css: "m_webqq",
    t: "1",
    g: "1",
    js_type: "0",
    js_ver: "10040",
    login_sig: "",
    pt_verifysession_v1: ptvfsession,
  });
  return { code: status, sub, url: url ?? "", text: text ?? "", nick: nick ?? "" };
}

const QR_APPID = "501004106";

/** Where the picture of a code to scan is; each time another code, of which a cookie tells the server. */
export function qrPictureUrl() {
  const query = { appid: QR_APPID, e: "0", l: "M", s: "5", d: "72", v: "4", t: Math.random(), daid: "164" };
  return `/ptqrshow?${new URLSearchParams(query)}`;
}

/**
 * ptqrlogin: `{code, url, text}` of ptuiCB; "66" unread, "67" read, "65" expired, "0" agreed.
 *
 * Without ptqrtoken, which is made of the cookie: a page cannot read it.
 */
export async function qrLogin(wire) {
  const [code, , url, , text] = await jsCall(wire, "/ptqrlogin", "ptuiCB", {
    webqq_type: "10",
    remember_uin: "1",
    login2qq: "1",
    aid: QR_APPID,
    u1: "http://w.qq.com/proxy.html?login2qq=1&webqq_type=10",
    ptredirect: "0",
    ptlang: "2052",
    daid: "164",
    from_ui: "1",
    pttype: "1",
    dumy: "",
    fp: "loginerroralert",
    action: `0-0-${now()}`,
    mibao_css: "m_webqq",
    t: "1",
    g: "1",
    js_type: "0",
    js_ver: "10233",
    login_sig: "",
    pt_randsalt: "0",
  });
  return { code, url: url ?? "", text: text ?? "" };
}

/** check_sig: the url that login gave, asked on this origin, where its cookies belong. */
export async function checkSig(wire, url) {
  let path;
  try {
    const { pathname, search } = new URL(url, location.origin);
    path = pathname + search;
  } catch {
    throw new MalformedReply("/login", "expected the URL of check_sig");
  }
  await wire.text(path);
}

/**
 * login2: opens a session, or with a psessionid continues it (relink).
 *
 * @returns {Promise<{uin: number, psessionid: string, vfwebqq: string}>}
 */
export function login2(wire, { clientid, ptwebqq, psessionid = null, status = "online" }) {
  const r = { status, ptwebqq, passwd_sig: "", clientid, psessionid };
  if (psessionid) r.key = "";
  return wire.result("/channel/login2", { r, fields: channelFields({ clientid, psessionid }) });
}

/** get_online_buddies2: registers the session, tests it, and lists who is online. */
export function onlineBuddies(wire, { clientid, psessionid }, signal) {
  const query = { clientid, psessionid, t: now() };
  return wire.result("/channel/get_online_buddies2", { query, signal });
}

/** change_status2: as what friends see this account. */
export function changeStatus(wire, { clientid, psessionid }, status) {
  return wire.result("/channel/change_status2", { query: { newstatus: status, clientid, psessionid, t: now() } });
}

const rosterEnvelope = ({ account, ptwebqq, vfwebqq }) => ({
  h: "hello",
  vfwebqq,
  hash: friendsHash(account, ptwebqq),
});

export function userFriends(wire, tokens) {
  return wire.result("/api/get_user_friends2", { r: rosterEnvelope(tokens) });
}

export function groupNames(wire, tokens) {
  return wire.result("/api/get_group_name_list_mask2", { r: rosterEnvelope(tokens) });
}

/** get_group_info_ext2: asked by the group's code; a gid is refused with 6. */
export function groupInfo(wire, { vfwebqq }, code) {
  const query = { gcode: code, cb: "undefined", vfwebqq, t: now() };
  return wire.result("/api/get_group_info_ext2", { query });
}

export function selfInfo(wire, { vfwebqq }) {
  return wire.result("/api/get_self_info2", { query: { vfwebqq, t: now() } });
}

const NUMBER_TYPES = { friend: "1", group: "4" };

/** get_friend_uin2: the lasting number behind a friend's uin or a group's code. */
export async function accountOf(wire, { vfwebqq }, kind, alias) {
  const query = { tuin: alias, verifysession: "", type: NUMBER_TYPES[kind], code: "", vfwebqq, t: now() };
  return (await wire.result("/api/get_friend_uin2", { query })).account;
}

/**
 * poll2: the whole answer, whatever its retcode. `acknowledged` is the batch key of the answer before.
 *
 * An answer with events carries a `key`; the next poll returns it, and only then the gateway lets go of them.
 */
export function poll(wire, { clientid, psessionid, ptwebqq }, acknowledged, signal) {
  const r = { ptwebqq, clientid, psessionid, key: acknowledged, ids: [] };
  const fields = channelFields({ clientid, psessionid });
  return wire.json("/channel/poll2", { r, fields, timeoutMs: POLL_TIMEOUT_MS, signal });
}

/** What a send of pictures to many carries besides. */
const withSignature = ({ key, sig } = {}, code) => (key ? { ...(code && { group_code: code }), key, sig } : {});

/** send_buddy_msg2: the whole answer, whatever its retcode. */
export function sendToFriend(wire, { clientid, psessionid }, uin, content, messageId) {
  const r = { to: uin, face: SENDERS_FACE, content, msg_id: messageId, clientid, psessionid };
  return wire.json("/channel/send_buddy_msg2", { r, fields: channelFields({ clientid, psessionid }) });
}

/** send_qun_msg2: the whole answer, whatever its retcode. `signature` is that of a message with pictures. */
export function sendToGroup(wire, { clientid, psessionid }, { gid, code }, content, messageId, signature) {
  const r = {
    group_uin: gid,
    face: SENDERS_FACE,
    content,
    msg_id: messageId,
    clientid,
    psessionid,
    ...withSignature(signature, code),
  };
  return wire.json("/channel/send_qun_msg2", { r, fields: channelFields({ clientid, psessionid }) });
}

/** send_discu_msg2: the whole answer, whatever its retcode. */
export function sendToDiscussion(wire, { clientid, psessionid }, { did }, content, messageId, signature) {
  const r = {
    did,
    face: SENDERS_FACE,
    content,
    msg_id: messageId,
    clientid,
    psessionid,
    ...withSignature(signature),
  };
  return wire.json("/channel/send_discu_msg2", { r, fields: channelFields({ clientid, psessionid }) });
}

export function discussions(wire, { clientid, psessionid, vfwebqq }) {
  return wire.result("/api/get_discus_list", { query: { clientid, psessionid, vfwebqq, t: now() } });
}

export function discussionInfo(wire, { clientid, psessionid, vfwebqq }, did) {
  return wire.result("/channel/get_discu_info", { query: { did, vfwebqq, clientid, psessionid, t: now() } });
}

/** input_notify2: tells a friend that one is typing. */
export function tellTyping(wire, { clientid, psessionid }, uin) {
  return wire.result("/channel/input_notify2", { query: { to_uin: uin, clientid, psessionid, t: now() } });
}

/** Pictures take their time on slow lines. */
const UPLOAD_TIMEOUT_MS = 120_000;

/**
 * upload_offline_pic: a picture for a friend.
 *
 * @returns {Promise<{path: string, name: string, size: number}>} what the message names
 */
export async function uploadToFriend(wire, { account, vfwebqq }, uin, file, fileId) {
  const path = "/ftn_access/upload_offline_pic";
  const callback = "parent.EQQ.Model.ChatMsg.callbackSendPic";
  const form = offlineForm({ account, vfwebqq }, { callback, uin, file, fileId });
  return placeOf(path, await wire.text(path, { query: inSeconds(), form, timeoutMs: UPLOAD_TIMEOUT_MS }));
}

const inSeconds = () => ({ time: String(Math.floor(Date.now() / 1000)) });

function offlineForm({ account, vfwebqq }, { callback, uin, file, fileId }) {
  return {
    callback,
    locallangid: "2052",
    clientversion: "1409",
    uin: account,
    skey: readCookie("skey") ?? "",
    appid: "1002101",
    peeruin: uin,
    file,
    fileid: fileId,
    vfwebqq,
    senderviplevel: "0",
    reciverviplevel: "0",
  };
}

/** What the script says that answers an upload. */
function placeOf(path, text) {
  let answer;
  try {
    answer = JSON.parse(/\{.*?\}/s.exec(text)[0]);
  } catch {
    throw new MalformedReply(path, "expected a script with an object");
  }
  if (answer.retcode !== 0 || !answer.filepath) throw new Refused(path, answer.retcode ?? -1, answer);
  return { path: String(answer.filepath), name: String(answer.filename ?? ""), size: Number(answer.filesize) || 0 };
}

/** A file of the largest size takes so long on a line of 250 kbit/s. */
const FILE_TIMEOUT_MS = 600_000;

/** upload_offline_file: leaves a file for a friend; as uploadToFriend. */
export async function uploadFile(wire, { account, vfwebqq }, uin, file, onProgress) {
  const path = "/ftn_access/upload_offline_file";
  const callback = "parent.EQQ.Model.ChatMsg.callbackSendOffFile";
  const form = offlineForm({ account, vfwebqq }, { callback, uin, file, fileId: `${uin}_${now()}` });
  return placeOf(path, await wire.upload(path, { query: inSeconds(), form, timeoutMs: FILE_TIMEOUT_MS, onProgress }));
}

/** send_offfile2: tells a friend of a file that was left; the whole answer, whatever its retcode. */
export function giveFile(wire, { clientid, psessionid }, uin, { path, name }) {
  const r = { to: String(uin), file_path: path, filename: name, to_uin: String(uin), clientid, psessionid };
  return wire.json("/channel/send_offfile2", { r, fields: channelFields({ clientid, psessionid }) });
}

/** A file that a friend left; the path may be any, the key says which. */
export function leftFile(wire, rkey, onProgress) {
  const query = new URLSearchParams({ ver: "2173", rkey, range: "0" });
  return wire.blob(`/file?${query}`, { timeoutMs: FILE_TIMEOUT_MS, onProgress });
}

/** get_file2: a file that a friend's client offers directly. */
export function offeredFile(wire, { clientid, psessionid }, uin, { session, name }, onProgress) {
  const query = { lcid: session, guid: name, to: uin, psessionid, count: "1", time: now(), clientid };
  return wire.blob(`/channel/get_file2?${new URLSearchParams(query)}`, { timeoutMs: FILE_TIMEOUT_MS, onProgress });
}

/** notify_offfile2: a file that a friend left is not wanted. */
export function refuseLeftFile(wire, { clientid, psessionid }, uin, { name, size }) {
  const query = { to: uin, file_name: name, file_size: size, action: "2", psessionid, clientid };
  return wire.result("/channel/notify_offfile2", { query });
}

/** refuse_file2: a file that a friend's client offers is not wanted. */
export function refuseOfferedFile(wire, { clientid, psessionid }, uin, { session }) {
  const query = { to: uin, lcid: session, psessionid, clientid, count: "1", time: now() };
  return wire.result("/channel/refuse_file2", { query });
}

/** shake2: shakes a friend's window. */
export function shake(wire, { clientid, psessionid }, uin) {
  return wire.result("/channel/shake2", { query: { to_uin: uin, clientid, psessionid, t: now() } });
}

const STORED = 0;
const STORED_BEFORE = 4;

/** cface_upload: a picture for groups and discussions; gives its name. */
export async function uploadToGroup(wire, { vfwebqq }, file) {
  const path = "/cgi-bin/cface_upload";
  const f = "EQQ.Model.ChatMsg.callbackSendPicGroup";
  const form = { from: "control", f, vfwebqq, custom_face: file, fileid: "1" };
  const text = await wire.text(path, { query: { time: now() }, form, timeoutMs: UPLOAD_TIMEOUT_MS });
  const answer = /'ret'\s*:\s*(-?\d+)\s*,\s*'msg'\s*:\s*'([^']*)'/.exec(text);
  if (!answer) throw new MalformedReply(path, "expected a script with ret and msg");
  const code = Number(answer[1]);
  const [name] = answer[2].split(/\s/);
  if ((code !== STORED && code !== STORED_BEFORE) || !name) throw new Refused(path, code);
  return name;
}

/** get_gface_sig2: what a send of such a picture carries. */
export async function groupPictureSignature(wire, { clientid, psessionid }) {
  const query = { clientid, psessionid, t: now() };
  const { gface_key: key, gface_sig: sig } = await wire.result("/channel/get_gface_sig2", { query });
  return { key, sig };
}

/**
 * The gateway's history of one conversation; no call of the service's.
 *
 * @param {{kind: string, number: number, before?: number}} wanted the contact's lasting number; `before` is the id of
 *   the oldest message that is there already
 * @returns {Promise<{messages: object[], isMore: boolean}>} oldest first
 */
export function history(wire, { clientid, psessionid }, { kind, number, before = 0 }) {
  return wire.result("/page/history", { query: { clientid, psessionid, kind, number, before } });
}

/** The newest message of every conversation in the gateway's history. */
export function newestTalks(wire, { clientid, psessionid }) {
  return wire.result("/page/talks", { query: { clientid, psessionid } });
}

/**
 * What a person says about a code that another device shows; no call of the service's. "scan" when it was read and the
 * person is being asked, then "approve" or "refuse".
 *
 * @returns {Promise<{address: string, expires: number}>} who shows the code
 */
export function approve(wire, { vfwebqq }, code, action) {
  return wire.result("/approve", { r: { code, action, vfwebqq } });
}

export function logout(wire, { clientid, psessionid }) {
  return wire.result("/channel/logout2", { query: { ids: "", clientid, psessionid, t: now() } });
}

/** get_friend_info2: what a friend tells of himself. */
export function friendInfo(wire, { clientid, psessionid, vfwebqq }, uin) {
  const query = { tuin: uin, verifysession: "", code: "", vfwebqq, clientid, psessionid, t: now() };
  return wire.result("/api/get_friend_info2", { query });
}

/** get_stranger_info2: the same of anybody whose uin is known, with the token that is needed to ask him. */
export function strangerInfo(wire, { vfwebqq }, uin) {
  const query = { tuin: uin, verifysession: "", gid: "0", code: "", vfwebqq, t: now() };
  return wire.result("/api/get_stranger_info2", { query });
}

/** get_single_long_nick2: somebody's signature. */
export async function signatureOf(wire, { vfwebqq }, uin) {
  const found = await wire.result("/api/get_single_long_nick2", { query: { tuin: uin, vfwebqq, t: now() } });
  return String(found?.[0]?.lnick ?? "");
}

/** set_long_nick2: the own signature. */
export function setSignature(wire, { vfwebqq }, text) {
  return wire.result("/api/set_long_nick2", { r: { nlk: text, vfwebqq } });
}

/** change_mark_name2: the own name for a friend; "" takes it away. */
export function markFriend(wire, { vfwebqq }, uin, mark) {
  return wire.result("/api/change_mark_name2", { fields: { tuin: uin, markname: mark, vfwebqq } });
}

/** update_group_info2: the own name for a group. */
export function markGroup(wire, { vfwebqq }, code, mark) {
  return wire.result("/api/update_group_info2", { r: { gcode: code, markname: mark, vfwebqq } });
}

/** delete_friend: ends a friendship, on both sides. */
export function deleteFriend(wire, { vfwebqq }, uin) {
  return wire.result("/api/delete_friend", { fields: { tuin: uin, delType: "2", vfwebqq } });
}

/** quit_group2: leaves a group. */
export function quitGroup(wire, { vfwebqq }, code) {
  return wire.result("/api/quit_group2", { r: { gcode: String(code), vfwebqq } });
}

/** search_qq_by_uin2: a person by account number, with the token that is needed to ask. */
export function searchPerson(wire, { vfwebqq }, number) {
  const query = { tuin: number, verifysession: "", code: "", vfwebqq, t: now() };
  return wire.result("/api/search_qq_by_uin2", { query });
}

/** get_group_public_info2: what is public of a group, by its code or its number. */
export async function publicGroup(wire, { vfwebqq }, number) {
  return (await wire.result("/api/get_group_public_info2", { query: { gcode: number, vfwebqq, t: now() } })).ginfo;
}

/** add_need_verify2: asks somebody to be a friend. */
export function askFriend(wire, { vfwebqq }, { number, token }, message) {
  const r = { account: number, myallow: 1, groupid: 0, msg: message, token, vfwebqq };
  return wire.result("/api/add_need_verify2", { r });
}

/** apply_join_group2: asks to be a member. */
export function askGroup(wire, { vfwebqq }, { code }, message) {
  return wire.result("/api/apply_join_group2", { r: { gcode: code, code: "", vfy: "", msg: message, vfwebqq } });
}

/** allow_and_add2 or deny_added_request2: answers who asked to be a friend. */
export function answerFriend(wire, { vfwebqq }, number, isAccepted, reason) {
  const r = { account: number, vfwebqq };
  if (isAccepted) return wire.result("/api/allow_and_add2", { r: { ...r, gid: 0, mname: "" } });
  return wire.result("/api/deny_added_request2", { r: { ...r, msg: reason } });
}

/** op_group_join_req: answers who asked to be a member. */
export function answerMember(wire, { clientid, psessionid }, gid, uin, isAccepted, reason) {
  const verdict = { group_uin: gid, req_uin: uin, msg: reason, op_type: isAccepted ? "2" : "3" };
  return wire.result("/channel/op_group_join_req", { query: { ...verdict, clientid, psessionid, t: now() } });
}

/** Removes this account's side of a conversation from the gateway's history; no call of the service's. */
export function forgetTalk(wire, { clientid, psessionid }, { kind, number }) {
  const r = { kind, number, clientid, psessionid };
  return wire.result("/page/forget", { r, fields: channelFields({ clientid, psessionid }) });
}

/**
 * What the code says that was shown last in this browser, for who cannot scan it; no call of the service's.
 *
 * @returns {Promise<{code: string, address: string}>}
 */
export function qrCode(wire) {
  return wire.result("/page/qrcode", { query: {} });
}

/** Who has chosen a picture, of those whom the page shows; no call of the service's. */
export function avatars(wire, { clientid, psessionid }) {
  return wire.result("/page/avatars", { query: { clientid, psessionid } });
}

/** getface: where the picture of a uin is; another version has another address. */
export function avatarAddress({ vfwebqq }, uin, version) {
  const query = { cache: "1", type: "1", f: "100", uin, t: version, vfwebqq };
  return `/cgi/svr/face/getface?${new URLSearchParams(query)}`;
}

/** Puts a picture in place of the own one; an empty one takes it away. No call of the service's. */
export function chooseAvatar(wire, { clientid, psessionid }, picture) {
  const file = new File([picture], "avatar", { type: picture.type });
  return wire.result("/page/avatar", { query: { psessionid, clientid }, form: { file } });
}
