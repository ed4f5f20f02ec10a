/**
 * Pictures for faces: the character that means the same. A face without one is shown by its name, and so are
 * all where the system draws no coloured characters.
 */

const GLYPHS = new Map(
  Object.entries({
    0: "😲", 1: "😖", 2: "😍", 3: "😳", 4: "😎", 5: "😢", 6: "😊", 7: "🤐", 8: "😴", 9: "😭", 10: "😅", 11: "😡",
    12: "😜", 13: "😁", 14: "🙂", 21: "😘", 25: "🥶", 26: "😤", 27: "💑", 29: "⚽", 32: "🍉", 33: "🌹", 34: "🥀",
    36: "❤️", 37: "💔", 38: "🎂", 39: "🎁", 42: "☀️", 45: "🌙", 46: "👍", 47: "👎", 50: "🙁", 51: "🕶️", 53: "😫",
    54: "🤮", 55: "😱", 56: "😓", 57: "😄", 58: "💂", 59: "🐷", 62: "🤗", 63: "☕", 64: "🍚", 71: "🤝", 72: "💩",
    73: "🤭", 74: "☺️", 75: "🙄", 76: "😏", 77: "🤤", 78: "🥱", 79: "💪", 80: "🤬", 81: "❓", 82: "🤫", 83: "😵",
    86: "💀", 87: "🔨", 88: "👋", 90: "🌫️", 91: "⚡", 92: "💣", 93: "🔪", 94: "👩", 95: "✌️", 96: "😰", 99: "👏",
    101: "😈", 104: "😪", 106: "🥺", 107: "😿", 109: "😚", 110: "😨", 111: "😩", 113: "🍺", 114: "🏀", 115: "🏓",
    116: "💋", 117: "🐞", 118: "🙏", 120: "👊", 122: "🤟", 123: "🙅", 124: "👌", 134: "☯️", 135: "🐱", 137: "🧨",
    138: "🏮", 139: "🤑", 140: "🎤", 141: "🛍️", 142: "📧", 143: "🤩", 144: "🥂", 145: "🛐", 147: "🍭", 148: "🍼",
    149: "🍜", 150: "🍌", 151: "✈️", 152: "🚗", 153: "🚂", 154: "🚃", 156: "☁️", 157: "🌧️", 158: "💵", 159: "🐼",
    160: "💡", 161: "🎡", 162: "⏰", 163: "☂️", 164: "🎈", 165: "💍", 166: "🛋️", 167: "🧻", 168: "💊", 169: "🔫",
    170: "🐸", 171: "🥣", 172: "😉", 173: "😹", 174: "😮‍💨", 178: "😼", 179: "🐶", 180: "🤯", 182: "😂", 184: "🦀",
    185: "🦙", 187: "👻", 188: "🥚", 190: "🌼", 191: "🧼", 192: "🧧", 193: "😆", 194: "😞", 195: "😮", 197: "😐",
    201: "👍", 202: "😑", 204: "😋", 205: "💐", 206: "😧", 207: "🥰", 209: "😳", 210: "😂", 211: "🙈",
  }).map(([id, glyph]) => [Number(id), glyph]),
);

/** Whether this system draws characters in colour; asked of a canvas once, since no interface tells. */
function drawsColour() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return false;
  context.font = "12px sans-serif";
  context.fillText("😀", 0, 13);
  const { data } = context.getImageData(0, 0, 16, 16);
  return data.some((value, i) => i % 4 === 0 && data[i + 3] > 0 && value !== data[i + 2]);
}

/** Gives the glyph of a face, or undefined; of none where `isDrawn` is false. */
export class Glyphs {
  constructor(isDrawn = drawsColour()) {
    this.isDrawn = isDrawn;
  }

  of(face) {
    return this.isDrawn ? GLYPHS.get(face) : undefined;
  }
}
