/// The demo account that a replay plays in, made over the HTTP API.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "app/replay/api_client.hpp"
#include "app/replay/options.hpp"

namespace signalbox {

struct demo_channel {
  std::string id;
  std::string name;
};
struct demo_agent {
  std::string name;
  std::string token;
};

struct demo_company {
  std::string account;
  std::string admin_email, admin_password, admin_session_token;
  std::vector<demo_channel> channels;
  std::vector<demo_agent> agents;
  std::vector<std::string> connector_tokens;  ///< one a player: channel i is for player i modulo their number
  std::string connector_token;                ///< one more, for all channels, for whoever wants to go on by hand
};

/// An account on the professional plan with a random subdomain and a random password, channels in its default inbox with an
/// assignment rule that names all agents, a paid seat for each agent, and the tokens. Throws replay_failed.
[[nodiscard]] boost::asio::awaitable<demo_company> found_company(api_client& api, const replay_options& options);

}  // namespace signalbox
