/** What the browser keeps for us: JSON values in localStorage or sessionStorage, and readable cookies. */

/** JSON values under a prefix. Where the browser refuses to store, they last as long as the page. */
export class Shelf {
  /**
   * @param {() => Storage} area asked for late: merely naming localStorage may throw
   * @param {string} prefix
   */
  constructor(area, prefix) {
    this.prefix = prefix;
    this.memory = new Map();
    try {
      this.area = area();
    } catch {
      this.area = null;
    }
  }

  /** The value kept under a name, or undefined; what does not parse counts as not there. */
  get(name) {
    try {
      const text = this.area?.getItem(this.prefix + name) ?? this.memory.get(name);
      return text === undefined ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** Keeps a value; false when the browser's quota is used up (it is then kept in memory only). */
  set(name, value) {
    const text = JSON.stringify(value);
    try {
      this.area?.setItem(this.prefix + name, text);
      this.memory.delete(name);
      if (!this.area) this.memory.set(name, text);
      return true;
    } catch {
      this.memory.set(name, text);
      this.area?.removeItem(this.prefix + name);
      return false;
    }
  }

  remove(name) {
    this.memory.delete(name);
    try {
      this.area?.removeItem(this.prefix + name);
    } catch {
      // Storage that cannot be written holds nothing of ours.
    }
  }
}

/** The cookie of this name, or undefined. */
export function readCookie(name, source = document.cookie) {
  const start = `${name}=`;
  const pair = source.split("; ").find((each) => each.startsWith(start));
  return pair?.slice(start.length);
}

/** The account that the sign-in cookies belong to: `uin` is a letter and the padded number. */
export function cookieAccount(source = document.cookie) {
  const digits = /^[a-z]0*(\d+)$/.exec(readCookie("uin", source) ?? "");
  return digits ? Number(digits[1]) : null;
}

export function writeCookie(name, value) {
  document.cookie = `${name}=${value}; path=/; SameSite=Lax`;
}

/** Forgets the cookies that would sign this browser in again. */
export function dropSignInCookies() {
  for (const name of ["ptwebqq", "skey", "uin"]) document.cookie = `${name}=; path=/; max-age=0`;
}
