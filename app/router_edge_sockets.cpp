// Live sockets: connectors and agents.
#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

class sink_port final : public connector_port {
public:
  explicit sink_port(std::shared_ptr<connector_sink> to) : to_(std::move(to)) {}
  void deliver(std::vector<delivery> all) override { to_->deliver(std::move(all)); }
  void channel_changed(const channel& now) override { to_->channel_changed(now); }
  void channel_gone(channel_id which) override { to_->channel_gone(which); }
  void close(close_reason why) override { to_->close(why); }

private:
  std::shared_ptr<connector_sink> to_;
};

class agent_sink_port final : public agent_port {
public:
  explicit agent_sink_port(std::shared_ptr<agent_sink> to) : to_(std::move(to)) {}
  void greet(agent_greeting hello) override { to_->greet(std::move(hello)); }
  bool push(std::vector<agent_event> events) override { return to_->push(std::move(events)); }
  void close(close_reason why) override { to_->close(why); }

private:
  std::shared_ptr<agent_sink> to_;
};

class view_sink_port final : public view_port {
public:
  explicit view_sink_port(std::shared_ptr<agent_sink> to) : to_(std::move(to)) {}
  void show(std::uint32_t watch, view_pointer now) override { to_->show(watch, std::move(now)); }
  void end(std::uint32_t watch, refusal why) override { to_->end_watch(watch, std::move(why)); }

private:
  std::shared_ptr<agent_sink> to_;
};

}  // namespace

void router_edge::attach_connector(session_number session, const principal& who, std::string name,
                                   std::shared_ptr<connector_sink> sink, reply<std::vector<channel_greeting>> then) {
  if (!who.is_connector() || !who.token) return then(refuse(refusal_code::access_denied, "this needs a connector's token"));
  env_.log(severity::info, "connector " + name + " attached");
  {
    const std::lock_guard lock{mutex_};
    connectors_[session] = {*who.account, {}, std::make_shared<sink_port>(std::move(sink))};
  }
  boost::asio::post(readers_, [this, session, who, then = std::move(then)] {
    std::vector<channel_greeting> greetings;
    const auto config = env_.directory->configuration(*who.account);
    try {
      for (const auto id : who.channels) {
        const auto* one = config ? config->channels.find(id) : nullptr;
        if (!one) continue;
        greetings.push_back({one->id, one->name, one->type, one->on,
                             env_.disk.get(family::state, keys::offset(*who.account, one->id, *who.token))});
      }
    } catch (const storage_error& broken) {
      return env_.fatal(broken.what());
    }
    then(greetings);  // before the channels know of the socket: nothing is delivered ahead of the welcome
    const std::lock_guard lock{mutex_};
    const auto found = connectors_.find(session);
    if (found == connectors_.end()) return;  // gone meanwhile
    for (const auto& one : greetings) {
      const auto actor = env_.directory->channel(*who.account, one.id);
      if (!actor) {
        found->second.port->channel_gone(one.id);  // deleted a moment ago
        continue;
      }
      found->second.channels.push_back(one.id);
      caf::anon_send(*actor, connector_attached{session, *who.token, found->second.port, config});
    }
  });
}

void router_edge::detach_connector(session_number session) {
  const std::lock_guard lock{mutex_};
  const auto found = connectors_.find(session);
  if (found == connectors_.end()) return;
  for (const auto one : found->second.channels)
    if (const auto actor = env_.directory->channel(found->second.account, one))
      caf::anon_send(*actor, connector_detached{session});
  connectors_.erase(found);
}

void router_edge::publish(frame_pointer frame) {
  // By channel, in the order of the frame. Most frames have one.
  std::vector<std::pair<channel_id, std::vector<std::uint32_t>>> parts;
  for (std::uint32_t i = 0; i < frame->messages.size(); ++i) {
    if (frame->results[i].status != publish_status::pending) continue;
    const auto of = frame->messages[i].channel;
    if (parts.empty() || parts.back().first != of) {
      const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.first == of; });
      if (found != parts.end()) {
        found->second.push_back(i);
        continue;
      }
      parts.push_back({of, {}});
      parts.back().second.reserve(frame->messages.size());
    }
    parts.back().second.push_back(i);
  }
  if (frame->has_offset && frame->connector) {
    const auto keep_for = [&](channel_id of) {
      if (std::none_of(parts.begin(), parts.end(), [&](const auto& one) { return one.first == of; })) parts.push_back({of, {}});
    };
    for (std::size_t i = 0; i < frame->messages.size(); ++i) {
      const bool rejected = frame->results[i].status == publish_status::rejected;
      if (rejected && frame->messages[i].channel != channel_id{}) keep_for(frame->messages[i].channel);
    }
    const auto config = frame->messages.empty() ? env_.directory->configuration(frame->account) : nullptr;
    if (const auto* token = config ? config->tokens.find(*frame->connector) : nullptr)
      for (const auto of : token->channels) keep_for(of);
  }
  // One more than the parts, so that the frame isn't answered while it is being handed out.
  frame->parts_left = static_cast<std::uint32_t>(parts.size()) + 1;
  for (auto& [of, part] : parts) {
    if (const auto actor = env_.directory->channel(frame->account, of)) {
      caf::anon_send(*actor, publish_part{frame, std::move(part)});
      continue;
    }
    for (const auto i : part) {
      frame->results[i].status = publish_status::rejected;
      frame->results[i].code = refusal_code::not_found;
    }
    frame->parts_left.fetch_sub(1);
  }
  if (frame->parts_left.fetch_sub(1) == 1 && frame->answered) frame->answered(*frame);
}

void router_edge::report_delivery(const principal& by, std::vector<delivery_status> statuses) {
  if (!by.account || by.channels.empty()) return;
  std::optional<channel_actor> actor;
  for (std::size_t i = 0; i < by.channels.size() && !actor; ++i) actor = env_.directory->channel(*by.account, by.channels[i]);
  if (!actor) return;
  const auto allowed = std::make_shared<const std::vector<channel_id>>(by.channels);
  for (auto& one : statuses) caf::anon_send(*actor, delivery_reported{std::move(one), allowed});
}

void router_edge::attach_agent(session_number session, const principal& who, std::optional<std::uint64_t> cursor,
                               std::shared_ptr<agent_sink> sink) {
  const auto actor = who.account && who.user ? env_.directory->agent(*who.account, *who.user) : std::nullopt;
  if (!actor) return sink->close(close_reason::unauthorised);
  {
    const std::lock_guard lock{mutex_};
    agents_[session] = *who.account;
  }
  agent_attached attached;
  attached.session = session;
  attached.token = who.token;
  attached.cursor = cursor;
  attached.port = std::make_shared<agent_sink_port>(std::move(sink));
  caf::anon_send(*actor, std::move(attached));
}

void router_edge::detach_agent(session_number session, user_id who) {
  std::optional<account_id> account;
  {
    const std::lock_guard lock{mutex_};
    const auto found = agents_.find(session);
    if (found == agents_.end()) return;
    account = found->second;
    agents_.erase(found);
  }
  if (const auto actor = env_.directory->agent(*account, who)) caf::anon_send(*actor, agent_detached{session});
}

void router_edge::acknowledge(session_number session, user_id who, std::uint64_t cursor) {
  std::optional<account_id> account;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = agents_.find(session); found != agents_.end()) account = found->second;
  }
  const auto actor = account ? env_.directory->agent(*account, who) : std::nullopt;
  if (actor) caf::anon_send(*actor, cursor_acknowledged{session, cursor});
}

void router_edge::agent_command(session_number, const principal& by, conversation_id which, conversation_command what,
                                std::string ref, reply<carried_out> then) {
  const auto actor = by.account && by.user ? env_.directory->agent(*by.account, *by.user) : std::nullopt;
  if (!actor) return then(only_for_users());
  caf::anon_send(*actor,
                 command_from_agent{by, which, std::move(what), std::move(ref), make_answer<carried_out>(std::move(then))});
}

void router_edge::watch_view(session_number session, const principal& by, std::uint32_t watch, watched_view what,
                             std::shared_ptr<agent_sink> sink, reply<done> then) {
  const auto actor = by.account && by.user ? env_.directory->views(*by.account) : std::nullopt;
  if (!actor) return then(only_for_users());
  caf::anon_send(*actor, signalbox::watch_view{session, watch, *by.user, what, std::make_shared<view_sink_port>(std::move(sink)),
                                               make_answer<done>(std::move(then))});
}

void router_edge::unwatch_view(session_number session, const principal& by, std::optional<std::uint32_t> watch) {
  const auto actor = by.account ? env_.directory->views(*by.account) : std::nullopt;
  if (actor) caf::anon_send(*actor, signalbox::unwatch_view{session, watch});
}

}  // namespace signalbox
