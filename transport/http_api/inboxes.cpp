#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/user_body.hpp"
#include "transport/http_api/viewing.hpp"

namespace signalbox::resources {

namespace {

http_answer show_inbox(const account_config&, const inbox& of) {
  std::string out;
  append_inbox(out, of);
  return resource_answer(200, of.version, std::move(out));
}

http_answer show_access(const account_config&, const inbox& of) {
  std::string out;
  append_access(out, of.access);
  return resource_answer(200, of.access.version, std::move(out));
}

}  // namespace

void list_inboxes(const call_pointer& of) {
  answer_page(
      *of, of->config->inboxes, [&](const inbox& one) { return may_view(*of->who, one); }, append_inbox);
}

void create_inbox(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"name"});
  signalbox::create_inbox wanted;
  wanted.name = members.text("name", name_bytes_max).value_or("");
  if (const auto access = members.object("access")) wanted.access = read_access_list(*access);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, [](const account_config&, const inbox& made) {
    std::string out;
    append_inbox(out, made);
    return created_answer(made.version, std::move(out), "/v1/inboxes/" + to_text(made.id));
  });
}

void read_inbox(const call_pointer& of) {
  if (const auto* found = named_inbox(*of)) of->answer(show_inbox(*of->config, *found));
}

void change_inbox(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"name"});
  rename_inbox wanted{found->id, members.text("name", name_bytes_max).value_or(""), std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, show_inbox);
}

void delete_inbox(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_inbox{found->id});
}

void read_access(const call_pointer& of) {
  if (const auto* found = named_inbox(*of)) of->answer(show_access(*of->config, *found));
}

void set_access(const call_pointer& of) {
  const auto* found = named_inbox(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  signalbox::set_access wanted{found->id, read_access_list(body.members()), std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<inbox>(of, std::move(wanted), &account_config::inboxes, show_access);
}

}  // namespace signalbox::resources
