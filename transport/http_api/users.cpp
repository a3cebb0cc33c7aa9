#include "transport/http_api/changing.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/user_body.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

http_answer show_user(const account_config&, const user& of) {
  std::string out;
  append_user(out, of);
  return resource_answer(200, of.version, std::move(out));
}

http_answer show_availability(call&, const availability& of) {
  std::string out;
  append_availability(out, of);
  return json_answer(200, std::move(out));
}

/// The user that the path names; null after a refusal.
const user* named_user(call& of) {
  const auto id = of.path_id<user_id>();
  const auto* found = id ? of.config->users.find(*id) : nullptr;
  if (found == nullptr) of.refuse(refusal_code::not_found, "there is no such user");
  return found;
}

}  // namespace

void list_users(const call_pointer& of) {
  answer_page(
      *of, of->config->users, [](const user&) { return true; }, append_user);
}

void create_user(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"first_name", "last_name", "email", "seat"});
  signalbox::create_user wanted{read_user_fields(members)};
  auto password = read_password(members);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<user>(
      of, std::move(wanted), &account_config::users,
      [](const account_config&, const user& made) {
        std::string out;
        append_user(out, made);
        return created_answer(made.version, std::move(out), "/v1/users/" + to_text(made.id));
      },
      std::move(password));
}

void read_user(const call_pointer& of) {
  if (const auto* found = named_user(*of)) of->answer(show_user(*of->config, *found));
}

void change_user(const call_pointer& of) {
  const auto* found = named_user(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  update_user wanted{found->id, read_user_fields(members), std::get<maybe<version_number>>(if_match)};
  auto password = read_password(members);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<user>(of, std::move(wanted), &account_config::users, show_user, std::move(password));
}

void delete_user(const call_pointer& of) {
  const auto* found = named_user(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_user{found->id});
}

void read_availability(const call_pointer& of) {
  const auto* found = named_user(*of);
  if (found == nullptr) return;
  of->behind.availability(of->by, found->id, answer_with<availability>(of, show_availability));
}

void set_availability(const call_pointer& of) {
  const auto* found = named_user(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"status"});
  const auto status = members.word("status", parse_presence, "available or away");
  std::optional<time_point> until;
  if (!members.is_null("until")) until = members.time("until");
  if (until && *until <= of->now) members.fault("until", "must be in the future");
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.set_availability(of->by, found->id, *status, until, answer_with<availability>(of, show_availability));
}

}  // namespace signalbox::resources
