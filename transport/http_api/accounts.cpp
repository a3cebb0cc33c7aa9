#include <algorithm>

#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/user_body.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

constexpr std::size_t subdomain_bytes_max = 63;
constexpr std::string_view plans = "free, starter, professional or enterprise";

http_answer show_account(int status, const account& of) {
  std::string out;
  append_account(out, of);
  return resource_answer(status, of.version, std::move(out));
}

}  // namespace

void found_account(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"name", "subdomain", "plan", "admin"});
  new_account wanted;
  wanted.name = members.text("name", name_bytes_max).value_or("");
  wanted.subdomain = members.text("subdomain", subdomain_bytes_max).value_or("");
  wanted.plan = members.word("plan", parse_plan, plans).value_or(plan::free);
  std::string password;
  if (const auto admin = members.object("admin")) {
    admin->require({"first_name", "last_name", "email", "password"});
    wanted.admin = read_user_fields(*admin);
    password = read_password(*admin).value_or("");
  }
  if (const auto no = body.faults()) return of->refuse(*no);

  of->behind.found_account(of->by, std::move(wanted), std::move(password), key_of_call(*of),
                           answer_with<account_founded>(of, [](call&, account_founded& made) {
                             const auto& config = *made.config;
                             std::string out = R"({"account":)";
                             append_account(out, config.account);
                             out += R"(,"inbox":)";
                             append_inbox(out, *config.inboxes.find(made.default_inbox));
                             out += R"(,"user":)";
                             append_user(out, *config.users.find(made.first_user));
                             out += R"(,"token":)";
                             append_json_string(out, made.token);
                             out += '}';
                             return json_answer(201, std::move(out));
                           }));
}

void list_accounts(const call_pointer& of) {
  query_reader query{*of};
  const auto limit = query.limit();
  const auto after = query.after<account_id>();
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_accounts(
      of->by, answer_with<std::vector<config_snapshot>>(of, [limit, after](call&, std::vector<config_snapshot>& all) {
        const auto id_of = [](const config_snapshot& one) { return one->account.id; };
        std::ranges::sort(all, {}, id_of);
        auto first = after ? std::ranges::upper_bound(all, *after, {}, id_of) : all.begin();
        const auto last = first + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(limit), all.end() - first);
        std::string out = R"({"items":[)";
        for (auto one = first; one != last; ++one) {
          if (one != first) out += ',';
          append_account(out, (*one)->account);
        }
        append_next(out, last != all.end() ? std::optional{to_text(id_of(*(last - 1)))} : std::nullopt);
        return json_answer(200, std::move(out));
      }));
}

void read_account(const call_pointer& of) { of->answer(show_account(200, of->config->account)); }

void change_account(const call_pointer& of) {
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  rename_account wanted;
  wanted.name = members.text("name", name_bytes_max);
  wanted.plan = members.word("plan", parse_plan, plans);
  wanted.if_match = std::get<maybe<version_number>>(if_match);
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.change(of->by, std::move(wanted), std::nullopt, std::nullopt,
                    answer_with<changed>(of, [](call&, changed& now) { return show_account(200, now.config->account); }));
}

}  // namespace signalbox::resources
