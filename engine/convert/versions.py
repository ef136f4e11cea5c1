"""Which version a reference means, and whose: bindings and tenants."""

from __future__ import annotations

from engine.convert.context import Work
from engine.convert.foreign import Node, take
from engine.convert.juel import has_expression
from engine.convert.report import shown

_BOUND = {"latest": None, "deployment": "deployment", "versionTag": "versionTag"}


def binding(
    work: Work, node: Node, prefix: str, same: bool
) -> tuple[str | None, str | None]:
    """``bindingType`` and ``versionTag`` for the attributes that begin with ``prefix``; ``same``:
    of the same deployment where nothing else is said."""
    kind = take(node, f"{prefix}Binding")
    version, tag = take(node, f"{prefix}Version"), take(node, f"{prefix}VersionTag")
    if kind == "version" or (version is not None and kind is None):
        work.report.decide(
            node, "binding-version",
            (
                f"绑定第 {version} 版；版本号在这里没有意义，已改为按版本标签绑定，标签待填。",
                f"binds version {version}; that number means nothing here. It binds a version tag "
                "now, which is to be filled in.",
            ),
            (
                "改为最新版、同一部署，或给被调用的文件加版本标签后按标签绑定。",
                "Bind the latest, the same deployment, or a version tag of the called file.",
            ),
        )  # fmt: skip
        return "versionTag", None
    if kind == "versionTag":
        if tag is not None and has_expression(tag):
            work.report.decide(
                node, "binding-version",
                (f"的版本标签“{tag}”是表达式。", f"has the version tag “{tag}”, an expression."),
                ("填写固定的版本标签。", "Fill in a fixed version tag."),
            )  # fmt: skip
        return "versionTag", tag or ""
    return ("deployment" if same else _BOUND.get(kind or "latest")), None


def tenant(work: Work, node: Node, name: str | None) -> None:
    """Report a tenant, of which there are none here."""
    if name is not None:
        work.report.check(
            node, "tenant",
            (
                f"指定了租户“{shown(name)}”，这里没有租户，已去掉。",
                f"names the tenant “{shown(name)}”; there are no tenants here, dropped.",
            ),
            (
                "若各租户的定义不同，给它们不同的标识。",
                "Give the tenants' definitions different ids if they differ.",
            ),
        )  # fmt: skip
