#include <map>

#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/user_body.hpp"

namespace signalbox::resources {

namespace {

std::string shown(const account_config& config, const team& of) {
  std::string out;
  append_team(out, of, shown_members(config, of.id));
  return out;
}

http_answer show_team(const account_config& config, const team& of) {
  return resource_answer(200, of.version, shown(config, of));
}

const team* named_team(call& of) {
  const auto id = of.path_id<team_id>();
  const auto* found = id ? of.config->teams.find(*id) : nullptr;
  if (found == nullptr) of.refuse(refusal_code::not_found, "there is no such team");
  return found;
}

maybe<std::vector<team_member>> read_members(const object_reader& from) {
  const auto items = from.objects("members", access_list_max);
  if (!items) return std::nullopt;
  std::vector<team_member> all;
  for (const auto& item : *items) {
    item.require({"user"});
    const auto who = item.id<user_id>("user");
    const auto main = item.flag("main");
    if (who) all.push_back({*who, main.value_or(true)});
  }
  return all;
}

}  // namespace

void list_teams(const call_pointer& of) {
  std::map<team_id, std::vector<shown_member>> members;  // gathered in one pass over the users, whatever the page holds
  for (const auto& who : of->config->users.ordered())
    for (const auto& membership : who->teams) members[membership.team].push_back({who->id, membership.main});
  answer_page(
      *of, of->config->teams, [](const team&) { return true; },
      [&](std::string& out, const team& one) { append_team(out, one, members[one.id]); });
}

void create_team(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"name"});
  signalbox::create_team wanted;
  wanted.name = members.text("name", name_bytes_max).value_or("");
  wanted.members = read_members(members).value_or(std::vector<team_member>{});
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<team>(of, std::move(wanted), &account_config::teams, [](const account_config& config, const team& made) {
    return created_answer(made.version, shown(config, made), "/v1/teams/" + to_text(made.id));
  });
}

void read_team(const call_pointer& of) {
  if (const auto* found = named_team(*of)) of->answer(show_team(*of->config, *found));
}

void change_team(const call_pointer& of) {
  const auto* found = named_team(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  update_team wanted{found->id, members.text("name", name_bytes_max), read_members(members),
                     std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<team>(of, std::move(wanted), &account_config::teams, show_team);
}

void delete_team(const call_pointer& of) {
  const auto* found = named_team(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_team{found->id});
}

}  // namespace signalbox::resources
