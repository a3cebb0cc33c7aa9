#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/viewing.hpp"

namespace signalbox::resources {

namespace {

http_answer show_filters(const account_config&, const inbox& of) {
  std::string out;
  append_filters(out, of.filters);
  return resource_answer(200, of.filters.version, std::move(out));
}

std::vector<std::string> read_entries(const object_reader& from, std::string_view key) {
  std::vector<std::string> all;
  if (auto given = from.texts(key, filter_entries_max))
    for (auto& one : *given) all.push_back(std::move(one).value_or(""));
  return all;
}

}  // namespace

void read_filters(const call_pointer& of) {
  if (const auto* found = named_inbox(*of)) of->answer(show_filters(*of->config, *found));
}

void set_filters(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  set_mail_filters wanted{found->id, {}, std::get<maybe<version_number>>(if_match)};
  wanted.filters.allow = read_entries(members, "allow");
  wanted.filters.deny = read_entries(members, "deny");
  wanted.filters.automated_responses = members.flag("automated_responses").value_or(true);
  wanted.filters.own_addresses = members.flag("own_addresses").value_or(true);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, show_filters);
}

}  // namespace signalbox::resources
