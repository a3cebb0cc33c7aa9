#include "transport/safe_html.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace signalbox {

namespace {

std::string safe(std::string_view html) { return safe_html(html).value_or("refused"); }

TEST(SafeHtml, S41_KeepsWhatASignatureIsMadeOf) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""},
      {"Kind regards", "Kind regards"},
      {"<b>Ada</b><br/>Acme &amp; Co", "<b>Ada</b><br>Acme &amp; Co"},
      {R"h(<a href="https://acme.example/?a=1&amp;b=2">us</a>)h",
       R"h(<a href="https://acme.example/?a=1&amp;b=2" rel="noopener noreferrer">us</a>)h"},
      {R"h(<a href=" MAILTO:ada@acme.example ">mail</a>)h",
       R"h(<a href="MAILTO:ada@acme.example" rel="noopener noreferrer">mail</a>)h"},
      {R"h(<img src="cid:logo@acme" alt="Acme's &quot;logo&quot;" width=120>)h",
       R"h(<img src="cid:logo@acme" alt="Acme&#39;s &quot;logo&quot;" width="120">)h"},
      {R"h(<IMG SRC=http://acme.example/l.png>)h", R"h(<img src="http://acme.example/l.png">)h"},
      {R"h(<p style="color: #333; FONT-family:'Segoe UI', Arial;font-size:12px">x</p>)h",
       R"h(<p style="color: #333; font-family: Segoe UI, Arial; font-size: 12px">x</p>)h"},
      {R"h(<p style="background-color:rgb(1, 2, 3)">x</p>)h", R"h(<p style="background-color: rgb(1, 2, 3)">x</p>)h"},
      {"<table cellpadding=0><tr><td colspan=2 width=50%>x</table>",
       R"h(<table cellpadding="0"><tbody><tr><td colspan="2" width="50%">x</td></tr></tbody></table>)h"},
      {"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"},
      {"{{full_name}} <i>{{ first_name }}</i>", "{{full_name}} <i>{{ first_name }}</i>"},
      {"<section><h1>T</h1><custom-thing>x</custom-thing></section>", "<h1>T</h1>x"},
      {"Grüße \xF0\x9F\x98\x80", "Grüße \xF0\x9F\x98\x80"},
      {"<html><body><p>x</p></body></html>", "<p>x</p>"},
  };
  for (const auto& [html, expected] : table) {
    EXPECT_EQ(safe(html), expected) << html;
    EXPECT_EQ(safe(expected), expected) << "saved and shown: the same";
  }
}

TEST(SafeHtml, S41_WhatRunsOrHidesIsGone) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"<script>alert(1)</script>x", "x"},
      {"<SCRIPT SRC=http://e.example/x.js></SCRIPT>", ""},
      {"<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"},
      {"<img src=x onerror=alert(1)>", "<img>"},
      {"<img src='x'onerror='alert(1)'>", "<img>"},
      {"<img/src=\"x\"/onerror=alert(1)>", "<img>"},
      {"<b onclick=a() onmouseover=b() ONLOAD=c()>x</b>", "<b>x</b>"},
      {"<body onload=alert(1)>x", "x"},
      {"<a href=javascript:alert(1)>x</a>", "<a>x</a>"},
      {"<a href=' JaVaScRiPt:alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='jav&#x09;ascript:alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='java\nscript:alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='&#106;avascript&colon;alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='&#1;javascript:alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='vbscript:x'>x</a><a href='data:text/html,<script>a()</script>'>y</a>", "<a>x</a><a>y</a>"},
      {"<a href='//e.example'>x</a><a href='/x'>y</a><a href='x'>z</a><a href='#x'>w</a>", "<a>x</a><a>y</a><a>z</a><a>w</a>"},
      {"<a href='https:e.example'>x</a><a href='http:\\\\e.example'>y</a><a href='https://'>z</a>", "<a>x</a><a>y</a><a>z</a>"},
      {"<a href='http:javascript:alert(1)'>x</a>", "<a>x</a>"},
      {"<a href='cid:x'>x</a><img src='mailto:x@y.example'>", "<a>x</a><img>"},
      {"<img src='data:image/svg+xml,<svg onload=a()>'>", "<img>"},
      {"<img src='javascript:a()' srcset='https://e.example/x 2x' lowsrc='javascript:a()'>", "<img>"},
      {"<iframe src=javascript:a()>x</iframe><object data=x>y</object><embed src=x><applet>z</applet>", ""},
      {"<form action=javascript:a()><input name=x onfocus=a() autofocus><button formaction=javascript:a()>x</button></form>",
       "x"},
      {"<textarea><script>a()</script></textarea><select><option>x</select>", ""},
      {"<style>@import 'http://e.example'; b{}</style><link rel=stylesheet href=http://e.example><base href=http://e.example>x",
       "x"},
      {"<meta http-equiv=refresh content='0;url=javascript:a()'>x", "x"},
      {"<p style='background:url(javascript:a())'>x</p>", "<p>x</p>"},
      {"<p style='width:expression(a())'>x</p>", "<p>x</p>"},
      {"<p style='color:red;position:fixed;top:0;behavior:url(x);-moz-binding:url(x)'>x</p>", "<p style=\"color: red\">x</p>"},
      {"<p style='col\\6fr:red;color:\\75rl(x);font-family:x\\27;color:/**/red'>x</p>", "<p>x</p>"},
      {"<p style='margin-left:-9999px;padding:1px'>x</p>", "<p style=\"padding: 1px\">x</p>"},
      {"<p style='border-image:none;border-image-source:x;border:1px'>x</p>", "<p style=\"border: 1px\">x</p>"},
      {"<p id=x class=y data-x=z contenteditable tabindex=1>x</p>", "<p>x</p>"},
      {"<!--[if IE]><script>a()</script><![endif]-->x<!-- y -->", "x"},
      {"<![CDATA[<script>a()</script>]]>x", "a()]]&gt;x"},
      {"<?php echo 1 ?>x<!DOCTYPE html>y", "xy"},
      {"<marquee onstart=a()>x</marquee><video onerror=a()><source src=x></video><audio>y</audio>", "x"},
      {"<details open ontoggle=a()><summary>x</summary></details>", "x"},
      {"<a href=\"https://e.example/\" target=_top onclick=a() ping=https://e.example>x</a>",
       R"h(<a href="https://e.example/" rel="noopener noreferrer">x</a>)h"},
      {"<a title='\"><script>a()</script>'>x</a>", "<a title=\"&quot;&gt;&lt;script&gt;a()&lt;/script&gt;\">x</a>"},
      {"<img alt='`onerror=a()'>", "<img alt=\"&#96;onerror=a()\">"},
      {"&lt;script&gt;a()&lt;/script&gt;", "&lt;script&gt;a()&lt;/script&gt;"},
      {"<p>unclosed <b>both <script>a()", "<p>unclosed <b>both </b></p>"},
      {"<<b>>x</b><", "&lt;<b>&gt;x</b>&lt;"},
      {"<plaintext><b>x", ""},
      {"<xmp><script>a()</script></xmp><noembed><b></noembed><noframes><b></noframes>", ""},
  };
  for (const auto& [html, expected] : table) {
    EXPECT_EQ(safe(html), expected) << html;
    EXPECT_EQ(safe(expected), expected) << html;
  }
}

/// What one parser takes for text and the next for a tag: elements that change how what is in them is read.
TEST(SafeHtml, S41_NothingChangesItsMeaningWhenItIsReadAgain) {
  const std::string_view hostile[] = {
      R"h(<noscript><p title="</noscript><img src=x onerror=a()>">)h",
      R"h(<svg><p><style><g title="</style><img src=x onerror=a()>">)h",
      R"h(<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=a()&gt;">)h",
      R"h(<svg></p><style><a id="</style><img src=1 onerror=a()>">)h",
      R"h(<form><math><mtext></form><form><mglyph><style></math><img src onerror=a()>)h",
      R"h(<template><script>a()</script><img src=x onerror=a()></template>)h",
      R"h(<math><annotation-xml encoding="text/html"><style><img src=x onerror=a()></style></annotation-xml></math>)h",
      R"h(<svg><foreignObject><p><script>a()</script></p></foreignObject></svg>)h",
      R"h(<svg><animate onbegin=a() attributeName=x></svg><svg onload=a()>)h",
      R"h(<svg><a xlink:href="javascript:a()"><text>x</text></a></svg>)h",
      R"h(<math href="javascript:a()">x</math><math><maction actiontype="statusline" xlink:href="javascript:a()">x)h",
      R"h(<!--<img src="--><img src=x onerror=a()//">)h",
      R"h(<comment><img src="</comment><img src=x onerror=a()//"></comment>)h",
      R"h(<textarea><img title="</textarea><img src=x onerror=a()>"></textarea>)h",
      R"h(<title><a href="</title><img src=x onerror=a()>">)h",
      R"h(<xmp><p title="</xmp><svg/onload=a()>">)h",
      R"h(<iframe><p title="</iframe><img src=x onerror=a()>">)h",
      R"h(<select><template><img src=x onerror=a()></template></select>)h",
      R"h(<table><tr><script>a()</script><td><svg><desc><table><img src=x onerror=a()>)h",
      R"h(<b><table><svg><b><img src=x onerror=a()></table><a href="javascript:a()">)h",
      "<img src=\"x\0\" onerror=a()><scr\0ipt>a()</script>",
      "\xFE\xFF<\0s\0c\0r\0i\0p\0t>",
      "<a href=\"https://e.example/\xC3\x28\" onclick=a()>",
  };
  for (const auto html : hostile) {
    const auto once = safe(html);
    for (const auto* never : {"onerror=a()>", "<script", "<svg", "<math", "<style", "<noscript", "<template", "<!--",
                              "javascript:", "<iframe", "<textarea", "<title", "onload=a"}) {
      // Within a quoted value or text, `<` is escaped, so what would matter can't be spelt.
      const std::string_view word{never};
      EXPECT_EQ(once.find(word), std::string::npos) << html << "\n" << once;
    }
    EXPECT_EQ(safe(once), once) << html;
  }
}

TEST(SafeHtml, LimitsSizeTagsAndDepth) {
  EXPECT_FALSE(safe_html(std::string(html_bytes_max + 1, 'x')));
  EXPECT_TRUE(safe_html(std::string(html_bytes_max, 'x')));
  EXPECT_FALSE(safe_html(std::string(html_bytes_max, '&'))) << "would be longer than what may be read again";
  std::string tags;
  for (std::size_t i = 0; i < html_tags_max; ++i) tags += "<br>";
  EXPECT_TRUE(safe_html(tags));
  EXPECT_FALSE(safe_html(tags + "<br>"));
  std::string deep;
  for (std::size_t i = 0; i < 200; ++i) deep += "<div>";
  const auto flat = safe(deep + "x");
  EXPECT_EQ(flat.find("x"), html_depth_max * 5) << "text that is deeper stays";
  // Formatting that is opened again in every paragraph: the tree is the square of the text.
  std::string square = "<p>";
  for (int i = 0; i < 200; ++i) square += "<font size=" + std::to_string(i) + ">";
  for (int i = 0; i < 290; ++i) square += "<p>x";
  EXPECT_FALSE(safe_html(square));
}

/// Pieces of all that is dangerous, put together by chance: the result holds nothing but what is allowed, and reads the same again.
TEST(SafeHtml, S41_AnyMixtureIsSafe) {
  static constexpr auto pieces = std::to_array<std::string_view>({"<script>",
                                                                  "</script>",
                                                                  "<style>",
                                                                  "</style>",
                                                                  "<svg>",
                                                                  "</svg>",
                                                                  "<math>",
                                                                  "</math>",
                                                                  "<mtext>",
                                                                  "<mglyph>",
                                                                  "<table>",
                                                                  "</table>",
                                                                  "<tr>",
                                                                  "<td>",
                                                                  "<noscript>",
                                                                  "</noscript>",
                                                                  "<template>",
                                                                  "</template>",
                                                                  "<!--",
                                                                  "-->",
                                                                  "<![CDATA[",
                                                                  "]]>",
                                                                  "<a href=\"",
                                                                  "javascript:a()",
                                                                  "https://e.example",
                                                                  "\">",
                                                                  "'>",
                                                                  "\"",
                                                                  "'",
                                                                  "`",
                                                                  "<img src=x onerror=a()>",
                                                                  "<b>",
                                                                  "</b>",
                                                                  "<p>",
                                                                  "</p>",
                                                                  "<form>",
                                                                  "</form>",
                                                                  "<title>",
                                                                  "</title>",
                                                                  "<textarea>",
                                                                  "</textarea>",
                                                                  "<select>",
                                                                  "</select>",
                                                                  "<foreignObject>",
                                                                  "<desc>",
                                                                  "<font color=red>",
                                                                  "&lt;",
                                                                  "&#60;",
                                                                  "&quot;",
                                                                  "<p style=\"",
                                                                  "color:red;",
                                                                  "url(",
                                                                  ")",
                                                                  "text",
                                                                  "\n",
                                                                  " ",
                                                                  "<",
                                                                  ">",
                                                                  "/",
                                                                  "=",
                                                                  "\0",
                                                                  "\xFF",
                                                                  "<br",
                                                                  "on",
                                                                  "{{full_name}}",
                                                                  "<iframe>",
                                                                  "</iframe>",
                                                                  "<xmp>",
                                                                  "<a>",
                                                                  "</a>",
                                                                  "<li>",
                                                                  "<h1>",
                                                                  "<frameset>",
                                                                  "<body onload=a()>"});
  static constexpr auto names = std::to_array<std::string_view>(
      {"a",   "abbr",  "b",     "big", "blockquote", "br",  "caption", "center", "code",  "col",  "colgroup", "dd",     "del",
       "div", "dl",    "dt",    "em",  "font",       "h1",  "h2",      "h3",     "h4",    "h5",   "h6",       "hr",     "i",
       "img", "ins",   "li",    "ol",  "p",          "pre", "q",       "s",      "small", "span", "strike",   "strong", "sub",
       "sup", "table", "tbody", "td",  "tfoot",      "th",  "thead",   "tr",     "u",     "ul"});
  static constexpr auto attributes = std::to_array<std::string_view>(
      {"href",   "rel",    "src",  "alt",         "title",       "style",   "align",   "valign",  "dir",  "lang",  "width",
       "height", "border", "size", "cellpadding", "cellspacing", "bgcolor", "colspan", "rowspan", "span", "color", "face"});
  const auto known = [](const auto& all, std::string_view name) { return std::find(all.begin(), all.end(), name) != all.end(); };
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    std::mt19937_64 chance{seed};
    std::string html;
    for (auto left = 1 + chance() % 40; left > 0; --left) html += pieces[chance() % pieces.size()];
    const auto out = safe(html);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + html + "\n" + out);
    // The result's own grammar, stricter than HTML's: <name( name="value")*> or </name>, and text without < and >.
    for (std::size_t at = 0; at < out.size();) {
      ASSERT_NE(out[at], '>');
      if (out[at] != '<') {
        ++at;
        continue;
      }
      const bool closes = out.compare(at + 1, 1, "/") == 0;
      const auto name_at = at + (closes ? 2 : 1);
      auto end = out.find_first_of(" >", name_at);
      ASSERT_NE(end, std::string::npos);
      ASSERT_TRUE(known(names, std::string_view{out}.substr(name_at, end - name_at)));
      while (out[end] == ' ') {
        const auto equals = out.find("=\"", end);
        ASSERT_NE(equals, std::string::npos);
        const auto attribute = std::string_view{out}.substr(end + 1, equals - end - 1);
        ASSERT_TRUE(known(attributes, attribute)) << attribute;
        end = out.find('"', equals + 2);
        ASSERT_NE(end, std::string::npos);
        const auto value = std::string_view{out}.substr(equals + 2, end - equals - 2);
        ASSERT_EQ(value.find_first_of("<>'`"), std::string_view::npos);
        if (attribute == "href") {
          ASSERT_TRUE(value.starts_with("https://e.example")) << value;
        }
        ASSERT_NE(attribute, "src");
        ++end;
        ASSERT_LT(end, out.size());
      }
      ASSERT_EQ(out[end], '>');
      at = end + 1;
    }
    // Wrong nesting may be read another way the second time; it can't become anything that isn't allowed, which the loop above says
    // of every output, and ends where it began soon.
    const auto twice = safe(out);
    EXPECT_EQ(safe(twice), twice);
  }
}

}  // namespace

}  // namespace signalbox
