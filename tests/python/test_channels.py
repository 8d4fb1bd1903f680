"""What brought a visitor: small streams of raw events, built by dbt together, one test a rule."""

import csv
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from dbt_runs import PROJECT

Row = dict[str, Any]

SHOP = "https://shop.example/"
NOON = datetime(2026, 1, 5, 12)

MARTS_PAGE = (PROJECT / "docs" / "marts.md").read_text(encoding="utf-8")
with (PROJECT / "seeds" / "click_id_parameters.csv").open(newline="") as seed:
    CLICK_IDS = {row["parameter"]: row for row in csv.DictReader(seed)}

# What the address of the landing page says, and the channel.
ADDRESSES = {
    "?utm_source=google&utm_medium=cpc": "paid_search",
    "?utm_source=google&utm_medium=paid": "paid_search",
    "?utm_source=fb&utm_medium=cpc": "paid_social",
    "?utm_source=ig&utm_medium=paid": "paid_social",
    "?utm_source=Instagram_Ads&utm_medium=CPM": "paid_social",
    "?utm_source=linkedin.com&utm_medium=ppc": "paid_social",
    "?utm_source=x&utm_medium=paid-social": "paid_social",
    "?utm_source=meta&utm_medium=Paid%20Social": "paid_social",
    "?utm_source=crm&utm_medium=e_mail": "email",
    "?utm_source=crm&utm_medium=E-Mail": "email",
    "?utm_source=news.example&utm_medium=referral": "referral",
    "?utm_source=taboola&utm_medium=native": "display",
    "?UTM_SOURCE=crm&Utm_Medium=email": "email",
    "#utm_source=crm&utm_medium=email": "email",
    "#/offers?utm_source=crm&utm_medium=email": "email",
    "?utm_source=crm#utm_medium=email": "email",
    "?a=1&amp;utm_source=crm&amp;utm_medium=email": "email",
    "?utm_source=%20crm%20&utm_medium=+email+": "email",
    "?utm_source=&utm_source=crm&utm_medium=email": "email",
    "?utm_source=(direct)&utm_medium=(none)": "direct",
    "?utm_source=(not%20set)&utm_medium=(not+set)&utm_campaign=(not set)": "direct",
    "?utm_source=null&utm_medium=undefined": "direct",
    "?utm_source=direct&utm_medium=none&utm_campaign=%20": "direct",
    "?utm_source=%24direct": "direct",
    "?utm_campaign={{campaign.name}}": "direct",
    "?utm_campaign=spring": "other_campaign",
    "?utm_source=somebody": "other_campaign",
    "?utm_source=klaviyo": "email",
    "?utm_source=klaviyo&utm_medium=sms": "other_campaign",
    "?utm_source=newsletter&utm_medium=cpa": "paid_other",
    "?utm_source=facebook": "organic_social",
    "?utm_source=youtube&utm_medium=video": "organic_social",
    "?utm_source=whatsapp&utm_medium=push": "other_campaign",
    "?gclid=Abc": "paid_search",
    "?GCLID=Abc": "paid_search",
    "?gbraid=Abc": "paid_search",
    "?wbraid=Abc": "paid_search",
    "?msclkid=0123": "paid_search",
    "?yclid=0123": "paid_search",
    "?dclid=Abc": "display",
    "?ttclid=Abc": "paid_social",
    "?twclid=Abc": "paid_social",
    "?li_fat_id=Abc": "paid_social",
    "?ScCid=Abc": "paid_social",
    "?epik=Abc": "paid_social",
    "?rdt_cid=Abc": "paid_social",
    "?fbclid=IwAR1": "organic_social",
    "?fbclid=PAZ1&utm_source=ig&utm_medium=social": "organic_social",
    "?fbclid=IwAR1&utm_source=fb&utm_medium=paid": "paid_social",
    "?srsltid=Abc": "organic_search",
    "?srsltid=Abc&gclid=Abc": "paid_search",
    "?gclid=null": "direct",
    "?gclid={gclid}&dclid=null&msclkid=0123": "paid_search",
    "?gclid=%7Bgclid%7D&fbclid=IwAR1": "organic_social",
    "?page=1?utm_source=crm&utm_medium=email?fbclid=IwAR1": "email",
    "?utm_source=google&utm_medium=cpc%0A": "paid_search",
    "?utm_source=google&utm_medium=organic%20search": "organic_search",
    "?utm_source=google&utm_medium=cpc&fbclid=IwAR1": "paid_search",
    "?utm_source={{site_source_name}}&utm_medium=cpc&fbclid=IwAR1": "paid_social",
    "?utm_source=__PLACEMENT__&utm_medium=paid&ttclid=Abc": "paid_social",
    "?utm_source=[source]&utm_medium=%25medium%25": "direct",
    "?utm_source=%25%25source%25%25&utm_campaign=*%7CCAMPAIGN%7C*": "direct",
    "?utm_source=an&utm_medium=cpc": "paid_social",
    "?utm_source=spring&utm_medium=cpc&gclid=Abc": "paid_search",
    "?utm_source=taboola&utm_medium=cpc": "display",
    "?utm_source=rtb-house&utm_medium=cpc": "retargeting",
    "?utm_source=google&utm_medium=remarketing-display": "retargeting",
    "?utm_source=crm&utm_medium=email_campaign": "email",
    "?utm_source=awin&utm_medium=affiliate_link": "affiliate",
    "?irclickid=Abc": "affiliate",
    "?utm_source=chatgpt.com": "ai_assistant",
    "?utm_source=ChatGPT": "ai_assistant",
    "?utm_source=openai": "ai_assistant",
    "?utm_source=chat.openai.com": "ai_assistant",
    "?utm_source=perplexity": "ai_assistant",
    "?utm_source=perplexity.ai&utm_medium=referral": "ai_assistant",
    "?utm_source=www.perplexity.ai": "ai_assistant",
    "?utm_source=gemini": "ai_assistant",
    "?utm_source=gemini.google.com&utm_medium=organic": "ai_assistant",
    "?utm_source=copilot": "ai_assistant",
    "?utm_source=copilot.com": "ai_assistant",
    "?utm_source=copilot.microsoft.com": "ai_assistant",
    "?utm_source=microsoft-copilot": "ai_assistant",
    "?utm_source=claude": "ai_assistant",
    "?utm_source=claude.ai": "ai_assistant",
    "?utm_source=deepseek": "ai_assistant",
    "?utm_source=chat.deepseek.com&utm_medium=ai": "ai_assistant",
    "?utm_source=poe": "ai_assistant",
    "?utm_source=poe.com": "ai_assistant",
    "?utm_source=grok.com": "ai_assistant",
    "?utm_source=chat.mistral.ai": "ai_assistant",
    "?utm_source=somebody&utm_medium=ai-assistant&utm_campaign=(ai-assistant)": "ai_assistant",
    "?utm_source=notpoe.com": "other_campaign",
    "?utm_source=claude.ai.example.com": "other_campaign",
    "?utm_source=foo-chatgpt.com": "other_campaign",
    "?utm_source=chatgptxcom": "other_campaign",
    "?utm_source=claudette": "other_campaign",
    "?utm_source=chatgpt.com&utm_medium=cpc": "paid_search",
    "?utm_source=chatgpt.com&utm_medium=paid": "paid_other",
    "?utm_source=chatgpt.com&oppref=Abc": "paid_other",
    "?utm_source=gemini&utm_medium=native": "display",
    "?utm_source=chatgpt.com&gclid=Abc": "paid_search",
    "?utm_source=chatgpt.com&fbclid=IwAR1": "organic_social",
    "?utm_source=claude&utm_medium=email": "email",
    "?utm_source=&utm_medium=paid&ldtag_cl=Abc": "paid_social",
}

# What the referrer of the landing page says.
REFERRERS = {
    "https://www.google.com/": "organic_search",
    "https://WWW.Google.co.uk:443/search?q=x": "organic_search",
    "https://images.google.de/": "organic_search",
    "android-app://com.google.android.googlequicksearchbox/https/www.google.com": "organic_search",
    "https://search.brave.com/": "organic_search",
    "https://de.search.yahoo.com/": "organic_search",
    "https://duckduckgo.com/": "organic_search",
    "https://yandex.ru/": "organic_search",
    "https://search.example/": "organic_search",
    "https://chatgpt.com/": "ai_assistant",
    "https://chat.openai.com/c/1": "ai_assistant",
    "https://www.perplexity.ai/search?q=x": "ai_assistant",
    "https://perplexity.ai/": "ai_assistant",
    "https://gemini.google.com/app": "ai_assistant",
    "https://bard.google.com/": "ai_assistant",
    "https://copilot.microsoft.com/": "ai_assistant",
    "https://edgeservices.bing.com/edgesvc/chat": "ai_assistant",
    "https://claude.ai/chat/1": "ai_assistant",
    "https://chat.deepseek.com/": "ai_assistant",
    "https://www.deepseek.com/": "ai_assistant",
    "https://poe.com/": "ai_assistant",
    "https://grok.com/": "ai_assistant",
    "https://www.meta.ai/": "ai_assistant",
    "https://chat.mistral.ai/": "ai_assistant",
    "https://duck.ai/": "ai_assistant",
    "https://yiyan.baidu.com/": "ai_assistant",
    "android-app://com.openai.chatgpt/": "ai_assistant",
    "android-app://com.google.android.apps.bard/": "ai_assistant",
    "https://notpoe.com/": "referral",
    "https://poe.com.example.com/": "referral",
    "https://claude.ai.example.com/": "referral",
    "https://foo-chatgpt.com/": "referral",
    "https://chatgptxcom.example/": "referral",
    "https://openai.com/blog": "referral",
    "https://github.com/copilot": "referral",
    "https://www.bing.com/search?q=x": "organic_search",
    "https://mail.google.com/mail/u/0/": "email",
    "android-app://com.google.android.gm/": "email",
    "https://mail.yahoo.com/": "email",
    "https://outlook.live.com/": "email",
    "https://outlook.office365.com/": "email",
    "https://navigator.gmx.net/": "email",
    "https://webmail.provider.example/": "email",
    "https://eur02.safelinks.protection.outlook.com/?url=x": "email",
    "https://urldefense.com/v3/": "email",
    "https://docs.google.com/": "referral",
    "https://translate.google.com/": "referral",
    "https://notgoogle.com/": "referral",
    "https://l.facebook.com/": "organic_social",
    "https://t.co/abc": "organic_social",
    "https://www.googleadservices.com/pagead/aclk": "paid_search",
    "https://googleads.g.doubleclick.net/": "display",
    "https://clickserve.dartsearch.net/link/click": "paid_search",
    "https://accounts.google.com/": "direct",
    "https://accounts.google.de/": "direct",
    "https://appleid.apple.com/": "direct",
    "https://login.microsoftonline.com/": "direct",
    "https://tenant.eu.auth0.com/": "direct",
    "https://tenant.okta.com/": "direct",
    "https://login.provider.example/": "direct",
    "https://pay.google.com/": "direct",
    "https://www.paypal.com/": "direct",
    "https://www.paypal.de/": "direct",
    "https://WWW.PAYPAL.COM/checkoutnow": "direct",
    "https://checkout.stripe.com/": "direct",
    "https://hooks.stripe.com/3d_secure": "direct",
    "https://pay.klarna.com:8443/": "direct",
    "https://checkoutshopper-live.adyen.com/": "direct",
    "https://www.mollie.com/": "direct",
    "https://acs.bank.example/": "direct",
    "https://pubs.acs.org/doi/10.1021/x": "referral",
    "https://3ds.bank.example/": "direct",
    "http://localhost:3000/": "direct",
    "http://127.0.0.1:8080/": "direct",
    "http://[::1]:8080/": "direct",
    "https://shop.example/cart": "direct",
    "https://www.Shop.example./cart": "direct",
    "https://shop-example.translate.goog/cart": "direct",
    "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/index.html": "direct",
    "https://api.x.com/oauth/authenticate": "direct",
    "https://giropay.bank.example/": "direct",
    "https://checkout.shop.example/": "direct",
    "https://shop.example:8443/": "direct",
    "https://blog.example/": "referral",
    "https://bad-shop.example/": "referral",
}

# What the crawlers of the assistants' companies call themselves. Google-Extended is a word of robots.txt, no agent.
CRAWLERS = [
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; ChatGPT-User/1.0)",
    "OAI-SearchBot/1.0",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 (compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
    "Claude-SearchBot/1.0",
    "Mozilla/5.0 (compatible; Claude-Web/1.0)",
    "anthropic-ai",
    "Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
    "Mozilla/5.0 (compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider)",
    "meta-externalagent/1.1",
    "meta-externalfetcher/1.1",
    "meta-webindexer/1.1",
    "Mozilla/5.0 (compatible; DeepSeekBot/1.0)",
    "Mozilla/5.0 (compatible; GoogleOther)",
    "Google-CloudVertexBot",
    "Mozilla/5.0 (compatible; Gemini-Deep-Research)",
    "Mozilla/5.0 (compatible; Google-NotebookLM)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Amazonbot/0.1)",
    "Mozilla/5.0 (compatible; Amzn-User/0.1)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) (Applebot/0.1)",
    "Mozilla/5.0 (compatible; MistralAI-User/1.0)",
    "DuckAssistBot/1.1",
    "Mozilla/5.0 (compatible; YouBot/1.0)",
    "cohere-ai",
]

# What a person's browser calls itself.
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/5.0 (Linux; Android 14; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile",
    "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 (KHTML, like Gecko) Claude/1.0 Chrome/141.0.0.0 Electron/38.0",
]

# Pages and referrers of one owner, and of two.
SITES = {
    ("https://www.shop.co.uk/", "https://pay.shop.co.uk/"): "direct",
    ("https://shop.co.uk/", "https://other.co.uk/"): "referral",
    ("https://a.myshopify.com/", "https://b.myshopify.com/"): "referral",
    ("https://shop.com.au/", "https://blog.shop.com.au/"): "direct",
}


def event(anonymous_id: str, second: float, **columns: Any) -> Row:
    """Give a raw event of an id, some seconds after noon."""
    return {"anonymous_id": anonymous_id, "occurred_at": (NOON + timedelta(seconds=second)).isoformat(), **columns}


def order(anonymous_id: str, second: float) -> Row:
    """Give the raw event of an order."""
    return event(
        anonymous_id, second, event_name="order_completed", order_id=f"o-{anonymous_id}", revenue="10", currency="EUR"
    )


STREAMS = {
    "organic then paid": [
        event("organic then paid", 0, page_url=SHOP, referrer="https://www.google.com/"),
        event("organic then paid", 10, page_url=f"{SHOP}?gclid=Abc", referrer="https://www.google.com/"),
        order("organic then paid", 1200),
    ],
    "paid, then sign-in and payment": [
        event("paid, then sign-in and payment", 0, page_url=f"{SHOP}?utm_source=google&utm_medium=cpc"),
        event("paid, then sign-in and payment", 60, page_url=SHOP, referrer="https://accounts.google.com/"),
        event("paid, then sign-in and payment", 120, page_url=SHOP, referrer="https://www.paypal.com/"),
        order("paid, then sign-in and payment", 130),
    ],
    "payment first": [
        event("payment first", 0, page_url=SHOP, referrer="https://www.paypal.com/"),
        event("payment first", 60, page_url=f"{SHOP}?utm_source=crm&utm_medium=email"),
        order("payment first", 70),
    ],
    "one page, first referrer kept": [
        event("one page, first referrer kept", 0, page_url=f"{SHOP}?gclid=Abc", referrer="https://www.google.com/"),
        event("one page, first referrer kept", 60, page_url=f"{SHOP}b", referrer="https://www.google.com/"),
        order("one page, first referrer kept", 70),
    ],
    "placeholder after paid": [
        event("placeholder after paid", 0, page_url=f"{SHOP}?gclid=Abc"),
        event("placeholder after paid", 60, page_url=f"{SHOP}?utm_source=(direct)&utm_medium=(none)"),
        order("placeholder after paid", 70),
    ],
    "order before its page view": [
        order("order before its page view", 0),
        event("order before its page view", 2, page_url=f"{SHOP}?utm_source=crm&utm_medium=email"),
    ],
    "campaign long after the order": [
        order("campaign long after the order", 0),
        event("campaign long after the order", 600, page_url=f"{SHOP}?utm_source=crm&utm_medium=email"),
    ],
}

# Two devices of one login; the first one's cookie names the person. What lacks consent is of the cookie alone.
EMAIL = f"{SHOP}?utm_source=crm&utm_medium=email"
WITHOUT_CONSENT = {
    "named, orders without": [
        event("named, orders without 1", 0, user_id="ann"),
        event("named, orders without 2", 3600, user_id="ann", page_url=EMAIL),
        order("named, orders without 1", 7200) | {"has_consent": "false"},
    ],
    "named, campaign without": [
        event("named, campaign without 1", 0, user_id="bob"),
        event("named, campaign without 1", 3600, page_url=EMAIL, has_consent="false"),
        order("named, campaign without 2", 7200) | {"user_id": "bob"},
    ],
    "other, campaign without": [
        event("other, campaign without 1", 0, user_id="cleo"),
        event("other, campaign without 2", 60, user_id="cleo"),
        event("other, campaign without 2", 3600, page_url=EMAIL, has_consent="false"),
        order("other, campaign without 1", 7200),
    ],
}

LAST_TOUCHES = {
    "organic then paid": ("organic_search", "paid_search"),
    "paid, then sign-in and payment": ("paid_search", "paid_search"),
    "payment first": ("email", "email"),
    "one page, first referrer kept": ("paid_search", "paid_search"),
    "placeholder after paid": ("paid_search", "paid_search"),
    "order before its page view": ("email", "email"),
    "campaign long after the order": ("email", "direct"),
}


@pytest.fixture(scope="module")
def channels(build_graph: Callable[..., duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Give the build of all streams."""
    events = [
        *(event(f"address {number}", 0, page_url=SHOP + name) for number, name in enumerate(ADDRESSES)),
        *(event(f"referrer {number}", 0, page_url=SHOP, referrer=name) for number, name in enumerate(REFERRERS)),
        *(event(f"click {name}", 0, page_url=f"{SHOP}?{name}=Abc") for name in CLICK_IDS),
        *(event(json.dumps([page, referrer]), 0, page_url=page, referrer=referrer) for page, referrer in SITES),
        *(row for stream in (*STREAMS.values(), *WITHOUT_CONSENT.values()) for row in stream),
        event("one visit", 0, session_id="v1"),
        event("one visit", 60, session_id="v1"),
        event("one visit", 90),
        event("two visits", 0, session_id="v1"),
        event("two visits", 60, session_id="v2"),
    ]
    return build_graph(events, models=["+sessions", "+attributed_conversions"])


def channel_of(channels: duckdb.DuckDBPyConnection, anonymous_id: str) -> str:
    """Give the channel of the only session of an id."""
    rows = channels.execute("select channel from marts.sessions where anonymous_id = ?", [anonymous_id]).fetchall()
    assert len(rows) == 1
    return rows[0][0]


def test_channel_of_an_address(channels):
    assert {name: channel_of(channels, f"address {number}") for number, name in enumerate(ADDRESSES)} == ADDRESSES


def test_channel_of_a_referrer(channels):
    assert {name: channel_of(channels, f"referrer {number}") for number, name in enumerate(REFERRERS)} == REFERRERS


def test_every_click_id_leads_to_the_channel_of_its_network(channels):
    found = {name: channel_of(channels, f"click {name}") for name in CLICK_IDS}
    assert found == {name: row["channel"] for name, row in CLICK_IDS.items()}
    assert not set(found.values()) & {"direct", "referral", "other_campaign", "unassigned"}
    assert all(row["network"] for row in CLICK_IDS.values())


def test_crawlers_of_assistants_are_bots_and_browsers_are_not(channels):
    patterns = "select string_agg(user_agent_pattern, '|') from seeds.bot_patterns"
    agents = f"select agent from unnest(?) as agents (agent) where regexp_matches(lower(agent), ({patterns}))"
    assert {agent for (agent,) in channels.execute(agents, [CRAWLERS + BROWSERS]).fetchall()} == set(CRAWLERS)


def test_the_docs_map_every_rule_to_a_channel_of_ga4(channels):
    rows = re.findall(r"^[|] `(\w+)` [|] ([^|]*) [|] [^|]+ [|]$", MARTS_PAGE, flags=re.MULTILINE)
    documented = []
    for channel, numbers in rows:
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", numbers):
            documented += [(channel, number) for number in range(int(first), int(last or first) + 1)]
    rules = channels.execute("select channel, rule_order from seeds.channel_rules").fetchall()
    orders = {order for _, order in rules}
    assert sorted(pair for pair in documented if pair[1] in orders) == sorted(rules)
    assert {channel for channel, _ in rows} >= {channel for channel, _ in rules} | {"direct", "unassigned"}


def test_own_domain_is_told_by_the_registrable_domain(channels):
    assert {site: channel_of(channels, json.dumps(site)) for site in SITES} == SITES


def test_session_keeps_its_first_touch_and_the_conversion_its_last(channels):
    found = {
        name: (
            channel_of(channels, name),
            channels.execute(
                "select channel from marts.attributed_conversions where attribution_model = 'last_touch'"
                " and identity_mode = 'graph' and anonymous_id = ?",
                [name],
            ).fetchall()[0][0],
        )
        for name in STREAMS
    }
    assert found == LAST_TOUCHES


@pytest.mark.parametrize("stream", WITHOUT_CONSENT)
def test_graph_joins_nothing_that_lacks_consent_whichever_cookie_names_the_person(channels, stream):
    persons = channels.execute(
        "select distinct universal_id from marts.sessions where has_consent and starts_with(anonymous_id, ?)", [stream]
    ).fetchall()
    assert persons == [(f"{stream} 1",)]
    found = channels.execute(
        "select identity_mode, channel from marts.attributed_conversions where attribution_model = 'last_touch'"
        " and starts_with(anonymous_id, ?) order by 1",
        [stream],
    ).fetchall()
    assert found == [("cookie", "direct"), ("graph", "direct")]


def test_session_of_the_tracker_is_kept_where_its_events_agree(channels):
    rows = channels.execute(
        "select anonymous_id, source_session_id from marts.sessions where anonymous_id like '%visit%' order by 1"
    ).fetchall()
    assert rows == [("one visit", "v1"), ("two visits", None)]


def test_click_id_keeps_the_name_of_its_parameter(channels):
    rows = channels.execute(
        "select anonymous_id, click_id, click_id_type from marts.sessions where click_id is not null"
    ).fetchall()
    addresses = {f"address {number}": name for number, name in enumerate(ADDRESSES)}
    found = {addresses.get(name, name): (click_id, kind) for name, click_id, kind in rows}
    assert found["?GCLID=Abc"] == ("Abc", "gclid")
    assert found["?ScCid=Abc"] == ("Abc", "sccid")
    assert found["?srsltid=Abc&gclid=Abc"] == ("Abc", "gclid")
    assert "?gclid=null" not in found
