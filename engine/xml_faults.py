"""What is wrong with a file that is no XML, and what to do, in Chinese: by libxml2's error codes
(``xmlParserErrors``), with the names that stand in its English message."""

from __future__ import annotations

import re

from lxml.etree import ErrorTypes as Code

OTHERWISE = "这里不合 XML 的写法；请用产生这个文件的建模工具重新保存，或用文本编辑器改这一行。"

_SAVE = "请用建模工具重新保存。"
_ESCAPE = "文字里的 < 要写成 &lt;，& 要写成 &amp;。"
_CUT = "文件不完整，可能没有保存或上传完；请重新保存后再试。"

_SENTENCES: dict[int, str] = {
    Code.ERR_TAG_NAME_MISMATCH: "开始标签 <{0}>（第 {1} 行）与结束标签 </{2}> 不配对；"
    "请补上 </{0}>，或删去多余的标签。",
    Code.ERR_TAG_NOT_FINISHED: "标签 <{0}>（第 {1} 行）没有结束，文件就到头了；" + _CUT,
    Code.ERR_DOCUMENT_EMPTY: "文件里没有 XML 内容；请确认选对了文件（BPMN、DMN 以 < 开头）。",
    Code.ERR_DOCUMENT_END: "最后一个标签之后还有多余的内容；请删去，一个文件只有一个最外层标签。",
    Code.ERR_ATTRIBUTE_NOT_STARTED: "属性值没有加引号；请写成 名称=\"值\"。",
    Code.ERR_ATTRIBUTE_NOT_FINISHED: "属性值的引号没有配对；请补上引号。",
    Code.ERR_ATTRIBUTE_WITHOUT_VALUE: "属性 {0} 没有值；请写成 {0}=\"值\"，或删去。",
    Code.ERR_ATTRIBUTE_REDEFINED: "属性 {0} 写了两次；请删去一个。",
    Code.ERR_LT_IN_ATTRIBUTE: "属性值里有 <，或前面一个属性少了引号；" + _ESCAPE,
    Code.ERR_LTSLASH_REQUIRED: "结束标签不对，应以 </ 开头；" + _CUT,
    Code.ERR_GT_REQUIRED: "标签没有用 > 结束；请补上 >，或检查属性的写法。",
    Code.ERR_SPACE_REQUIRED: "两个属性之间要有空格；请补上。",
    Code.ERR_EQUAL_REQUIRED: "属性名后面要有 =；请补上。",
    Code.ERR_NAME_REQUIRED: "这里应是标签或属性的名称，但没有，或用了不能作名称的字符。" + _ESCAPE,
    Code.ERR_ENTITYREF_SEMICOL_MISSING: "& 后面不是完整的转义；" + _ESCAPE,
    Code.ERR_UNDECLARED_ENTITY: "不认识转义 &{0};；请换成字符本身，空格请直接输入。",
    Code.WAR_UNDECLARED_ENTITY: "不认识转义 &{0};；请换成字符本身，空格请直接输入。",
    Code.ERR_INVALID_CHAR: "有 XML 不允许的控制字符；请删去（多半是从别处粘贴来的）。",
    Code.ERR_INVALID_CHARREF: "转义里的字符编号不对；请换成字符本身。",
    Code.ERR_INVALID_HEX_CHARREF: "转义里的字符编号不对；请换成字符本身。",
    Code.ERR_INVALID_DEC_CHARREF: "转义里的字符编号不对；请换成字符本身。",
    Code.ERR_INVALID_ENCODING: "文字编码与文件头声明的不一致（多半是 GBK）；请另存为 UTF-8 编码。",
    Code.ERR_UNSUPPORTED_ENCODING: "文件头声明了不认识的编码；请另存为 UTF-8 编码。",
    Code.ERR_UNKNOWN_ENCODING: "文件头声明了不认识的编码；请另存为 UTF-8 编码。",
    Code.NS_ERR_UNDEFINED_NAMESPACE: "前缀 {0} 没有声明；请在最外层标签上补上 xmlns:{0}，"
    "或用建模工具重新保存。",
    Code.ERR_RESERVED_XML_NAME: "文件头 <?xml …?> 前面有多余的字符或空行；请删去，使它在最前面。",
    Code.ERR_XMLDECL_NOT_FINISHED: "文件头 <?xml …?> 没有写完；" + _SAVE,
    Code.ERR_COMMENT_NOT_FINISHED: "注释没有用 --> 结束；请补上。",
    Code.ERR_HYPHEN_IN_COMMENT: "注释里不能有 --；请改写。",
    Code.ERR_CDATA_NOT_FINISHED: "CDATA 没有用 ]]> 结束；请补上。",
    Code.ERR_MISPLACED_CDATA_END: "文字里不能有 ]]>；请写成 ]]&gt;。",
    Code.ERR_PI_NOT_FINISHED: "处理指令没有用 ?> 结束；请补上。",
    Code.ERR_RESOURCE_LIMIT: "标签嵌套太深，或内容太大，出于安全原因不接受；" + _SAVE,
}
_NAMES: dict[int, re.Pattern[str]] = {
    Code.ERR_TAG_NAME_MISMATCH: re.compile(r"mismatch: (\S+) line (\d+) and ([^\s,]+)"),
    Code.ERR_TAG_NOT_FINISHED: re.compile(r"in tag (\S+) line (\d+)"),
    Code.ERR_ATTRIBUTE_WITHOUT_VALUE: re.compile(r"for attribute ([^\s,]+)"),
    Code.ERR_ATTRIBUTE_REDEFINED: re.compile(r"Attribute (\S+) redefined"),
    Code.ERR_UNDECLARED_ENTITY: re.compile(r"Entity '([^']+)'"),
    Code.WAR_UNDECLARED_ENTITY: re.compile(r"Entity '([^']+)'"),
    Code.NS_ERR_UNDEFINED_NAMESPACE: re.compile(r"prefix (\S+)"),
}


def told(code: int, message: str) -> str:
    """The sentence for an error of the parser; ``OTHERWISE`` for one without a sentence of ours."""
    sentence, names = _SENTENCES.get(code, OTHERWISE), _NAMES.get(code)
    if names is None:
        return sentence
    found = names.search(message)
    return sentence.format(*found.groups()) if found else OTHERWISE
