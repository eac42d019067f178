"""The words around a number that say whether it is money, and how exactly it is meant."""

from __future__ import annotations

import re

from actions.facts.reading import any_of

NEAR = 48  # characters before a number that are looked at

# What is counted or measured, dated or timed, is no amount.
_COUNTED_THINGS = any_of(
    "times? days? weeks? months? years? hours? hrs? minutes? mins? seconds? o'clock transactions? payments? purchases?"
    " transfers? items? entries entry things? people pieces? pairs? percent per_cent points? stars? nights? working"
    " business of_(?:them|these|those) separate tickets? charges? digits? more different small identical other calendar"
    " coffees? january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sept? oct nov dec"
)
_COUNTED_HAN = any_of(
    "个(?!亿) 笔 次 天 人 小时 钟 点 分 秒 号 日 月 年 遍 回 张 件 份 单 位 家 周 星期 礼拜 倍 折 台 条 页 只 名 岁 楼 层"
    " 路 线 届 期 级 星 顿 趟 杯 箱 度 斤 公里 米 成 类 样 些 下 会儿 直 般 共 定 起 两 几 切 旦 味 边 面 方 种 时 工作"
)
COUNTED = re.compile(
    rf"\s?(?:st|nd|rd|th|am|pm|a\.m|p\.m|%|°|x)(?![a-z])|\s?(?::\d|/\d|-\d)|\s(?:{_COUNTED_THINGS})\b"
    rf"|\s?(?:{_COUNTED_HAN})|[-/•*_]",
    re.IGNORECASE,
)

# What is numbered is none either.
_NUMBERED_THINGS = any_of(
    "no\\.? nr\\.? number id ref(?:erence)? order ticket transaction txn trx ending(?:_in|_with)?"
    " last_(?:four|4)(?:_digits)? version iphone android ios room flat platform line bus flight route page in since year"
    " code phone app windows"
)
_NUMBERED_HAN = any_of("第 尾号 尾数 后四位 末四位 单号 订单 编号 流水号 凭证号 卡号 账号 电话 手机 热线 号码 号")
NUMBERED = re.compile(
    rf"(?:{_NUMBERED_HAN}|(?<![a-z])(?:{_NUMBERED_THINGS})|#)\s*(?:is|are|是|:|为)?\s*$", re.IGNORECASE
)

# Words after which a bare number is money.
_PAID_WORDS = any_of(
    "paid pay paying sent send sending charged? charging charge_of charges?_for spent spend took takes? taken taking"
    " transferr?(?:ed)? transfer_of debit(?:ed)? debit_of received receive amount(?:_of)? sum_of total(?:_of)?"
    " payment_of purchase_of refund(?:ed)?(?:_of)? deposit(?:ed)?(?:_of)? withdrew withdrawal_of withdraw"
    " topp?(?:ed|ing)?[_-]up added authori[sz]ed worth billed costs? invoiced transaction_of there_for afford owe[ds]?"
    " price_of put_(?:in|on) credited cover_a have_i_got check_of tip_of put typed gave advance_of for"
)
_BETWEEN_WORDS = any_of(
    "me you him her them us off_me from_me back in out another only just exactly almost nearly about around over roughly"
    " up_to at_least more_than less_than under above below some a an the of by with"
)
_PAID_HAN = any_of(
    "付 转 扣 花 收 充 提 退 打 汇 给 刷 存 取 差 少 多 欠 还 够 买 交 找 剩 省 投 借 领 使 俾 畀 碌 金额 总共 一共 消费"
    " 支付 变"
)
_BETWEEN_HAN = any_of(
    "了 过 出 出去 去 来 到 进 走 掉 完 成 错 我 我的 你 他 她 它 人家 给 是 为 的 多 超过 不到 大概 大约 约 差不多 才 就"
    " 只 我卡里 卡 值"
)
PAID = re.compile(
    rf"\b(?:{_PAID_WORDS})\s+(?:(?:{_BETWEEN_WORDS})\s+){{0,3}}$"
    r"|(?:付|转|给|打|汇)[^,.!?。]{0,12}的\s?$|(?:打|输|按|写|点)成\s?$"
    rf"|(?:{_PAID_HAN})(?:{_BETWEEN_HAN}){{0,4}}\s?$"
    r"|(?:那|这|一|有|该|哪|两|几|嗰|呢)?(?:笔|单|条数)(?:是|为|的)?\s?$",
    re.IGNORECASE,
)
FOR = re.compile(r"\bfor $", re.IGNORECASE)  # "book a table for six"

# Words behind a number that make it money: 200那笔, "the 300 one".
THAT_ONE = re.compile(
    r"\s?的?(?:那|这|嗰|呢)一?(?:笔|单)|\s?的?(?:交易|付款|消费|支付|转账|扣款|进账|入账|退款)"
    r"|\s+(?:one|payment|charge|transfer|transaction|purchase|refund|debit|worth)\b",
    re.IGNORECASE,
)
# "the 300 I sent", "my client's 350 is listed": but not "the 2 of us", "the 2026 report".
THE = re.compile(r"(?:\b(?:the|my|his|her|their|our|this|that)|'s)\s$", re.IGNORECASE)
THE_AFTER = re.compile(
    r"\s(?:from|i|my|he|she|we|they|is|was|has|hasn't|isn't|wasn't|that|which|to|for|at|didn't)\b|\s?[?.!]?$",
    re.IGNORECASE,
)
PLAINLY = re.compile(r"\d+[.,]\d{2}|\d.*[k千万亿].?", re.IGNORECASE)  # 49.90, 1.5万: written as money is
# Chinese numerals that are mostly parts of other words.
NOT_ALONE = frozenset("一 两 二 十 千万 百万 万一".split())
TOGETHER = re.compile(r"一块儿?(?!钱)|一刀")  # "together"; "a cut"

# How exactly it is meant.
ABOUT = re.compile(
    rf"(?:{any_of('about around roughly approximately approx\\.? some ~ 大概 大约 约 差不多 将近 nearly almost')})\s?$",
    re.IGNORECASE,
)
ABOUT_AFTER = re.compile(r"\s?(?:左右|上下|或者|or so|ish\b)", re.IGNORECASE)
ODD = re.compile(r"[多几来]")  # 一百多: a hundred and something
OVER = re.compile(
    rf"(?:{any_of('over above more_than at_least exceeding (?<!不)超过 (?<!不)大于 (?<!不)高于 多于 不少于 至少 >')})\s?$",
    re.IGNORECASE,
)
OVER_AFTER = re.compile(r"\s?以上|\s?or more")
UNDER = re.compile(
    rf"(?:{any_of('under below less_than at_most up_to 不到 低于 (?<!不)少于 小于 不超过 不大于 不高于 最多 <')})\s?$",
    re.IGNORECASE,
)
UNDER_AFTER = re.compile(r"\s?以(?:下|内)|\s?or less")

# Smaller coins: 三块五, ten euros 50, 50p, 五毛.
TENTH = re.compile(r"(?P<tenth>[1-9一二三四五六七八九])[毛角]?(?![\d零一二两三四五六七八九十百千万个笔次天点号分])")
HUNDREDTHS = re.compile(r"\s(?:and )?(?P<cents>\d{2})(?=\s?(?:cents?|pence|p)?\b)(?![\d:/.,])", re.IGNORECASE)
SMALL_COIN = re.compile(r"\s?(?:(?P<hundredth>cents?\b|pence\b|p\b(?!\.?m))|毛钱?|角钱)", re.IGNORECASE)
