/**
 * The faces of `["face", n]`: their numbers and names, as the service's own page listed them (WebQQ
 * protocol, face table). The newer phone faces have a Chinese name only.
 */

const FACES = [
  [0, "惊讶", "Surprise"], [1, "撇嘴", "Grimace"], [2, "色", "Drool"], [3, "发呆", "Scowl"],
  [4, "得意", "CoolGuy"], [5, "流泪", "Sob"], [6, "害羞", "Shy"], [7, "闭嘴", "Silent"],
  [8, "睡", "Sleep"], [9, "大哭", "Cry"], [10, "尴尬", "Awkward"], [11, "发怒", "Angry"],
  [12, "调皮", "Tongue"], [13, "呲牙", "Grin"], [14, "微笑", "Smile"], [21, "飞吻", "Blowkiss"],
  [23, "跳跳", "Waddle"], [25, "发抖", "Tremble"], [26, "怄火", "Aaagh"], [27, "爱情", "InLove"],
  [29, "足球", "Soccer"], [32, "西瓜", "Watermelon"], [33, "玫瑰", "Rose"], [34, "凋谢", "Wilt"],
  [36, "爱心", "Heart"], [37, "心碎", "BrokenHeart"], [38, "蛋糕", "Cake"], [39, "礼物", "Gift"],
  [42, "太阳", "Sun"], [45, "月亮", "Moon"], [46, "强", "Strong"], [47, "弱", "Weak"],
  [50, "难过", "Frown"], [51, "酷", "Ruthless"], [53, "抓狂", "Scream"], [54, "吐", "Puke"],
  [55, "惊恐", "Panic"], [56, "流汗", "Sweat"], [57, "憨笑", "Laugh"], [58, "大兵", "Commando"],
  [59, "猪头", "Pig"], [62, "拥抱", "Hug"], [63, "咖啡", "Coffee"], [64, "饭", "Rice"],
  [71, "握手", "Shake"], [72, "便便", "Poop"], [73, "偷笑", "Chuckle"], [74, "可爱", "Joyful"],
  [75, "白眼", "Slight"], [76, "傲慢", "Smug"], [77, "饥饿", "Hungry"], [78, "困", "Drowsy"],
  [79, "奋斗", "Determined"], [80, "咒骂", "Scold"], [81, "疑问", "Shocked"], [82, "嘘", "Shhh"],
  [83, "晕", "Dizzy"], [84, "折磨", "Tormented"], [85, "衰", "Toasted"], [86, "骷髅", "Skull"],
  [87, "敲打", "Hammer"], [88, "再见", "Wave"], [90, "雾"], [91, "闪电", "Lightning"],
  [92, "炸弹", "Bomb"], [93, "刀", "Dagger"], [94, "女人"], [95, "胜利", "Peace"],
  [96, "冷汗", "Blush"], [97, "擦汗", "Speechless"], [98, "抠鼻", "NosePick"],
  [99, "鼓掌", "Clap"], [100, "糗大了", "Shame"], [101, "坏笑", "Trick"],
  [102, "左哼哼", "Bah! L"], [103, "右哼哼", "Bah! R"], [104, "哈欠", "Yawn"],
  [105, "鄙视", "Pooh-pooh"], [106, "委屈", "Shrunken"], [107, "快哭了", "TearingUp"],
  [108, "阴险", "Sly"], [109, "亲亲", "Kiss"], [110, "吓", "Wrath"], [111, "可怜", "Whimper"],
  [112, "菜刀", "Cleaver"], [113, "啤酒", "Beer"], [114, "篮球", "Basketball"],
  [115, "乒乓", "PingPong"], [116, "示爱", "Lips"], [117, "瓢虫", "Ladybug"],
  [118, "抱拳", "Fight"], [119, "勾引", "Beckon"], [120, "拳头", "Fist"], [121, "差劲", "Pinky"],
  [122, "爱你", "RockOn"], [123, "NO", "NO"], [124, "OK", "OK"], [125, "转圈", "Twirl"],
  [126, "磕头", "Kotow"], [127, "回头", "Dramatic"], [128, "跳绳", "JumpRope"],
  [129, "挥手", "Surrender"], [130, "激动", "Exciting"], [131, "街舞", "HipHot"],
  [132, "献吻", "ShowLove"], [133, "左太极", "Tai Chi L"], [134, "右太极", "Tai Chi R"],
  [135, "招财猫"], [136, "双喜", "Congratulations"], [137, "鞭炮", "Firecracker"],
  [138, "灯笼", "Lantern"], [139, "发财", "Richer"], [140, "K歌", "Karaoke"],
  [141, "购物", "Shopping"], [142, "邮件", "Email"], [143, "帅", "Handsome"],
  [144, "喝彩", "Cheers"], [145, "祈祷", "Pray"], [146, "爆筋", "BlowUp"],
  [147, "棒棒糖", "Lolly"], [148, "喝奶", "Milk"], [149, "下面", "Noodles"],
  [150, "香蕉", "Banana"], [151, "飞机", "Plane"], [152, "开车", "Car"],
  [153, "左车头", "Locomotive"], [154, "车厢", "Train"], [155, "右车头", "Train Tail"],
  [156, "多云", "Cloudy"], [157, "下雨", "Rain"], [158, "钞票", "Dollor"], [159, "熊猫", "Panda"],
  [160, "灯泡", "Bulb"], [161, "风车", "Windmill"], [162, "闹钟", "Clock"],
  [163, "打伞", "Umbrella"], [164, "彩球", "Balloon"], [165, "钻戒", "Ring"],
  [166, "沙发", "Sofa"], [167, "纸巾", "toiletPaper"], [168, "药", "Pill"],
  [169, "手枪", "Pistol"], [170, "青蛙", "Frog"], [171, "粥"], [172, "眨眼睛"], [173, "泪奔"],
  [174, "无奈"], [175, "卖萌"], [176, "小纠结"], [177, "喷血"], [178, "斜眼笑"], [179, "doge"],
  [180, "惊喜"], [181, "骚扰"], [182, "笑哭"], [183, "我最美"], [184, "河蟹"], [185, "羊驼"],
  [187, "幽灵"], [188, "蛋"], [189, "马赛克"], [190, "菊花"], [191, "肥皂"], [192, "红包"],
  [193, "大笑"], [194, "不开心"], [195, "啊"], [196, "恐慌"], [197, "冷漠"], [198, "呃"],
  [199, "好棒"], [200, "拜托"], [201, "点赞"], [202, "无聊"], [203, "托脸"], [204, "吃"],
  [205, "送花"], [206, "害怕"], [207, "花痴"], [208, "小样儿"], [209, "脸红"], [210, "飙泪"],
  [211, "我不看"], [212, "托腮"],
];

const NAMES = new Map(FACES.map(([id, zh, en]) => [id, { zh, en: en ?? zh }]));
const IDS = new Map(FACES.flatMap(([id, zh, en]) => (en ? [[zh, id], [en, id]] : [[zh, id]])));

/** The number of every face, in the order of the service's own table. */
export const FACE_NUMBERS = Object.freeze(FACES.map(([id]) => id));

/**
 * The name of a face in "zh" or "en"; a number without a name is called what the old page called it.
 *
 * @param {number} id
 * @param {"zh"|"en"} language
 * @returns {string}
 */
export function faceName(id, language) {
  return NAMES.get(id)?.[language] ?? (language === "zh" ? "表情" : "face");
}

/**
 * The number of the face that a person means by this name in either language, or undefined.
 *
 * @param {string} name exactly as in the table, without brackets
 * @returns {number|undefined}
 */
export function faceByName(name) {
  return IDS.get(name);
}
