#include <charconv>

#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

constexpr std::string_view newest = "newest";

std::vector<happening> read_types(query_reader& query) {
  std::vector<happening> all;
  auto text = query.text("types").value_or("");
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto known = parse_happening(text.substr(0, comma))) {
      all.push_back(*known);
    } else {
      query.fault("types", "must be types of events with commas between them, such as message.created,message.status");
      return {};
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

std::optional<milliseconds> parse_wait(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (std::chrono::seconds{seconds} > account_events_wait_max) return std::nullopt;
  return std::chrono::seconds{seconds};
}

}  // namespace

void list_account_events(const call_pointer& of) {
  if (!of->who->permissions.super_admin)
    return of->refuse(refusal_code::access_denied, "the account's events need the permission super_admin");
  query_reader query{*of};
  account_events_query wanted;
  wanted.limit = query.limit();
  wanted.types = read_types(query);
  if (const auto after = query.text("after"); after && !after->empty()) {
    wanted.newest = *after == newest;
    if (!wanted.newest) wanted.after = parse_cursor(*after);
    if (!wanted.newest && !wanted.after) query.fault("after", "must be the next of a call before, or newest");
  }
  wanted.wait = query.word("wait", parse_wait, "whole seconds from 0 to 30").value_or(milliseconds{0});
  wanted.hung_up = of->request.hung_up;
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.read_account_events(of->by, std::move(wanted),
                                 answer_with<account_events_page>(of, [](call&, account_events_page& found) {
                                   std::string out = R"({"items":[)";
                                   for (const auto& one : found.items) {
                                     if (out.back() != '[') out += ',';
                                     append_account_event(out, one);
                                   }
                                   out += R"(],"next":)";
                                   append_cursor(out, found.next);
                                   out += R"(,"more":)";
                                   append_bool(out, found.more);
                                   out += '}';
                                   return json_answer(200, std::move(out));
                                 }));
}

}  // namespace signalbox::resources
