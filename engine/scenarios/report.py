"""What a run of test cases came to, for a browser (HTML in one file) and for build servers
(JUnit's XML)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from engine.scenarios.coverage import DiagramCoverage
from engine.scenarios.drawing import STYLE, TIPS, draw
from engine.scenarios.player import Outcome

Verdict = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class Played:
    """One test case and how long it took."""

    outcome: Outcome
    seconds: float

    @property
    def verdict(self) -> Verdict:
        if self.outcome.failed:
            return "failed"
        return "undecided" if self.outcome.undecided else "passed"

    @property
    def reasons(self) -> list[str]:
        """Why it failed or is undecided, with the step."""
        one = self.outcome
        found = [] if one.step is None else [(one.step, one.zh)]
        found += [(note.step, note.zh) for note in one.undecided]
        return [f"第 {step.number} 步 {step.type}：{zh}" for step, zh in found]


WORDS: Mapping[Verdict, str] = {"passed": "通过", "failed": "失败", "undecided": "未判定"}


def page(
    played: Sequence[Played], figures: Sequence[DiagramCoverage], files: Mapping[str, Path]
) -> str:
    """One HTML page that asks for nothing else. ``files`` are the diagrams by the name that
    their figures carry."""
    counts = {word: sum(one.verdict == word for one in played) for word in WORDS}
    total = "，".join(f"{WORDS[word]} {count}" for word, count in counts.items() if count)
    return _PAGE.format(
        style=_STYLE + STYLE, tips=TIPS,
        total=escape(f"{len(played)} 个场景：{total or '无'}"),
        cases=_cases(played), coverage=_table(figures), drawings=_drawings(figures, files),
    )


def junit(played: Sequence[Played]) -> str:
    """The cases in JUnit's format: a suite for each file; what is undecided counts as
    skipped."""
    suites = "".join(_suite(file, cases) for file, cases in _by_file(played).items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'


def _by_file(played: Iterable[Played]) -> dict[str, list[Played]]:
    found: dict[str, list[Played]] = {}
    for one in played:
        found.setdefault(one.outcome.case.file, []).append(one)
    return found


def _suite(file: str, cases: Sequence[Played]) -> str:
    failures = sum(one.verdict == "failed" for one in cases)
    skipped = sum(one.verdict == "undecided" for one in cases)
    seconds = sum(one.seconds for one in cases)
    inside = "".join(_junit_case(file, one) for one in cases)
    return (
        f'<testsuite name={quoteattr(file)} tests="{len(cases)}" failures="{failures}" '
        f'errors="0" skipped="{skipped}" time="{seconds:.3f}">\n{inside}</testsuite>\n'
    )


def _junit_case(file: str, one: Played) -> str:
    text = _clean("\n".join(one.reasons))
    tag = {"failed": "failure", "undecided": "skipped", "passed": ""}[one.verdict]
    inside = (
        f"<{tag} message={quoteattr(text.partition(chr(10))[0])}>{xml(text)}</{tag}>"
        if tag else ""
    )
    return (
        f"<testcase classname={quoteattr(file)} name={quoteattr(_clean(one.outcome.case.name))} "
        f'time="{one.seconds:.3f}">{inside}</testcase>\n'
    )


def _clean(text: str) -> str:
    """Without the control characters that XML cannot carry."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")


def _cases(played: Iterable[Played]) -> str:
    parts = []
    for file, cases in _by_file(played).items():
        rows = "".join(_case(one) for one in cases)
        parts.append(f"<h3>{escape(file)}</h3><ul>{rows}</ul>")
    return "".join(parts)


def _case(one: Played) -> str:
    case = one.outcome.case
    about = f'<p class="quiet">{escape(case.description)}</p>' if case.description else ""
    why = "".join(f"<pre>{escape(reason)}</pre>" for reason in one.reasons)
    return (
        f'<li><b class="{one.verdict}-word">{WORDS[one.verdict]}</b> {escape(case.name)} '
        f'<span class="quiet">{one.seconds:.2f} 秒</span>{about}{why}</li>'
    )


def _table(figures: Iterable[DiagramCoverage]) -> str:
    rows = "".join(_row(one) for one in figures)
    return (
        "<table><thead><tr><th>流程</th><th>文件</th><th>覆盖率</th><th>节点</th><th>连线</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(one: DiagramCoverage) -> str:
    elements = one.elements - len(one.missed_elements)
    flows = one.flows - len(one.missed_flows)
    return (
        f"<tr><td>{escape(one.process_id)}</td><td>{escape(one.filename)}</td>"
        f'<td><meter min="0" max="100" value="{one.percent:.0f}">{one.percent:.0f}%</meter> '
        f"{one.percent:.0f}%</td><td>{elements}/{one.elements}</td>"
        f"<td>{flows}/{one.flows}</td></tr>"
    )


def _drawings(figures: Iterable[DiagramCoverage], files: Mapping[str, Path]) -> str:
    """Each file once, however many processes it has."""
    grouped: dict[str, list[DiagramCoverage]] = {}
    for one in figures:
        grouped.setdefault(one.filename, []).append(one)
    return "".join(_drawing(name, group, files) for name, group in grouped.items())


def _drawing(
    name: str, group: Sequence[DiagramCoverage], files: Mapping[str, Path]
) -> str:
    passed = {id_ for one in group for id_ in one.passed}
    path = files.get(name)
    picture = "" if path is None else draw(path.read_bytes(), name, passed)
    missed = [id_ for one in group for id_ in (*one.missed_elements, *one.missed_flows)]
    left = f'<p class="quiet">未经过：{escape("、".join(missed))}</p>' if missed else ""
    shown = f'<div class="sheet">{picture}</div>' if picture else (
        '<p class="quiet">这个文件没有图形信息，无法画出。</p>'
    )
    return f"<section><h3>{escape(name)}</h3>{shown}{left}</section>"


_STYLE = """
body{font:15px/1.6 "Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1c2127;
margin:0 auto;max-width:1200px;padding:1.5rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
ul{list-style:none;padding:0}li{padding:.3rem 0;border-bottom:1px solid #e4e7ea}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;
border-bottom:1px solid #e4e7ea}.quiet{color:#5d646d;margin:0}
pre{background:#f7f0ef;padding:.6rem;overflow:auto;white-space:pre-wrap;margin:.4rem 0}
.passed-word{color:#12783f}.failed-word{color:#b3261e}.undecided-word{color:#8a5300}
.sheet{overflow:auto;border:1px solid #e4e7ea}svg{display:block;max-width:none}
.key span{display:inline-block;width:.9rem;height:.9rem;border:2px solid var(--ink);
background:var(--fill);vertical-align:-.1rem;margin:0 .3rem 0 1rem}
"""
_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>场景测试报告</title><style>{style}</style></head><body>{tips}
<h1>场景测试报告</h1><p>{total}</p>
<h2>场景</h2>{cases}
<h2>覆盖率</h2>{coverage}
<h2>流程图</h2>
<p class="key"><span class="passed"></span>经过<span class="missed"></span>未经过</p>
{drawings}
</body></html>
"""
