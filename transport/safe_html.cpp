#include "transport/safe_html.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <memory>

#include "rules/text.hpp"

namespace signalbox {

namespace {

using name_list = std::initializer_list<std::string_view>;

bool among(std::string_view name, name_list all) { return std::find(all.begin(), all.end(), name) != all.end(); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_spaces(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '`')
      out += "&#96;";  // some old readers take it for a quote
    else if (c != '\0')
      append_html(out, c);
  }
}

// ---- which elements

enum class element_fate { keep, keep_without_end, unwrap, drop };

element_fate fate_of(const GumboElement& of) {
  if (of.tag_namespace != GUMBO_NAMESPACE_HTML) return element_fate::drop;
  switch (of.tag) {
    case GUMBO_TAG_A:
    case GUMBO_TAG_ABBR:
    case GUMBO_TAG_B:
    case GUMBO_TAG_BIG:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_COLGROUP:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_EM:
    case GUMBO_TAG_FONT:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_I:
    case GUMBO_TAG_INS:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_P:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_Q:
    case GUMBO_TAG_S:
    case GUMBO_TAG_SMALL:
    case GUMBO_TAG_SPAN:
    case GUMBO_TAG_STRIKE:
    case GUMBO_TAG_STRONG:
    case GUMBO_TAG_SUB:
    case GUMBO_TAG_SUP:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TBODY:
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TFOOT:
    case GUMBO_TAG_TH:
    case GUMBO_TAG_THEAD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_U:
    case GUMBO_TAG_UL:
      return element_fate::keep;
    case GUMBO_TAG_BR:
    case GUMBO_TAG_COL:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_IMG:
      return element_fate::keep_without_end;
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_EMBED:
    case GUMBO_TAG_APPLET:
    case GUMBO_TAG_FRAMESET:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_XMP:
    case GUMBO_TAG_LISTING:
    case GUMBO_TAG_PLAINTEXT:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_DATALIST:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_CANVAS:
      return element_fate::drop;
    default:
      return element_fate::unwrap;
  }
}

// ---- which addresses

/// The scheme and, for the web, the two slashes must stand there in plain text: nothing that a reader would have to interpret first.
bool is_safe_address(std::string_view address, bool image) {
  if (has_control(address) || address.find('\\') != std::string_view::npos) return false;
  const auto colon = address.find(':');
  if (colon == std::string_view::npos) return false;
  const auto scheme = lower(address.substr(0, colon));
  const auto rest = address.substr(colon + 1);
  if (scheme == "http" || scheme == "https") return rest.size() > 2 && rest.starts_with("//") && rest[2] != '/';
  if (scheme == "mailto") return !image && !rest.empty();
  return scheme == "cid" && image && !rest.empty();
}

// ---- which styles

bool is_safe_property(std::string_view name) {
  static constexpr auto plain = std::to_array<std::string_view>(
      {"color",       "background-color", "font",           "font-family",     "font-size",      "font-style",   "font-weight",
       "line-height", "text-align",       "vertical-align", "text-decoration", "letter-spacing", "white-space",  "width",
       "height",      "max-width",        "max-height",     "border-collapse", "border-spacing", "border-radius"});
  if (std::find(plain.begin(), plain.end(), name) != plain.end()) return true;
  const auto box = name.substr(0, name.find('-'));
  return among(box, {"margin", "padding", "border"}) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '-'; }) && name != "border-image" &&
         !name.starts_with("border-image-");
}

/// Words, numbers, lengths and colours. No function but rgb(), no escape, no negative length: nothing is loaded or moved over others.
bool is_safe_style_value(std::string_view value) {
  if (value.empty() || value.size() > 200) return false;
  if (const auto open = value.find('('); open != std::string_view::npos) {
    const auto name = lower(value.substr(0, open));
    const auto inner = value.substr(open + 1);
    return (name == "rgb" || name == "rgba") && inner.find(')') == inner.size() - 1 && !inner.empty() &&
           std::all_of(inner.begin(), inner.end() - 1,
                       [](char c) { return is_digit(c) || c == ' ' || c == ',' || c == '.' || c == '%'; });
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool negative = c == '-' && (i == 0 || !is_letter(value[i - 1]));
    if (negative || !(is_letter(c) || is_digit(c) || among(std::string_view{&c, 1}, {" ", "#", ".", ",", "%", "-"})))
      return false;
  }
  return true;
}

std::string safe_style(std::string_view style) {
  std::string out;
  while (!style.empty()) {
    const auto end = std::min(style.find(';'), style.size());
    const auto one = style.substr(0, end);
    style.remove_prefix(std::min(end + 1, style.size()));
    const auto colon = one.find(':');
    if (colon == std::string_view::npos) continue;
    const auto property = lower(without_spaces(one.substr(0, colon)));
    std::string value{without_spaces(one.substr(colon + 1))};
    std::erase_if(value, [](char c) { return c == '"' || c == '\''; });  // fonts do without
    if (!is_safe_property(property) || !is_safe_style_value(value)) continue;
    if (!out.empty()) out += "; ";
    out.append(property).append(": ").append(value);
  }
  return out;
}

// ---- which attributes

bool is_plain_value(std::string_view value) {
  return !value.empty() && value.size() <= 64 && std::all_of(value.begin(), value.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '#' || c == '%' || c == '.' || c == ' ' || c == ',' || c == '-';
  });
}

bool is_plain_attribute(GumboTag of, std::string_view name) {
  if (among(name, {"align", "valign", "dir", "lang"})) return true;
  switch (of) {
    case GUMBO_TAG_IMG:
    case GUMBO_TAG_HR:
      return among(name, {"width", "height", "border", "size"});
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
    case GUMBO_TAG_COL:
    case GUMBO_TAG_COLGROUP:
      return among(name, {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor", "colspan", "rowspan", "span"});
    case GUMBO_TAG_FONT:
      return among(name, {"color", "face", "size"});
    default:
      return false;
  }
}

/// The attribute's value as it may be written; nothing: not at all.
std::optional<std::string> safe_value(GumboTag of, std::string_view name, std::string_view value) {
  if (name == "style") {
    auto style = safe_style(value);
    return style.empty() ? std::nullopt : std::optional{std::move(style)};
  }
  const bool link = of == GUMBO_TAG_A && name == "href";
  const bool image = of == GUMBO_TAG_IMG && name == "src";
  if (link || image) {
    const auto address = without_spaces(value);
    return is_safe_address(address, image) ? std::optional{std::string{address}} : std::nullopt;
  }
  if (name == "title" || (of == GUMBO_TAG_IMG && name == "alt")) return std::string{value};
  if (is_plain_attribute(of, name) && is_plain_value(value)) return std::string{value};
  return std::nullopt;
}

// ---- writing

class writing {
public:
  std::string out;

  void node(const GumboNode& one, std::size_t depth) {
    switch (one.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
        return append_escaped(out, one.v.text.text);
      case GUMBO_NODE_ELEMENT:
        return element(one.v.element, depth);
      default:  // comments, CDATA, templates
        return;
    }
  }

private:
  void children(const GumboElement& of, std::size_t depth) {
    for (unsigned i = 0; i < of.children.length; ++i) node(*static_cast<const GumboNode*>(of.children.data[i]), depth);
  }

  void element(const GumboElement& of, std::size_t depth) {
    const auto fate = fate_of(of);
    if (fate == element_fate::drop) return;
    if (fate == element_fate::unwrap || depth >= html_depth_max) return children(of, depth);
    const std::string_view name = gumbo_normalized_tagname(of.tag);
    out.append("<").append(name);
    attributes(of);
    out += '>';
    if (fate == element_fate::keep_without_end) return;
    children(of, depth + 1);
    out.append("</").append(name).append(">");
  }

  void attributes(const GumboElement& of) {
    bool leads_away = false;
    for (unsigned i = 0; i < of.attributes.length; ++i) {
      const auto& one = *static_cast<const GumboAttribute*>(of.attributes.data[i]);
      if (one.attr_namespace != GUMBO_ATTR_NAMESPACE_NONE) continue;
      const auto name = lower(one.name);
      const auto value = safe_value(of.tag, name, one.value);
      if (!value) continue;
      leads_away = leads_away || name == "href";
      out.append(" ").append(name).append("=\"");
      append_escaped(out, *value);
      out += '"';
    }
    if (leads_away) out += R"( rel="noopener noreferrer")";
  }
};

bool is_within_limits(std::string_view html) {
  return html.size() <= html_bytes_max && static_cast<std::size_t>(std::count(html.begin(), html.end(), '<')) <= html_tags_max;
}

}  // namespace

std::optional<std::string> safe_html(std::string_view html) {
  if (!is_within_limits(html)) return std::nullopt;
  auto options = kGumboDefaultOptions;
  options.max_errors = 0;
  const auto end = [&options](GumboOutput* parsed) { gumbo_destroy_output(&options, parsed); };
  const std::unique_ptr<GumboOutput, decltype(end)> parsed{gumbo_parse_with_options(&options, html.data(), html.size()), end};
  writing result;
  result.node(*parsed->root, 0);
  // What is nested wrongly grows: the result must be fit to be read again.
  if (!is_within_limits(result.out)) return std::nullopt;
  return std::move(result.out);
}

}  // namespace signalbox
