/** The answers of the sign-in hosts: one JavaScript call with single-quoted arguments, as text. */

/**
 * Takes `ptuiCB('0','0','http://…','0','text', 'nick');` apart. The arguments stay as they were written:
 * `\x00` is four characters here.
 *
 * @param {string} text
 * @returns {{name: string, args: string[]}}
 * @throws {SyntaxError} when the text is no such call
 */
export function parseJsCall(text) {
  const call = /^\s*([A-Za-z_$][\w$]*)\s*\((.*)\)\s*;?\s*$/s.exec(text);
  if (!call) throw new SyntaxError(`expected a JavaScript call, got ${text.length} characters`);
  // Quoted strings, not pieces between commas: a text argument may hold a comma, and a blank may precede a quote.
  const args = Array.from(call[2].matchAll(/'((?:[^'\\]|\\.)*)'/gs), (match) => match[1]);
  return { name: call[1], args };
}
