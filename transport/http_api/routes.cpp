#include "transport/http_api/routes.hpp"

#include <array>

#include "transport/http_api/resources.hpp"
#include "transport/http_api/what_if.hpp"

namespace signalbox {

namespace {

using enum audience;
using enum body_kind;

// clang-format off
constexpr auto table = std::to_array<route>({
    {"GET",    "/v1/accounts",                       operators, none, resources::list_accounts},
    {"POST",   "/v1/accounts",                       operators, json, resources::found_account},
    {"GET",    "/v1/account",                        users,     none, resources::read_account},
    {"PATCH",  "/v1/account",                        users,     json, resources::change_account},
    {"GET",    "/v1/audit",                          users,     none, resources::list_audit},

    {"GET",    "/v1/users",                          users,     none, resources::list_users},
    {"POST",   "/v1/users",                          users,     json, resources::create_user},
    {"GET",    "/v1/users/{id}",                     users,     none, resources::read_user},
    {"PATCH",  "/v1/users/{id}",                     users,     json, resources::change_user},
    {"DELETE", "/v1/users/{id}",                     users,     none, resources::delete_user},
    {"GET",    "/v1/users/{id}/availability",        users,     none, resources::read_availability},
    {"PUT",    "/v1/users/{id}/availability",        users,     json, resources::set_availability},

    {"GET",    "/v1/teams",                          users,     none, resources::list_teams},
    {"POST",   "/v1/teams",                          users,     json, resources::create_team},
    {"GET",    "/v1/teams/{id}",                     users,     none, resources::read_team},
    {"PATCH",  "/v1/teams/{id}",                     users,     json, resources::change_team},
    {"DELETE", "/v1/teams/{id}",                     users,     none, resources::delete_team},

    {"GET",    "/v1/tokens",                         users,     none, resources::list_tokens},
    {"POST",   "/v1/tokens",                         users,     json, resources::create_token},
    {"DELETE", "/v1/tokens/{id}",                    users,     none, resources::delete_token},
    {"POST",   "/v1/sessions",                       anybody,   json, resources::open_session},
    {"DELETE", "/v1/sessions/current",               users,     none, resources::close_session},

    {"GET",    "/v1/inboxes",                        users,     none, resources::list_inboxes},
    {"POST",   "/v1/inboxes",                        users,     json, resources::create_inbox},
    {"GET",    "/v1/inboxes/{id}",                   users,     none, resources::read_inbox},
    {"PATCH",  "/v1/inboxes/{id}",                   users,     json, resources::change_inbox},
    {"DELETE", "/v1/inboxes/{id}",                   users,     none, resources::delete_inbox},
    {"GET",    "/v1/inboxes/{id}/access",            users,     none, resources::read_access},
    {"PUT",    "/v1/inboxes/{id}/access",            users,     json, resources::set_access},
    {"GET",    "/v1/inboxes/{id}/fallback-email",    users,     none, resources::read_fallback_email},
    {"PUT",    "/v1/inboxes/{id}/fallback-email",    users,     json, resources::set_fallback_email},
    {"POST",   "/v1/inboxes/{id}/fallback-email/verify",  users, json, resources::verify_address},
    {"POST",   "/v1/inboxes/{id}/fallback-email/preview", users, json, resources::preview_fallback_email},
    {"GET",    "/v1/inboxes/{id}/filters",           users,     none, resources::read_filters},
    {"PUT",    "/v1/inboxes/{id}/filters",           users,     json, resources::set_filters},
    {"GET",    "/v1/outbox/mails",                   operators, none, resources::list_outgoing_mails},
    {"GET",    "/v1/inboxes/{id}/channels",          users,     none, resources::list_channels},
    {"POST",   "/v1/inboxes/{id}/channels",          users,     json, resources::connect_channel},

    {"GET",    "/v1/channels/{id}",                  users,     none, resources::read_channel},
    {"PATCH",  "/v1/channels/{id}",                  users,     json, resources::change_channel},
    {"DELETE", "/v1/channels/{id}",                  users,     none, resources::delete_channel},
    {"GET",    "/v1/channels/{id}/assignment",       users,     none, resources::read_assignment},
    {"PUT",    "/v1/channels/{id}/assignment",       users,     json, resources::set_assignment},
    {"POST",   "/v1/channels/{id}/assignment/what-if", users,   json, resources::ask_what_if},
    {"GET",    "/v1/channels/{id}/tickets",          users,     none, resources::read_ticket_rule},
    {"PUT",    "/v1/channels/{id}/tickets",          users,     json, resources::set_ticket_rule},
    {"POST",   "/v1/channels/{id}/messages",         users_and_connectors, json, resources::publish_messages},

    {"GET",    "/v1/pipelines",                      users,     none, resources::list_pipelines},
    {"POST",   "/v1/pipelines",                      users,     json, resources::create_pipeline},
    {"GET",    "/v1/pipelines/{id}",                 users,     none, resources::read_pipeline},
    {"PATCH",  "/v1/pipelines/{id}",                 users,     json, resources::change_pipeline},
    {"DELETE", "/v1/pipelines/{id}",                 users,     none, resources::delete_pipeline},

    {"GET",    "/v1/tickets",                        users,     none, resources::list_tickets},
    {"POST",   "/v1/tickets",                        users,     json, resources::open_ticket},
    {"GET",    "/v1/tickets/{id}",                   users,     none, resources::read_ticket},
    {"PATCH",  "/v1/tickets/{id}",                   users,     json, resources::change_ticket},

    {"GET",    "/v1/conversations",                  users,     none, resources::list_conversations},
    {"GET",    "/v1/conversations/{id}",             users,     none, resources::read_conversation},
    {"PATCH",  "/v1/conversations/{id}",             users,     json, resources::change_conversation},
    {"DELETE", "/v1/conversations/{id}",             users,     none, resources::delete_conversation},
    {"POST",   "/v1/conversations/{id}/restore",     users,     none, resources::restore_conversation},
    {"POST",   "/v1/conversations/{id}/accept",      users,     none, resources::accept_conversation},
    {"POST",   "/v1/conversations/{id}/decline",     users,     none, resources::decline_conversation},
    {"GET",    "/v1/conversations/{id}/waiting",     users,     none, resources::read_waiting},
    {"GET",    "/v1/conversations/{id}/history",     users,     none, resources::read_history},
    {"GET",    "/v1/conversations/{id}/decisions",   users,     none, resources::read_decisions},
    {"POST",   "/v1/conversations/{id}/messages",    users,     json, resources::reply_to_contact},
    {"POST",   "/v1/conversations/{id}/comments",    users,     json, resources::add_comment},
    {"PUT",    "/v1/conversations/{id}/assignee",    users,     json, resources::assign_conversation},
    {"DELETE", "/v1/conversations/{id}/assignee",    users,     none, resources::unassign_conversation},
    {"PUT",    "/v1/conversations/{id}/inbox",       users,     json, resources::move_conversation},

    {"GET",    "/v1/contacts",                       users,     none, resources::list_contacts},
    {"POST",   "/v1/contacts",                       users,     json, resources::create_contact},
    {"GET",    "/v1/contacts/{id}",                  users,     none, resources::read_contact},
    {"PATCH",  "/v1/contacts/{id}",                  users,     json, resources::change_contact},
    {"DELETE", "/v1/contacts/{id}",                  users,     none, resources::delete_contact},
    {"POST",   "/v1/contacts/{id}/merge",            users,     json, resources::merge_contact},
    {"GET",    "/v1/notices",                        users,     none, resources::list_notices},

    {"GET",    "/v1/webhooks",                       users,     none, resources::list_webhooks},
    {"POST",   "/v1/webhooks",                       users,     json, resources::create_webhook},
    {"GET",    "/v1/webhooks/{id}",                  users,     none, resources::read_webhook},
    {"PATCH",  "/v1/webhooks/{id}",                  users,     json, resources::change_webhook},
    {"DELETE", "/v1/webhooks/{id}",                  users,     none, resources::delete_webhook},
    {"POST",   "/v1/webhooks/{id}/rotate-secret",    users,     none, resources::rotate_webhook_secret},
    {"GET",    "/v1/webhooks/{id}/deliveries",       users,     none, resources::list_webhook_deliveries},
    {"POST",   "/v1/webhooks/{id}/redeliver",        users,     json, resources::redeliver},
    {"GET",    "/v1/events",                         users,     none, resources::list_account_events},

    {"POST",   "/v1/backups",                        operators, json, resources::make_backup},
    {"GET",    "/metrics",                           anybody,   none, resources::show_metrics},
    {"GET",    "/healthz",                           anybody,   none, resources::show_health},
    {"GET",    "/readyz",                            anybody,   none, resources::show_readiness},
    {"GET",    "/v1/openapi.yaml",                   anybody,   none, resources::show_openapi},
    {"GET",    "/v1/docs",                           anybody,   none, resources::show_docs},
});
// clang-format on

/// Whether `path` is `pattern`, with what stood for each `{id}` in `ids`.
bool matches(std::string_view pattern, const std::vector<std::string>& path, std::vector<std::string>& ids) {
  ids.clear();
  for (const auto& segment : path) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
    const auto wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(wanted.size());
    if (wanted == "{id}") {
      ids.push_back(segment);
    } else if (wanted != segment) {
      return false;
    }
  }
  return pattern.empty();
}

}  // namespace

std::span<const route> all_routes() { return table; }

route_match find_route(std::string_view method, const std::vector<std::string>& path) {
  const auto wanted = method == "HEAD" ? "GET" : method;  // the same, of which the listener writes no body
  route_match match;
  for (const auto& one : table) {
    if (!matches(one.pattern, path, match.path_ids)) continue;
    if (one.method == wanted) {
      match.found = &one;
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += one.method == "GET" ? "GET, HEAD" : one.method;
  }
  return match;
}

}  // namespace signalbox
