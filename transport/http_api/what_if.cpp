#include "transport/http_api/what_if.hpp"

#include "transport/http_api/assignment_body.hpp"
#include "transport/http_api/viewing.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

constexpr std::size_t conversations_shown_max = 1'000;

void append_wait(std::string& out, std::string_view key, std::optional<milliseconds> of) {
  out += key;
  if (of) {
    append_number(out, static_cast<std::uint64_t>(of->count()));
  } else {
    out += "null";
  }
}

void append_figures(std::string& out, const placement_figures& of) {
  out += R"({"assigned":)";
  append_number(out, of.assigned);
  out += R"(,"unassigned":)";
  append_number(out, of.unassigned);
  append_wait(out, R"(,"wait_ms":{"p50":)", of.wait_p50);
  append_wait(out, R"(,"p95":)", of.wait_p95);
  append_wait(out, R"(,"max":)", of.wait_max);
  out += R"(},"users":[)";
  for (const auto& [who, share] : of.users) {
    if (out.back() != '[') out += ',';
    out += R"({"user":)";
    append_json_id(out, who);
    out += R"(,"assigned":)";
    append_number(out, share.assigned);
    out += R"(,"open_most":)";
    append_number(out, share.open_most);
    out += '}';
  }
  out += "]}";
}

void append_placement(std::string& out, const placement& of) {
  out += R"({"user":)";
  append_json_id(out, of.user);
  append_wait(out, R"(,"waited_ms":)", of.user ? std::optional{of.waited} : std::nullopt);
  out += '}';
}

http_answer show(call&, what_if_answer& found) {
  std::string out = R"({"from":)";
  append_json_time(out, found.from);
  out += R"(,"to":)";
  append_json_time(out, found.to);
  out += R"(,"truncated":)";
  append_bool(out, found.truncated);
  out += R"(,"actual":)";
  append_figures(out, found.actual_figures);
  out += R"(,"what_if":)";
  append_figures(out, found.what_if_figures);
  out += R"(,"conversations":[)";
  const auto shown = std::min(found.actual.size(), conversations_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ',';
    out += R"({"conversation":)";
    append_json_id(out, found.actual[i].conversation);
    out += R"(,"at":)";
    append_json_time(out, found.actual[i].at);
    out += R"(,"actual":)";
    append_placement(out, found.actual[i]);
    out += R"(,"what_if":)";
    append_placement(out, found.what_if[i]);
    out += '}';
  }
  out += R"(],"conversations_left_out":)";
  append_number(out, found.actual.size() - shown);
  out += '}';
  return json_answer(200, std::move(out));
}

}  // namespace

void ask_what_if(const call_pointer& of) {
  const auto* found = named_channel(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"from", "to", "assignment"});
  what_if_query wanted;
  wanted.channel = found->id;
  wanted.from = members.time("from").value_or(time_point{});
  wanted.to = members.time("to").value_or(time_point{});
  if (const auto rule = members.object("assignment")) wanted.rule = read_assignment_rule(*rule);
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.ask_what_if(of->by, std::move(wanted), answer_with<what_if_answer>(of, show));
}

}  // namespace signalbox::resources
