"""The signs inside of BPMN's shapes, as SVG paths in a square from -1 to 1."""

from __future__ import annotations

from collections.abc import Mapping

_ENVELOPE = "M-.7-.5H.7V.5H-.7Z M-.7-.5L0 .1L.7-.5"
_SHEET = "M-.6-.7H.6V.7H-.6Z M-.4-.4H.4 M-.4 0H.4 M-.4.4H.4"

EVENTS: Mapping[str, str] = {
    "message": _ENVELOPE,
    "timer": "M0-.8A.8.8 0 1 1 0 .8A.8.8 0 1 1 0-.8 M0-.5V0L.4.25",
    "error": "M-.7.6L-.25-.5L.15.2L.7-.7L.3.6L-.1-.1Z",
    "escalation": "M0-.7L.55.65L0 .1L-.55.65Z",
    "signal": "M0-.7L.7.55H-.7Z",
    "conditional": _SHEET,
    "link": "M-.7-.25H.15V-.6L.75 0L.15.6V.25H-.7Z",
    "compensate": "M0-.5V.5L-.7 0Z M.7-.5V.5L0 0Z",
    "terminate": "M0-.6A.6.6 0 1 1 0 .6A.6.6 0 1 1 0-.6",
    "cancel": "M-.6-.6L.6.6 M.6-.6L-.6.6",
    "multiple": "M0-.7L.7-.15L.45.65H-.45L-.7-.15Z",
}
"""By the kind of the event definition."""

GATEWAYS: Mapping[str, str] = {
    "exclusiveGateway": "M-.45-.5L.45.5 M.45-.5L-.45.5",
    "parallelGateway": "M0-.65V.65 M-.65 0H.65",
    "inclusiveGateway": "M0-.55A.55.55 0 1 1 0 .55A.55.55 0 1 1 0-.55",
    "eventBasedGateway": "M0-.65A.65.65 0 1 1 0 .65A.65.65 0 1 1 0-.65 "
                         "M0-.4L.38-.12L.24.33H-.24L-.38-.12Z",
    "complexGateway": "M0-.65V.65 M-.65 0H.65 M-.45-.45L.45.45 M.45-.45L-.45.45",
}

TASKS: Mapping[str, str] = {
    "userTask": "M0-.75A.35.35 0 1 1 0-.05A.35.35 0 1 1 0-.75 M-.7.75Q-.7.1 0 .1Q.7.1.7.75Z",
    "serviceTask": "M0-.45A.45.45 0 1 1 0 .45A.45.45 0 1 1 0-.45 M0-.8V-.45 M0 .45V.8 "
                   "M-.8 0H-.45 M.45 0H.8 M-.57-.57L-.32-.32 M.32.32L.57.57 M.57-.57L.32-.32 "
                   "M-.32.32L-.57.57",
    "sendTask": f"{_ENVELOPE} M-.7-.3L0 .3L.7-.3",
    "receiveTask": _ENVELOPE,
    "scriptTask": _SHEET,
    "manualTask": "M-.75-.1H.2Q.6-.1.6.2Q.6.6.2.6H-.75Z",
    "businessRuleTask": "M-.75-.55H.75V.55H-.75Z M-.75-.2H.75 M-.3-.2V.55",
}
