#include "app/replay/company.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>

#include "app/secrets.hpp"

namespace signalbox {

namespace json = boost::json;
using boost::asio::awaitable;

namespace {

constexpr std::array<std::string_view, 16> first_names{"Ada",  "Ben",   "Chidi", "Dora", "Emre", "Fay",  "Goran", "Hana",
                                                       "Ines", "Jonas", "Kofi",  "Lena", "Mina", "Noor", "Otto",  "Pia"};
constexpr std::array<std::string_view, 6> channel_names{"Website chat", "Mobile app",   "Text messages",
                                                        "Contact form", "Social media", "Front desk"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

template <std::size_t N>
std::string pick_name(const std::array<std::string_view, N>& names, std::size_t i) {
  const std::string name(names[i % N]);
  return i < N ? name : fmt::format("{} {}", name, i / N + 1);
}

json::array ids_of(const std::vector<demo_channel>& channels, std::size_t first, std::size_t step) {
  json::array out;
  for (auto i = first; i < channels.size(); i += step) out.emplace_back(channels[i].id);
  return out;
}

awaitable<std::string> make_token(api_client& api, std::string name, json::array channels) {
  json::object body{{"kind", "connector"}, {"name", name}};
  body["channels"] = std::move(channels);
  const auto made = co_await api.post("/v1/tokens", std::move(body));
  co_return text_in(made, "token");
}

}  // namespace

awaitable<demo_company> found_company(api_client& api, const replay_options& options) {
  demo_company out;
  const auto subdomain = "demo-" + lower(random_digits(8));
  out.admin_email = fmt::format("admin@{}.example", subdomain);
  out.admin_password = random_digits(20);
  api.use_token(options.admin_token);
  json::object admin{
      {"first_name", "Alex"}, {"last_name", "Admin"}, {"email", out.admin_email}, {"password", out.admin_password}};
  json::object account{{"name", options.account}, {"subdomain", subdomain}, {"plan", "professional"}};
  account["admin"] = std::move(admin);
  const auto founded = co_await api.post("/v1/accounts", std::move(account));
  out.account = text_in(founded, "account.id");
  out.admin_session_token = text_in(founded, "token");
  const auto inbox = text_in(founded, "inbox.id");
  api.use_token(out.admin_session_token);

  json::array users;
  for (std::size_t i = 0; i < options.agents; ++i) {
    const auto name = pick_name(first_names, i);
    const auto email = fmt::format("agent{}@{}.example", i + 1, subdomain);
    const auto password = random_digits(20);
    json::object user{{"first_name", name},   {"last_name", "Agent"}, {"email", email},
                      {"password", password}, {"seat", "paid"},       {"capacity", options.capacity}};
    const auto made = co_await api.post("/v1/users", std::move(user));
    users.emplace_back(text_in(made, "id"));
    json::object login{{"email", email}, {"password", password}};
    const auto session = co_await api.post("/v1/sessions", std::move(login));
    out.agents.push_back({name, text_in(session, "token")});
  }

  const auto channels =
      std::max(options.channels, options.connectors);  // a connector without a channel would have nothing to say
  for (std::size_t i = 0; i < channels; ++i) {
    const auto name = pick_name(channel_names, i);
    json::object wanted{{"type", "custom"}, {"name", name}};
    const auto made = co_await api.post("/v1/inboxes/" + inbox + "/channels", std::move(wanted));
    out.channels.push_back({text_in(made, "id"), name});
    json::object nobody;
    nobody["users"] = json::array();
    nobody["teams"] = json::array();
    json::object rule{
        {"enabled", true}, {"assign_to", "specific"}, {"only_available", true}, {"strategy", "balanced"}, {"queue", true}};
    rule["users"] = users;
    rule["teams"] = json::array();
    rule["fallback"] = std::move(nobody);
    co_await api.put("/v1/channels/" + out.channels.back().id + "/assignment", std::move(rule));
  }
  for (std::size_t i = 0; i < options.connectors; ++i)
    out.connector_tokens.push_back(
        co_await make_token(api, fmt::format("Replay {}", i + 1), ids_of(out.channels, i, options.connectors)));
  out.connector_token = co_await make_token(api, "By hand", ids_of(out.channels, 0, 1));
  co_return out;
}

}  // namespace signalbox
