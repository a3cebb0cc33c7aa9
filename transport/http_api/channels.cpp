#include "transport/http_api/assignment_body.hpp"
#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/hours_body.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/ticket_json.hpp"
#include "transport/http_api/user_body.hpp"
#include "transport/http_api/viewing.hpp"

namespace signalbox::resources {

namespace {

http_answer show_channel(const account_config&, const channel& of) {
  std::string out;
  append_channel(out, of);
  return resource_answer(200, of.version, std::move(out));
}

/// One inbox' channels as `answer_page` reads a map: an account may have very many others.
struct channels_of_one {
  using key_type = channel_id;
  using mapped_type = channel;
  const channel_map& all;
  inbox_id inbox;

  template <class F>
  void for_each(F&& f) const {
    for (const auto id : all.of(inbox)) f(*all.find(id));
  }
};

http_answer show_assignment(const account_config& config, const channel& of) {
  std::string out;
  append_assignment_rule(out, config, of);
  return resource_answer(200, of.assignment.version, std::move(out));
}

http_answer show_ticket_rule(const account_config& config, const channel& of) {
  std::string out;
  const auto in_force = place_of(config, of.tickets);
  append_ticket_rule(out, of.tickets, in_force.pipeline, in_force.stage);
  return resource_answer(200, of.tickets.version, std::move(out));
}

}  // namespace

void list_channels(const call_pointer& of) {
  const auto* in = named_inbox(*of);
  if (in == nullptr) return;
  answer_page(
      *of, channels_of_one{of->config->channels, in->id}, [](const channel&) { return true; }, append_channel);
}

void connect_channel(const call_pointer& of) {
  const auto* in = named_inbox(*of);
  if (in == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"type", "name"});
  signalbox::connect_channel wanted{in->id, channel_type::custom, members.text("name", name_bytes_max).value_or("")};
  wanted.type =
      members.word("type", parse_channel_type, "custom, email, chat, form, messenger or whatsapp").value_or(channel_type::custom);
  wanted.address = members.text("address", email_bytes_max);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<channel>(of, std::move(wanted), &account_config::channels, [](const account_config&, const channel& made) {
    std::string out;
    append_channel(out, made);
    return created_answer(made.version, std::move(out), "/v1/channels/" + to_text(made.id));
  });
}

void read_channel(const call_pointer& of) {
  if (const auto* found = named_channel(*of)) of->answer(show_channel(*of->config, *found));
}

void change_channel(const call_pointer& of) {
  const auto* found = named_channel(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  update_channel wanted{found->id,
                        members.flag("on"),
                        members.text("name", name_bytes_max),
                        std::get<maybe<version_number>>(if_match),
                        members.flag("authorized"),
                        read_business_hours(members)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<channel>(of, std::move(wanted), &account_config::channels, show_channel);
}

void delete_channel(const call_pointer& of) {
  const auto* found = named_channel(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_channel{found->id});
}

void read_assignment(const call_pointer& of) {
  if (const auto* found = named_channel(*of)) of->answer(show_assignment(*of->config, *found));
}

void set_assignment(const call_pointer& of) {
  const auto* found = named_channel(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  signalbox::set_assignment wanted{found->id, read_assignment_rule(body.members()), std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<channel>(of, std::move(wanted), &account_config::channels, show_assignment);
}

void read_ticket_rule(const call_pointer& of) {
  if (const auto* found = named_channel(*of)) of->answer(show_ticket_rule(*of->config, *found));
}

void set_ticket_rule(const call_pointer& of) {
  const auto* found = named_channel(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"enabled"});
  set_tickets wanted{found->id, {}, std::get<maybe<version_number>>(if_match)};
  wanted.rule.enabled = members.flag("enabled").value_or(false);
  if (!members.is_null("pipeline")) wanted.rule.pipeline = members.id<pipeline_id>("pipeline");
  if (!members.is_null("stage")) wanted.rule.stage = members.id<stage_id>("stage");
  wanted.rule.owner = read_ticket_owner(members).value_or(ticket_owner_choice{});
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<channel>(of, wanted, &account_config::channels, show_ticket_rule);
}

}  // namespace signalbox::resources
