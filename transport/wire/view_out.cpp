#include "transport/wire/view_out.hpp"

#include "transport/wire/json_out.hpp"

namespace signalbox {

namespace {

void append_counts(std::string& out, const view_counts& counts) {
  const auto one = [&](std::string_view name, std::int64_t count) {
    out += name;
    out += std::to_string(count);
  };
  one("{\"open\":", counts.open);
  one(",\"closed\":", counts.closed);
  one(",\"unassigned\":", counts.unassigned);
  one(",\"waiting\":", counts.waiting);
  one(",\"spam\":", counts.spam);
  one(",\"deleted\":", counts.deleted);
  out += '}';
}

}  // namespace

bool append_view_frame(std::string& out, std::string_view watch, const view_picture* before, const view_picture& now) {
  static const view_picture nothing;
  const auto change = difference(before ? *before : nothing, now);
  if (before && change.nothing()) return false;
  out += "{\"op\":\"view\",\"watch\":";
  append_json_string(out, watch);
  out += ",\"whole\":";
  append_bool(out, !before);
  out += ",\"rows\":[";
  for (std::size_t i = 0; i < change.rows.size(); ++i) {
    if (i > 0) out += ',';
    append_conversation(out, *change.rows[i]);
  }
  out += "],\"gone\":[";
  for (std::size_t i = 0; i < change.gone.size(); ++i) {
    if (i > 0) out += ',';
    append_json_id(out, change.gone[i]);
  }
  out += "],\"counts\":";
  append_counts(out, now.counts);
  out += '}';
  return true;
}

void append_unwatched_frame(std::string& out, std::string_view watch, const refusal& why) {
  out += "{\"op\":\"unwatched\",\"watch\":";
  append_json_string(out, watch);
  out += ",\"problem\":";
  append_problem(out, why);
  out += '}';
}

}  // namespace signalbox
