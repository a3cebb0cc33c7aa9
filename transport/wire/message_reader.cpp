#include "transport/wire/message_reader.hpp"

#include <algorithm>

#include "rules/account_changes.hpp"
#include "rules/newest_part.hpp"
#include "transport/wire/base64.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

using json_in::text;

bool has_control(std::string_view decoded) {
  return std::any_of(decoded.begin(), decoded.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

/// One member that should be a string.
struct string_member {
  std::optional<text> value;
  bool given = false;
  bool usable = true;  ///< false: given, and no string or not Unicode

  void read(json_in::value& from) {
    given = true;
    usable = true;
    value.reset();
    if (json_in::is_null(from)) {
      given = false;
      return;
    }
    value = json_in::read_text(from);
    usable = value && value->is_unicode;
  }
};

struct sender {
  string_member id, name, email, phone, cookie;
  bool given = false;
  bool is_object = false;
  bool clean = true;  ///< holds what we know, each once: can be shown as it came
};

/// One message as it stands in the source.
struct source_message {
  string_member channel, thread, id, text, html, subject, at;
  sender from;
  attachments_read attachments;
  std::string_view from_source;
  const char* body_begins = nullptr;  ///< the key of `from`
  int from_place = -1, text_place = -1, html_place = -1;
  bool repeated = false;  ///< a member of the body stands there twice
};

class message_reader {
  struct fault {
    refusal_code code;
    std::string pointer;
    std::string_view detail;  ///< lives forever
  };
  static constexpr std::string_view absent = "is required";
  static constexpr std::string_view no_text = "must be a string of Unicode";
  static constexpr std::string_view too_long = "is too long";

public:
  message_reader(json_in::document& document, const publish_scope& scope, inbound_frame& into)
      : document_(document), scope_(scope), into_(into) {}

  void read(json_in::value& from) {
    auto members = json_in::read_object(from);
    if (!members) throw frame_fault{refusal_code::invalid, "a message is not an object", place_in_frame()};
    source_message source;
    int place = 0;
    json_in::for_each_member(*members,
                             [&](const json_in::key& name, json_in::value& each) { read_member(source, name, each, place++); });
    accept(source);
  }

private:
  [[nodiscard]] std::string place_in_frame() const { return "/messages/" + std::to_string(into_.messages.size()); }

  void read_member(source_message& to, const json_in::key& name, json_in::value& from, int place) {
    if (name == "channel") {
      to.channel.read(from);
    } else if (name == "thread") {
      to.thread.read(from);
    } else if (name == "id") {
      to.id.read(from);
    } else if (name == "from") {
      to.repeated |= to.from_place >= 0;
      to.from_place = place;
      to.body_begins = name.begins_at();
      read_sender(to, from);
    } else if (name == "text") {
      to.repeated |= to.text_place >= 0;
      to.text_place = place;
      to.text.read(from);
    } else if (name == "html") {
      to.repeated |= to.html_place >= 0;
      to.html_place = place;
      to.html.read(from);
    } else if (name == "subject") {
      to.subject.read(from);
    } else if (name == "at") {
      to.at.read(from);
    } else if (name == "attachments") {
      to.attachments = read_attachments(from);
    } else {
      json_in::check_value(from);
    }
  }

  void read_sender(source_message& to, json_in::value& from) {
    to.from = {};
    to.from.given = true;
    const char* const begin = from.raw_json_token().data();
    auto members = json_in::read_object(from);
    to.from.is_object = members.has_value();
    if (!members) return;
    unsigned seen = 0;
    const auto read_into = [&](unsigned bit, string_member& member, json_in::value& each) {
      if (seen & bit) to.from.clean = false;
      seen |= bit;
      member.read(each);
    };
    json_in::for_each_member(*members, [&](const json_in::key& name, json_in::value& each) {
      if (name == "id") return read_into(1, to.from.id, each);
      if (name == "name") return read_into(2, to.from.name, each);
      if (name == "email") return read_into(4, to.from.email, each);
      if (name == "phone") return read_into(8, to.from.phone, each);
      if (name == "cookie") return read_into(16, to.from.cookie, each);
      to.from.clean = false;
      json_in::check_value(each);
    });
    to.from_source = json_in::source_since(document_, begin);
  }

  void accept(const source_message& source) {
    inbound_message message;
    const auto id = source.id.usable && source.id.value ? view_of(*source.id.value) : std::string_view{};
    if (id.empty() || has_control(id))
      throw frame_fault{refusal_code::invalid, "a message has no usable id", place_in_frame() + "/id"};
    message.external_id = id;

    fault_ = {};
    if (id.size() > external_id_bytes_max) reject(refusal_code::invalid, "/id", too_long);
    read_channel(source, message);
    message.thread = required_name(source.thread, "/thread");
    if (source.from.is_object) {
      message.from_id = required_name(source.from.id, "/from/id");
      message.from_name = optional_text(source.from.name, "/from/name", name_bytes_max);
      message.from_email = optional_text(source.from.email, "/from/email", email_bytes_max);
      message.from_phone = optional_text(source.from.phone, "/from/phone", phone_bytes_max);
      message.from_cookie = optional_text(source.from.cookie, "/from/cookie", external_id_bytes_max);
    } else {
      reject(refusal_code::invalid, "/from", source.from.given ? "must be an object" : absent);
    }
    message.subject = optional_text(source.subject, "/subject", subject_bytes_max);
    check_content(source.text, "/text", true);
    check_content(source.html, "/html", false);
    if (!source.attachments.fault.empty() && !fault_) {
      fault_ = fault{refusal_code::invalid, "/attachments", source.attachments.fault};
      fault_->pointer += source.attachments.pointer;
    }
    read_date(source, message);

    publish_result result;
    if (fault_) {
      result.status = publish_status::rejected;
      result.code = fault_->code;
      into_.faults.push_back(
          {static_cast<std::uint32_t>(into_.messages.size()), std::move(fault_->pointer), std::string{fault_->detail}});
    } else {
      message.body = body_of(source, is_mail(message.channel) ? newest_of(*source.text.value) : std::nullopt);
    }
    into_.messages.push_back(message);
    into_.results.push_back(result);
  }

  /// The first fault is the one that is told.
  void reject(refusal_code code, std::string_view pointer, std::string_view detail) {
    if (!fault_) fault_ = fault{code, std::string{pointer}, detail};
  }

  static std::string_view wrong_text(const string_member& from) { return from.given ? no_text : absent; }

  void read_channel(const source_message& source, inbound_message& message) {
    if (!source.channel.given && scope_.when_absent) {
      message.channel = *scope_.when_absent;
      return;
    }
    if (!source.channel.usable || !source.channel.value)
      return reject(refusal_code::invalid, "/channel", wrong_text(source.channel));
    const auto raw = source.channel.value->raw;
    if (raw != last_channel_text_) {
      const auto parsed = parse_id<channel_id>(view_of(*source.channel.value));
      last_channel_.reset();
      if (parsed && std::binary_search(scope_.channels.begin(), scope_.channels.end(), *parsed)) last_channel_ = parsed;
      last_channel_text_ = raw;
    }
    if (!last_channel_) return reject(refusal_code::not_found, "/channel", unknown_channel);
    message.channel = *last_channel_;
  }

  /// An identifier of the connector's: 1 to 256 bytes, no control characters.
  std::string_view required_name(const string_member& from, std::string_view pointer) {
    if (!from.given || !from.usable || from.value->size > external_id_bytes_max) {
      reject(refusal_code::invalid, pointer, from.given && from.usable ? too_long : wrong_text(from));
      return {};
    }
    const auto name = view_of(*from.value);
    if (name.empty()) reject(refusal_code::invalid, pointer, "must not be empty");
    if (has_control(name)) reject(refusal_code::invalid, pointer, "must have no control characters");
    return name;
  }

  std::string_view optional_text(const string_member& from, std::string_view pointer, std::size_t bytes_max) {
    if (!from.given) return {};
    if (!from.usable) {
      reject(refusal_code::invalid, pointer, no_text);
      return {};
    }
    if (from.value->size > bytes_max) {
      reject(refusal_code::too_large, pointer, too_long);
      return {};
    }
    return view_of(*from.value);
  }

  void check_content(const string_member& from, std::string_view pointer, bool required) {
    if ((required && !from.given) || !from.usable) return reject(refusal_code::invalid, pointer, wrong_text(from));
    if (from.given && from.value->size > text_bytes_max) reject(refusal_code::too_large, pointer, too_long);
  }

  void read_date(const source_message& source, inbound_message& message) {
    if (!source.at.given) return;
    if (source.at.usable) message.sent_at = parse_time(view_of(*source.at.value));
    if (!message.sent_at) reject(refusal_code::invalid, "/at", "must be a time as in RFC 3339");
  }

  std::string_view view_of(const text& of) {
    if (!of.escaped()) return of.raw;
    auto& arena = roomy_arena();
    const auto begin = arena.size();
    json_in::append_decoded(arena, of);
    return std::string_view{arena}.substr(begin);
  }

  [[nodiscard]] bool is_mail(channel_id which) const {
    return !scope_.mail.empty() && std::binary_search(scope_.mail.begin(), scope_.mail.end(), which);
  }

  /// A47. Nothing when the text has no older part.
  static std::optional<std::string> newest_of(const text& of) {
    std::string decoded;
    json_in::append_decoded(decoded, of);
    const auto newest = newest_part(decoded);
    if (newest.size() == decoded.size()) return std::nullopt;
    return std::string{newest};
  }

  /// What is written to it never exceeds what was read, three times over: once decoded, once as a body, once the newest part in it.
  /// So views stay valid.
  std::string& roomy_arena() {
    if (into_.arena.capacity() < into_.text.size()) into_.arena.reserve(3 * into_.text.size() + 64);
    return into_.arena;
  }

  std::string_view body_of(const source_message& source, const std::optional<std::string>& newest) {
    const bool has_html = source.html.given;
    const bool in_one_piece = !newest && source.from.clean && !source.repeated && source.attachments.json.empty() &&
                              source.text_place == source.from_place + 1 &&
                              (has_html ? source.html_place == source.text_place + 1 : true);
    if (in_one_piece) {
      const auto& last = has_html ? source.html.value->raw : source.text.value->raw;
      const char* const end = last.data() + last.size() + 1;  // its closing quote
      return {source.body_begins, static_cast<std::size_t>(end - source.body_begins)};
    }
    auto& arena = roomy_arena();
    const auto begin = arena.size();
    arena += "\"from\":";
    append_sender(arena, source);
    arena.append(",\"text\":\"").append(source.text.value->raw) += '"';
    if (newest) append_json_string(arena.append(",\"newest\":"), *newest);
    if (has_html) arena.append(",\"html\":\"").append(source.html.value->raw) += '"';
    if (!source.attachments.json.empty()) arena.append(",\"attachments\":").append(source.attachments.json);
    return std::string_view{arena}.substr(begin);
  }

  static void append_sender(std::string& out, const source_message& source) {
    if (source.from.clean) {
      out += source.from_source;
      return;
    }
    out.append("{\"id\":\"").append(source.from.id.value->raw) += '"';
    const auto add = [&](std::string_view key, const string_member& member) {
      if (member.given) out.append(",\"").append(key).append("\":\"").append(member.value->raw) += '"';
    };
    add("name", source.from.name);
    add("email", source.from.email);
    add("phone", source.from.phone);
    add("cookie", source.from.cookie);
    out += '}';
  }

  json_in::document& document_;
  const publish_scope& scope_;
  inbound_frame& into_;
  std::optional<fault> fault_;
  std::string_view last_channel_text_;
  std::optional<channel_id> last_channel_;
};

struct attachment_source {
  string_member name, type, url, data;
  std::optional<std::uint64_t> size;

  struct found {
    std::string_view fault;    ///< empty: none
    std::string_view pointer;  ///< into the attachment
  };
  [[nodiscard]] found check() const {
    const auto bad = [](const string_member& of, std::size_t bytes_max) {
      return of.given && (!of.usable || of.value->size > bytes_max);
    };
    if (!name.given || bad(name, attachment_name_bytes_max)) return {"an attachment needs a name", "/name"};
    if (!type.given || bad(type, attachment_name_bytes_max)) return {"an attachment needs a type", "/type"};
    if (!size) return {"an attachment needs a size", "/size"};
    if (url.given == data.given) return {"an attachment has either a url or data", ""};
    if (bad(url, attachment_url_bytes_max)) return {"an attachment's content is not usable", "/url"};
    if (bad(data, frame_bytes_max)) return {"an attachment's content is not usable", "/data"};
    if (url.given && !url.value->raw.starts_with("https://") && !url.value->raw.starts_with("http://"))
      return {"an attachment's url is http or https", "/url"};
    if (data.given && !(data.value->escaped() ? is_base64(json_in::decoded(*data.value)) : is_base64(data.value->raw)))
      return {"an attachment's data is not base64", "/data"};
    return {};
  }

  void append_to(std::string& out) const {
    out.append("{\"name\":\"").append(name.value->raw).append("\",\"type\":\"").append(type.value->raw).append("\",\"size\":");
    append_number(out, *size);
    if (url.given) {
      out.append(",\"url\":\"").append(url.value->raw).append("\"}");
    } else {
      out.append(",\"data\":\"").append(data.value->raw).append("\"}");
    }
  }
};

}  // namespace

attachments_read read_attachments(json_in::value& from) {
  attachments_read out;
  if (json_in::is_null(from)) return out;
  auto elements = json_in::read_array(from);
  if (!elements) return {"attachments is not an array", {}, {}};
  std::size_t count = 0;
  const auto found = [&](std::string_view fault, std::string pointer) {
    if (!out.fault.empty()) return;
    out.fault = fault;
    out.pointer = std::move(pointer);
  };
  json_in::for_each_element(*elements, [&](json_in::value& element) {
    const auto place = count++;
    auto members = json_in::read_object(element);
    if (!members) return found("an attachment is not an object", "/" + std::to_string(place));
    attachment_source source;
    json_in::for_each_member(*members, [&](const json_in::key& name, json_in::value& each) {
      if (name == "name") return source.name.read(each);
      if (name == "type") return source.type.read(each);
      if (name == "url") return source.url.read(each);
      if (name == "data") return source.data.read(each);
      if (name == "size") {
        source.size = json_in::read_unsigned(each);
        return;
      }
      json_in::check_value(each);
    });
    if (count > attachments_max) found("too many attachments", {});
    if (const auto wrong = source.check(); !wrong.fault.empty())
      found(wrong.fault, ("/" + std::to_string(place)).append(wrong.pointer));
    if (!out.fault.empty()) return;
    out.json += out.json.empty() ? '[' : ',';
    source.append_to(out.json);
  });
  if (!out.fault.empty()) out.json.clear();
  if (!out.json.empty()) out.json += ']';
  return out;
}

void read_messages(json_in::document& document, json_in::array& from, const publish_scope& scope, inbound_frame& into) {
  constexpr std::size_t usual_message_bytes = 256;
  const auto expected = std::min(into.text.size() / usual_message_bytes + 1, publish_messages_max);
  into.messages.reserve(expected);
  into.results.reserve(expected);
  message_reader reader{document, scope, into};
  json_in::for_each_element(from, [&](json_in::value& each) {
    if (into.messages.size() == publish_messages_max)
      throw frame_fault{refusal_code::too_large, "too many messages in one frame"};
    reader.read(each);
  });
}

}  // namespace signalbox
