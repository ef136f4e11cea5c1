from __future__ import annotations

import pytest

from engine import privacy


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "13812345678", "138****5678"),
        ("phone", "057188881234", "057*****1234"),
        ("phone", "10086", "***86"),
        ("phone", "110", "***"),
        ("phone", "", ""),
        ("phone", 13812345678, "138****5678"),
        ("name", "张三", "张*"),
        ("name", "王小明", "王**"),
        ("name", "欧阳娜娜", "欧阳**"),
        ("name", "王", "王*"),
        ("name", "", ""),
        ("id", "330106199001011234", "330*************34"),
        ("id", "1234567", "*******"),
        ("email", "zhang.san@example.com", "z***@example.com"),
        ("email", "nonsense", "n*******"),
        ("address", "浙江省杭州市西湖区文三路一号", "浙江省杭州市********"),
        ("text", "请回电13812345678或0571-88881234", "请回电138****5678或0571-88881234"),
        ("text", "+86 138-1234-5678", "138****5678"),
        ("text", "身份证33010619900101123X。", "身份证330*************3X。"),
        ("text", "写信到 san@example.com", "写信到 s***@example.com"),
        ("text", "订单 2026112213812345678901", "订单 2026112213812345678901"),
        ("phone", None, None),
        ("phone", True, True),
        ("phone", ["13812345678", None], ["138****5678", None]),
        (None, "13812345678", "13812345678"),
    ],
)
def test_masks(kind: str | None, value: object, shown: object) -> None:
    assert privacy.masked(value, kind) == shown


def test_a_mask_never_shows_a_whole_value() -> None:
    for kind, mask in privacy.MASKS.items():
        if kind != "text":
            for value in ("1", "ab", "王小明", "13812345678", "a@b.cn", "330106199001011234"):
                assert mask(value) != value, (kind, value)
