#include "transport/http_api/ticket_json.hpp"

#include "transport/wire/json_out.hpp"

namespace signalbox {

namespace {

void append_version(std::string& out, version_number of) {
  out += R"(,"version":)";
  append_number(out, of);
  out += '}';
}

}  // namespace

void append_pipeline(std::string& out, const pipeline& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  out += R"(,"name":)";
  append_json_string(out, of.name);
  out += R"(,"default":)";
  append_bool(out, of.is_default);
  out += R"(,"stages":[)";
  for (const auto& one : of.stages) {
    out += out.back() == '[' ? R"({"id":)" : R"(,{"id":)";
    append_json_id(out, one.id);
    out += R"(,"name":)";
    append_json_string(out, one.name);
    out += R"(,"closed":)";
    append_bool(out, one.closed);
    out += '}';
  }
  out += R"(],"created_at":)";
  append_json_time(out, of.created_at);
  append_version(out, of.version);
}

void append_ticket_rule(std::string& out, const ticket_rule& rule, std::optional<pipeline_id> pipeline,
                        std::optional<stage_id> stage) {
  out += R"({"enabled":)";
  append_bool(out, rule.enabled);
  out += R"(,"pipeline":)";
  append_json_id(out, pipeline);
  out += R"(,"stage":)";
  append_json_id(out, stage);
  out += R"(,"owner":)";
  if (rule.owner.kind == ticket_owner::user) {
    append_json_id(out, rule.owner.user);
  } else {
    append_json_string(out, to_text(rule.owner.kind));
  }
  append_version(out, rule.version);
}

std::optional<ticket_owner_choice> read_ticket_owner(const object_reader& from) {
  if (from.is_null("owner")) return ticket_owner_choice{ticket_owner::none, std::nullopt};
  const auto given = from.text("owner", object_reader::word_bytes_max);
  if (!given) return std::nullopt;
  if (const auto who = parse_id<user_id>(*given)) return ticket_owner_choice{ticket_owner::user, who};
  if (const auto kind = parse_ticket_owner(*given)) return ticket_owner_choice{*kind, std::nullopt};
  from.fault("owner", "must be conversation_owner, contact_owner, none or an id that begins with usr_");
  return std::nullopt;
}

}  // namespace signalbox
