#include "transport/wire/written_body.hpp"

#include "rules/account_changes.hpp"
#include "rules/message.hpp"
#include "rules/text.hpp"
#include "transport/wire/message_reader.hpp"

namespace signalbox {
namespace {

struct written_source {
  std::optional<json_in::text> text, html;
  attachments_read attachments;
  std::vector<user_id> mentions;
  std::vector<field_error> faults;
  bool too_large = false;
};

std::optional<json_in::text> read_content(written_source& to, std::string pointer, json_in::value& from) {
  if (json_in::is_null(from)) return std::nullopt;
  const auto found = json_in::read_text(from);
  if (!found || !found->is_unicode) {
    to.faults.push_back({std::move(pointer), found ? "is not valid Unicode" : "is not a string"});
    return std::nullopt;
  }
  if (found->size > text_bytes_max) to.too_large = true;
  return found;
}

void read_mentions(written_source& to, json_in::value& from) {
  if (json_in::is_null(from)) return;
  auto elements = json_in::read_array(from);
  if (!elements) {
    to.faults.push_back({"/mentions", "is not an array"});
    return;
  }
  json_in::for_each_element(*elements, [&](json_in::value& each) {
    const auto text = json_in::read_string(each);
    const auto user = text ? parse_id<user_id>(*text) : std::nullopt;
    if (user && to.mentions.size() < access_list_max) {
      to.mentions.push_back(*user);
    } else if (to.faults.empty()) {
      to.faults.push_back({"/mentions", user ? "names too many users" : "names something that is not a user's id"});
    }
  });
}

bool says_something(const std::optional<json_in::text>& of) {
  if (!of) return false;
  return of->escaped() ? !trimmed(json_in::decoded(*of)).empty() : !trimmed(of->raw).empty();
}

outcome<written_body> finish(written_source& from) {
  if (from.too_large) return refuse(refusal_code::too_large, "the text is too long");
  if (!from.attachments.fault.empty())
    from.faults.push_back({"/attachments" + from.attachments.pointer, std::string{from.attachments.fault}});
  if (from.faults.empty() && from.attachments.json.empty() && !says_something(from.text) && !says_something(from.html))
    from.faults.push_back({"/text", from.text ? "must not be blank" : "is required"});
  if (!from.faults.empty()) return refusal{refusal_code::invalid, "the request is not valid", std::move(from.faults)};
  written_body out;
  out.mentions = std::move(from.mentions);
  out.body.append("\"text\":\"").append(from.text ? from.text->raw : std::string_view{}) += '"';
  if (from.html) out.body.append(",\"html\":\"").append(from.html->raw) += '"';
  if (!from.attachments.json.empty()) out.body.append(",\"attachments\":").append(from.attachments.json);
  return out;
}

}  // namespace

outcome<written_body> read_written_body(std::string_view json_object) {
  std::string text;
  text.reserve(json_object.size() + simdjson::SIMDJSON_PADDING);
  text.assign(json_object);
  try {
    auto document = json_in::parse(text);
    json_in::object members;
    const auto error = document.get_object().get(members);
    if (error == simdjson::INCORRECT_TYPE) return invalid_field("", "the body is not an object");
    if (error != simdjson::SUCCESS) return invalid_field("", "the body is not JSON");
    written_source source;
    json_in::for_each_member(members, [&](const json_in::key& name, json_in::value& each) {
      if (name == "text") {
        source.text = read_content(source, "/text", each);
      } else if (name == "html") {
        source.html = read_content(source, "/html", each);
      } else if (name == "attachments") {
        source.attachments = read_attachments(each);
      } else if (name == "mentions") {
        read_mentions(source, each);
      } else {
        json_in::check_value(each);
      }
    });
    json_in::expect_end(document);
    return finish(source);
  } catch (const json_in::not_json&) {
    return invalid_field("", "the body is not JSON");
  }
}

}  // namespace signalbox
