#include "app/conformance/heard_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "rules/account_changes.hpp"
#include "rules/conversation.hpp"
#include "rules/message.hpp"
#include "rules/time.hpp"
#include "transport/wire/connector_frames.hpp"
#include "transport/wire/publish_body.hpp"

namespace signalbox {

namespace json = boost::json;

namespace {

constexpr std::size_t wrong_max = 5;
constexpr std::size_t quoted_bytes_max = 40;

const char* kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

class frame_listener {
public:
  frame_listener(const knows_channel& known, heard_frame& into) : known_(known), into_(into) {}

  void hear(std::string_view bytes) {
    json::error_code fault;
    const auto parsed = json::parse(bytes, fault);
    if (fault) return complain("sent a frame that is not JSON: {}", fault.message());
    if (!parsed.is_object()) return complain("sent a frame that is {} instead of an object", kind_of(parsed));
    const auto& frame = parsed.get_object();
    const auto* op = frame.if_contains("op");
    if (!op || !op->is_string())
      return complain("sent a frame whose op is {} instead of a string", op ? kind_of(*op) : "missing");
    const std::string_view name = op->get_string();
    if (name == "hello") return hear_hello(frame);
    if (name == "publish") return hear_publish(frame);
    if (name == "status") return hear_status(frame);
    complain("sent a frame with the unknown op \"{}\"", name.substr(0, quoted_bytes_max));
  }

private:
  template <class... Args>
  void complain(fmt::format_string<Args...> sentence, Args&&... args) {
    if (into_.wrong.size() < wrong_max) into_.wrong.push_back(fmt::format(sentence, std::forward<Args>(args)...));
  }

  /// A member that is a string within its bounds; nothing when it is absent, null or wrong. Says what is wrong.
  std::optional<std::string_view> text_in(const json::object& in, std::string_view member, std::string_view place,
                                          std::size_t bytes_max, bool required, bool is_name = false) {
    const auto* value = in.if_contains(member);
    if (!value || (value->is_null() && !required)) {
      if (required) complain("sent {} without {}", place, member);
      return std::nullopt;
    }
    if (!value->is_string()) {
      complain("sent {} whose {} is {} instead of a string", place, member, kind_of(*value));
      return std::nullopt;
    }
    const std::string_view text = value->get_string();
    if (text.size() > bytes_max)
      complain("sent {} whose {} has {} bytes; {} are allowed", place, member, text.size(), bytes_max);
    else if (is_name && text.empty())
      complain("sent {} whose {} is empty", place, member);
    else if (is_name && has_control(text))
      complain("sent {} whose {} holds control characters", place, member);
    else
      return text;
    return std::nullopt;
  }

  void hear_hello(const json::object& frame) {
    heard_hello hello;
    hello.token = text_in(frame, "token", "a hello", frame_bytes_max, true).value_or("");
    const auto* connector = frame.if_contains("connector");
    if (connector && connector->is_null()) complain("sent a hello whose connector is null instead of a string");
    hello.connector = text_in(frame, "connector", "a hello", connector_name_bytes_max, false).value_or("");
    into_.what = std::move(hello);
  }

  void hear_publish(const json::object& frame) {
    const auto* seq = frame.if_contains("seq");
    if (!seq || !(seq->is_uint64() || (seq->is_int64() && seq->get_int64() >= 0)))
      return complain("sent a publish whose seq is {} instead of a whole number", seq ? kind_of(*seq) : "missing");
    heard_publish publish;
    publish.seq = seq->to_number<std::uint64_t>();
    if (const auto offset = text_in(frame, "offset", "a publish", offset_bytes_max, false)) publish.offset = *offset;
    const auto* messages = frame.if_contains("messages");
    if (!messages || !messages->is_array())
      return complain("sent a publish whose messages are {} instead of an array", messages ? kind_of(*messages) : "missing");
    for (const auto& each : messages->get_array()) hear_message(each, publish);
    into_.what = std::move(publish);
  }

  void hear_message(const json::value& from, heard_publish& into) {
    if (!from.is_object()) return complain("sent a message that is {} instead of an object", kind_of(from));
    const auto& members = from.get_object();
    const auto id = text_in(members, "id", "a message", external_id_bytes_max, true, true);
    if (!id) return;
    const auto place = fmt::format("the message \"{}\"", id->substr(0, quoted_bytes_max));
    heard_message message;
    message.id = *id;
    const auto channel = text_in(members, "channel", place, external_id_bytes_max, true, true);
    if (!channel) return;
    message.channel = *channel;
    if (!known_(message.channel))
      complain("sent {} for the channel \"{}\", which is not one of the welcome's", place,
               message.channel.substr(0, quoted_bytes_max));
    message.thread = text_in(members, "thread", place, external_id_bytes_max, true, true).value_or("");
    hear_sender(members, place, message);
    text_in(members, "text", place, text_bytes_max, true);
    text_in(members, "html", place, text_bytes_max, false);
    text_in(members, "subject", place, subject_bytes_max, false);
    if (const auto at = text_in(members, "at", place, external_id_bytes_max, false); at && !parse_time(*at))
      complain("sent {} whose at is \"{}\", no time after RFC 3339", place, at->substr(0, quoted_bytes_max));
    hear_attachments(members, place);
    for (std::size_t i = 0; i < content_members.size(); ++i) {
      const auto* value = members.if_contains(content_members[i]);
      message.content[i] = value && !value->is_null() ? std::hash<json::value>{}(*value) : 0;
    }
    into.messages.push_back(std::move(message));
  }

  void hear_sender(const json::object& members, std::string_view place, heard_message& into) {
    const auto* from = members.if_contains("from");
    if (!from || !from->is_object())
      return complain("sent {} whose from is {} instead of an object", place, from ? kind_of(*from) : "missing");
    const auto& sender = from->get_object();
    const auto whose = fmt::format("{} with a from", place);
    into.sender = text_in(sender, "id", whose, external_id_bytes_max, true, true).value_or("");
    text_in(sender, "name", whose, name_bytes_max, false);
    text_in(sender, "email", whose, email_bytes_max, false);
    text_in(sender, "phone", whose, phone_bytes_max, false);
    text_in(sender, "cookie", whose, external_id_bytes_max, false);
  }

  void hear_attachments(const json::object& members, std::string_view place) {
    const auto* attachments = members.if_contains("attachments");
    if (!attachments || attachments->is_null()) return;
    if (!attachments->is_array())
      return complain("sent {} whose attachments are {} instead of an array", place, kind_of(*attachments));
    if (attachments->get_array().size() > attachments_max)
      complain("sent {} with {} attachments; {} are allowed", place, attachments->get_array().size(), attachments_max);
    for (const auto& each : attachments->get_array()) {
      if (!each.is_object()) return complain("sent {} with an attachment that is {} instead of an object", place, kind_of(each));
      const auto& attachment = each.get_object();
      const auto whose = fmt::format("{} with an attachment", place);
      text_in(attachment, "name", whose, attachment_name_bytes_max, true);
      text_in(attachment, "type", whose, attachment_name_bytes_max, true);
      const auto* size = attachment.if_contains("size");
      if (!size || !(size->is_uint64() || (size->is_int64() && size->get_int64() >= 0)))
        complain("sent {} whose size is {} instead of a whole number", whose, size ? kind_of(*size) : "missing");
      const auto* url = attachment.if_contains("url");
      const auto* bytes = attachment.if_contains("data");
      if ((url && !url->is_null()) == (bytes && !bytes->is_null()))
        complain("sent {} that has not exactly one of url and data", whose);
      const auto link = text_in(attachment, "url", whose, attachment_url_bytes_max, false);
      if (link && !link->starts_with("https://") && !link->starts_with("http://"))
        complain("sent {} whose url is neither http nor https", whose);
      text_in(attachment, "data", whose, frame_bytes_max, false);
    }
  }

  void hear_status(const json::object& frame) {
    const auto* statuses = frame.if_contains("statuses");
    if (!statuses || !statuses->is_array())
      return complain("sent a status frame whose statuses are {} instead of an array", statuses ? kind_of(*statuses) : "missing");
    heard_status out;
    for (const auto& each : statuses->get_array()) {
      if (!each.is_object()) return complain("sent a status that is {} instead of an object", kind_of(each));
      const auto& one = each.get_object();
      const auto id = text_in(one, "id", "a status", external_id_bytes_max, true, true);
      const auto status = text_in(one, "status", "a status", external_id_bytes_max, true, true);
      text_in(one, "error", "a status", delivery_error_bytes_max, false);
      if (status && !parse_delivery_status(*status))
        complain("sent the status \"{}\", which is none of sent, delivered, read and failed",
                 status->substr(0, quoted_bytes_max));
      else if (id && status)
        out.ids.emplace_back(*id);
    }
    into_.what = std::move(out);
  }

  const knows_channel& known_;
  heard_frame& into_;
};

}  // namespace

heard_frame hear_frame(std::string_view bytes, const knows_channel& known) {
  heard_frame out;
  frame_listener(known, out).hear(bytes);
  return out;
}

}  // namespace signalbox
