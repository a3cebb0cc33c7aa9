#include "bench/load/company.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <future>

#include "bench/load/http_client.hpp"

namespace signalbox::load {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value, const char* member) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(member) : nullptr;
  if (!found || !found->is_string()) throw http_failed(fmt::format("an answer lacks the text \"{}\"", member));
  return {found->get_string().data(), found->get_string().size()};
}

const json::value& part_of(const json::value& value, const char* member) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(member) : nullptr;
  if (!found) throw http_failed(fmt::format("an answer lacks \"{}\"", member));
  return *found;
}

constexpr const char* password = "correct horse battery staple";

}  // namespace

company found_company(const endpoint& server, const std::string& admin_token, const company_shape& shape) {
  http_client http{server};
  const auto unique = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto domain = fmt::format("load-{:x}", unique.count());

  const auto founded = http.call("POST", "/v1/accounts", admin_token,
                                 {{"name", "Load"},
                                  {"subdomain", domain},
                                  {"plan", "enterprise"},
                                  {"admin",
                                   {{"first_name", "Load"},
                                    {"last_name", "Owner"},
                                    {"email", fmt::format("owner@{}.example", domain)},
                                    {"password", password}}}});
  company out;
  out.account = text_of(part_of(founded, "account"), "id");
  const auto token = text_of(founded, "token");
  std::vector<std::string> inboxes{text_of(part_of(founded, "inbox"), "id")};
  while (inboxes.size() < shape.inboxes) {
    const auto inbox = http.call("POST", "/v1/inboxes", token,
                                 {{"name", fmt::format("Inbox {}", inboxes.size() + 1)}, {"access", {{"mode", "everyone"}}}});
    inboxes.push_back(text_of(inbox, "id"));
  }

  // Each is two passwords hashed, which takes a core: two at a time.
  out.agents.resize(shape.agents);
  const auto make_every_second = [&](std::uint32_t from) {
    http_client own{server};
    for (auto i = from; i < shape.agents; i += 2) {
      const auto email = fmt::format("agent{}@{}.example", i, domain);
      const auto user = own.call("POST", "/v1/users", token,
                                 {{"first_name", "Agent"},
                                  {"last_name", fmt::format("Number{}", i)},
                                  {"email", email},
                                  {"password", password},
                                  {"seat", "paid"}});
      const auto session = own.call("POST", "/v1/sessions", "", {{"email", email}, {"password", password}});
      out.agents[i] = {text_of(user, "id"), text_of(session, "token")};
    }
  };
  auto odd = std::async(std::launch::async, make_every_second, 1);
  make_every_second(0);
  odd.get();
  json::array users;
  for (const auto& each : out.agents) users.emplace_back(each.user);

  // The first one's connection has rested for a minute, where there are many agents.
  http_client later{server};
  std::vector<std::string> channels;
  for (std::uint32_t i = 0; i < shape.channels; ++i) {
    const auto channel = later.call("POST", fmt::format("/v1/inboxes/{}/channels", inboxes[i % inboxes.size()]), token,
                                    {{"type", "custom"}, {"name", fmt::format("Channel {}", i)}});
    channels.push_back(text_of(channel, "id"));
    later.call("PUT", fmt::format("/v1/channels/{}/assignment", channels.back()), token,
               {{"enabled", true},
                {"assign_to", "specific"},
                {"users", users},
                {"teams", json::array{}},
                {"only_available", true},
                {"strategy", "balanced"},
                {"queue", true},
                {"fallback", {{"users", json::array{}}, {"teams", json::array{}}}}});
  }

  for (std::uint32_t i = 0; i < shape.connectors; ++i) {
    const auto& channel = channels[i % channels.size()];
    const auto made =
        later.call("POST", "/v1/tokens", token,
                   {{"kind", "connector"}, {"name", fmt::format("load/{}", i)}, {"channels", json::array{channel}}});
    out.connectors.push_back({text_of(made, "token"), channel});
  }
  return out;
}

}  // namespace signalbox::load
