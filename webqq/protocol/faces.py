"""The faces: numbers of ``["face", n]`` and their names.

Source: WebQQ protocol, face table. Numbers with an English name are those of the service's own script; the
others come from newer phone clients (qqbot, 2017). Numbers that are not listed were unused.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["FACES", "FACE_PATTERN", "UNKNOWN_FACE", "FaceName", "face_by_name", "face_name"]

UNKNOWN_FACE = "表情"
"""The name shown for a number that has none."""

FACE_PATTERN = re.compile(r"\[([A-Za-z\u4e00-\u9fff]{1,20})\]")
"""A face in a person's text: its name in square brackets (the official syntax). Other names stay text."""


class FaceName(NamedTuple):
    """A face's names. ``en`` is empty for faces that have only a Chinese one."""

    zh: str
    en: str = ""


FACES: Mapping[int, FaceName] = MappingProxyType(
    {
        0: FaceName("惊讶", "Surprise"),
        1: FaceName("撇嘴", "Grimace"),
        2: FaceName("色", "Drool"),
        3: FaceName("发呆", "Scowl"),
        4: FaceName("得意", "CoolGuy"),
        5: FaceName("流泪", "Sob"),
        6: FaceName("害羞", "Shy"),
        7: FaceName("闭嘴", "Silent"),
        8: FaceName("睡", "Sleep"),
        9: FaceName("大哭", "Cry"),
        10: FaceName("尴尬", "Awkward"),
        11: FaceName("发怒", "Angry"),
        12: FaceName("调皮", "Tongue"),
        13: FaceName("呲牙", "Grin"),
        14: FaceName("微笑", "Smile"),
        21: FaceName("飞吻", "Blowkiss"),
        23: FaceName("跳跳", "Waddle"),
        25: FaceName("发抖", "Tremble"),
        26: FaceName("怄火", "Aaagh"),
        27: FaceName("爱情", "InLove"),
        29: FaceName("足球", "Soccer"),
        32: FaceName("西瓜", "Watermelon"),
        33: FaceName("玫瑰", "Rose"),
        34: FaceName("凋谢", "Wilt"),
        36: FaceName("爱心", "Heart"),
        37: FaceName("心碎", "BrokenHeart"),
        38: FaceName("蛋糕", "Cake"),
        39: FaceName("礼物", "Gift"),
        42: FaceName("太阳", "Sun"),
        45: FaceName("月亮", "Moon"),
        46: FaceName("强", "Strong"),
        47: FaceName("弱", "Weak"),
        50: FaceName("难过", "Frown"),
        51: FaceName("酷", "Ruthless"),
        53: FaceName("抓狂", "Scream"),
        54: FaceName("吐", "Puke"),
        55: FaceName("惊恐", "Panic"),
        56: FaceName("流汗", "Sweat"),
        57: FaceName("憨笑", "Laugh"),
        58: FaceName("大兵", "Commando"),
        59: FaceName("猪头", "Pig"),
        62: FaceName("拥抱", "Hug"),
        63: FaceName("咖啡", "Coffee"),
        64: FaceName("饭", "Rice"),
        71: FaceName("握手", "Shake"),
        72: FaceName("便便", "Poop"),
        73: FaceName("偷笑", "Chuckle"),
        74: FaceName("可爱", "Joyful"),
        75: FaceName("白眼", "Slight"),
        76: FaceName("傲慢", "Smug"),
        77: FaceName("饥饿", "Hungry"),
        78: FaceName("困", "Drowsy"),
        79: FaceName("奋斗", "Determined"),
        80: FaceName("咒骂", "Scold"),
        81: FaceName("疑问", "Shocked"),
        82: FaceName("嘘", "Shhh"),
        83: FaceName("晕", "Dizzy"),
        84: FaceName("折磨", "Tormented"),
        85: FaceName("衰", "Toasted"),
        86: FaceName("骷髅", "Skull"),
        87: FaceName("敲打", "Hammer"),
        88: FaceName("再见", "Wave"),
        90: FaceName("雾"),
        91: FaceName("闪电", "Lightning"),
        92: FaceName("炸弹", "Bomb"),
        93: FaceName("刀", "Dagger"),
        94: FaceName("女人"),
        95: FaceName("胜利", "Peace"),
        96: FaceName("冷汗", "Blush"),
        97: FaceName("擦汗", "Speechless"),
        98: FaceName("抠鼻", "NosePick"),
        99: FaceName("鼓掌", "Clap"),
        100: FaceName("糗大了", "Shame"),
        101: FaceName("坏笑", "Trick"),
        102: FaceName("左哼哼", "Bah! L"),
        103: FaceName("右哼哼", "Bah! R"),
        104: FaceName("哈欠", "Yawn"),
        105: FaceName("鄙视", "Pooh-pooh"),
        106: FaceName("委屈", "Shrunken"),
        107: FaceName("快哭了", "TearingUp"),
        108: FaceName("阴险", "Sly"),
        109: FaceName("亲亲", "Kiss"),
        110: FaceName("吓", "Wrath"),
        111: FaceName("可怜", "Whimper"),
        112: FaceName("菜刀", "Cleaver"),
        113: FaceName("啤酒", "Beer"),
        114: FaceName("篮球", "Basketball"),
        115: FaceName("乒乓", "PingPong"),
        116: FaceName("示爱", "Lips"),
        117: FaceName("瓢虫", "Ladybug"),
        118: FaceName("抱拳", "Fight"),
        119: FaceName("勾引", "Beckon"),
        120: FaceName("拳头", "Fist"),
        121: FaceName("差劲", "Pinky"),
        122: FaceName("爱你", "RockOn"),
        123: FaceName("NO", "NO"),
        124: FaceName("OK", "OK"),
        125: FaceName("转圈", "Twirl"),
        126: FaceName("磕头", "Kotow"),
        127: FaceName("回头", "Dramatic"),
        128: FaceName("跳绳", "JumpRope"),
        129: FaceName("挥手", "Surrender"),
        130: FaceName("激动", "Exciting"),
        131: FaceName("街舞", "HipHot"),
        132: FaceName("献吻", "ShowLove"),
        133: FaceName("左太极", "Tai Chi L"),
        134: FaceName("右太极", "Tai Chi R"),
        135: FaceName("招财猫"),
        136: FaceName("双喜", "Congratulations"),
        137: FaceName("鞭炮", "Firecracker"),
        138: FaceName("灯笼", "Lantern"),
        139: FaceName("发财", "Richer"),
        140: FaceName("K歌", "Karaoke"),
        141: FaceName("购物", "Shopping"),
        142: FaceName("邮件", "Email"),
        143: FaceName("帅", "Handsome"),
        144: FaceName("喝彩", "Cheers"),
        145: FaceName("祈祷", "Pray"),
        146: FaceName("爆筋", "BlowUp"),
        147: FaceName("棒棒糖", "Lolly"),
        148: FaceName("喝奶", "Milk"),
        149: FaceName("下面", "Noodles"),
        150: FaceName("香蕉", "Banana"),
        151: FaceName("飞机", "Plane"),
        152: FaceName("开车", "Car"),
        153: FaceName("左车头", "Locomotive"),
        154: FaceName("车厢", "Train"),
        155: FaceName("右车头", "Train Tail"),
        156: FaceName("多云", "Cloudy"),
        157: FaceName("下雨", "Rain"),
        158: FaceName("钞票", "Dollor"),
        159: FaceName("熊猫", "Panda"),
        160: FaceName("灯泡", "Bulb"),
        161: FaceName("风车", "Windmill"),
        162: FaceName("闹钟", "Clock"),
        163: FaceName("打伞", "Umbrella"),
        164: FaceName("彩球", "Balloon"),
        165: FaceName("钻戒", "Ring"),
        166: FaceName("沙发", "Sofa"),
        167: FaceName("纸巾", "toiletPaper"),
        168: FaceName("药", "Pill"),
        169: FaceName("手枪", "Pistol"),
        170: FaceName("青蛙", "Frog"),
        171: FaceName("粥"),
        172: FaceName("眨眼睛"),
        173: FaceName("泪奔"),
        174: FaceName("无奈"),
        175: FaceName("卖萌"),
        176: FaceName("小纠结"),
        177: FaceName("喷血"),
        178: FaceName("斜眼笑"),
        179: FaceName("doge"),
        180: FaceName("惊喜"),
        181: FaceName("骚扰"),
        182: FaceName("笑哭"),
        183: FaceName("我最美"),
        184: FaceName("河蟹"),
        185: FaceName("羊驼"),
        187: FaceName("幽灵"),
        188: FaceName("蛋"),
        189: FaceName("马赛克"),
        190: FaceName("菊花"),
        191: FaceName("肥皂"),
        192: FaceName("红包"),
        193: FaceName("大笑"),
        194: FaceName("不开心"),
        195: FaceName("啊"),
        196: FaceName("恐慌"),
        197: FaceName("冷漠"),
        198: FaceName("呃"),
        199: FaceName("好棒"),
        200: FaceName("拜托"),
        201: FaceName("点赞"),
        202: FaceName("无聊"),
        203: FaceName("托脸"),
        204: FaceName("吃"),
        205: FaceName("送花"),
        206: FaceName("害怕"),
        207: FaceName("花痴"),
        208: FaceName("小样儿"),
        209: FaceName("脸红"),
        210: FaceName("飙泪"),
        211: FaceName("我不看"),
        212: FaceName("托腮"),
    }
)
"""All known faces by number."""

_BY_NAME: Mapping[str, int] = MappingProxyType(
    {
        # Second names that qqbot uses.
        "劲爆": 146,
        "面条": 149,
        "高铁左车头": 153,
        "高铁右车头": 155,
        **{name.en: number for number, name in FACES.items() if name.en},
        **{name.zh: number for number, name in FACES.items()},
    }
)


def face_by_name(name: str) -> int | None:
    """Return the number of a face by its Chinese or English name, which must match exactly; ``None`` if
    unknown.
    """
    return _BY_NAME.get(name)


def face_name(number: int) -> str:
    """Return the Chinese name of a face, or :data:`UNKNOWN_FACE`."""
    face = FACES.get(number)
    return face.zh if face else UNKNOWN_FACE
