#include "actors/channel.hpp"

#include <caf/send.hpp>
#include <list>
#include <map>
#include <unordered_set>

#include "actors/deliveries.hpp"
#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/pending_commit.hpp"
#include "actors/seen_ids.hpp"

namespace signalbox {

namespace {

constexpr std::size_t bytes_an_id = 48;  ///< as the index has it, key and message

/// Tells the frame that one of its channels is done with it; the last one answers.
void finish_part(inbound_frame& frame) {
  if (frame.parts_left.fetch_sub(1, std::memory_order_acq_rel) == 1 && frame.answered) frame.answered(frame);
}

struct channel_state {
  static constexpr const char* name = "channel";
  static constexpr actor_role role = actor_role::channel;

  channel_actor::pointer self;
  environment& env;
  account_id account;
  channel_id id;
  config_snapshot config;
  seen_ids seen;
  shared_bound::share ids_kept;

  /// Parts that aren't answered, in the order in which they came. One without new messages waits for those before it: its
  /// duplicates may be on their way to the disk.
  struct part_under_way {
    std::uint64_t ticket;
    frame_pointer frame;
    std::vector<std::uint32_t> all;    ///< of the frame's messages, this channel's
    std::vector<std::uint32_t> fresh;  ///< those with an id that wasn't seen before
    bool done = false;
    bool kept = false;  ///< its new messages are durable
  };
  std::list<part_under_way> parts;
  std::vector<keys::external_hash> hashes;  ///< of the part that came, kept for its room
  std::uint64_t last_ticket = 0;

  struct connector {
    session_key session;
    token_id token;
    std::shared_ptr<connector_port> port;
  };
  std::vector<connector> connectors;  ///< the last one to come delivers
  std::map<message_id, outstanding_delivery> outbox;

  std::uint64_t settle_ticket = 0;             ///< of the piece that is on its way; 0: none
  std::function<void(bool more)> settle_then;  ///< who waits for it
  std::uint64_t settle_round = 0;
  std::optional<settle> settle_asked;      ///< waits for `settle_behind`
  std::size_t settle_behind = 0;           ///< parts that were under way when the round came
  std::optional<std::size_t> settle_left;  ///< ids of that round that aren't settled; absent: not counted yet

  channel_state(channel_actor::pointer handle, environment& given, account_id of, channel_id which)
      : self(handle),
        env(given),
        account(of),
        id(which),
        config(given.directory->configuration(of)),
        seen(given.disk, of, which),
        ids_kept(given.ids_in_memory) {
    load();
  }

  static channel_actor::behavior_type behavior() {
    static const channel_actor::behavior_type shared{
        handler([](channel_state& me, publish_part& m) { me.publish(std::move(m.frame), std::move(m.part)); }),
        handler([](channel_state& me, const parts_committed& m) {
          for (const auto ticket : m.tickets) me.answer_part(ticket, {});
        }),
        handler([](channel_state& me, const part_refused& m) { me.answer_part(m.ticket, m.which); }),
        handler([](channel_state& me, connector_attached& m) { me.attach(m); }),
        handler([](channel_state& me, const connector_detached& m) { me.detach(m.session); }),
        handler([](channel_state& me, const reply_accepted& m) { me.accepted(m.message, m.position); }),
        handler([](channel_state& me, const delivery_reported& m) { me.report(m); }),
        handler([](channel_state& me, const config_changed& m) { me.configure(m.config); }),
        handler([](channel_state& me, settle& m) { me.settle_piece(m); }),
        handler([](channel_state& me, const set_committed& m) { me.settled(m.ticket); }),
    };
    return shared;
  }

  void load() {
    seen.load(env.now(), env.routing.id_retention);
    read_outbox();
  }

  void read_outbox() {
    const auto before = static_cast<std::int64_t>(outbox.size());
    outbox.clear();
    for (const auto& one : load_outbox(env.disk, account, id)) outbox.emplace(one.message, one);
    env.probe.queue_depth(queue_kind::outbox, static_cast<std::int64_t>(outbox.size()) - before);
  }

  /// What was routed may yet become durable, so its ids can't be forgotten: they stay in `seen`, and the frames are answered as
  /// they are told. Only what nobody will answer is refused.
  void restart() {
    for (auto& one : parts)
      if (!one.done && one.ticket == 0) {
        refuse(one, one.fresh);
        for (const auto i : one.all)
          if (one.frame->results[i].status == publish_status::pending) reject(one.frame->results[i]);
        one.done = true;
      }
    settle_then = nullptr;
    settle_asked.reset();
    settle_behind = settle_ticket = settle_round = 0;
    read_outbox();
    answer_front();
  }

  void publish(frame_pointer frame, std::vector<std::uint32_t>&& part) {
    const auto* here = config->channels.find(id);
    auto& under_way = parts.emplace_back(part_under_way{0, frame, std::move(part), {}, false, false});
    auto& fresh = under_way.fresh;
    std::vector<message_id> ids;
    fresh.reserve(under_way.all.size());
    ids.reserve(under_way.all.size());
    std::uint64_t duplicates = 0;
    std::uint64_t dropped = 0;
    if (here && here->on) {
      hashes.clear();
      for (const auto i : under_way.all) hashes.push_back(keys::hash_external_id(frame->messages[i].external_id));
      const auto known = seen.find(hashes);
      for (std::size_t k = 0; k < hashes.size(); ++k) {
        const auto i = under_way.all[k];
        auto& result = frame->results[i];
        const message_id given{known[k] ? 0 : env.next_id()};
        const auto before = known[k] ? known[k] : seen.add(hashes[k], given, frame->received_at);
        if (before) {
          result.status = publish_status::duplicate;
          ++duplicates;
        } else {
          fresh.push_back(i);
          ids.push_back(given);
        }
        result.message = before.value_or(given);
      }
    } else {
      for (const auto i : under_way.all) {
        auto& result = frame->results[i];
        result.status = here ? publish_status::dropped : publish_status::rejected;  // S79, S80
        if (!here) result.code = refusal_code::not_found;
      }
      if (here) dropped = under_way.all.size();
    }
    if (duplicates > 0) env.probe.messages_in(message_outcome::duplicate, duplicates);
    if (dropped > 0) env.probe.messages_in(message_outcome::dropped, dropped);
    const auto inbox = here ? env.directory->inbox(account, here->inbox) : std::nullopt;
    if (inbox && (!fresh.empty() || (frame->has_offset && frame->connector))) {
      under_way.ticket = ++last_ticket;
      self->send(*inbox, route_part{std::move(frame), fresh, std::move(ids), under_way.ticket, id});
      return;
    }
    under_way.done = true;
    answer_front();
  }

  void reject(publish_result& of) const {
    of = {};
    of.status = publish_status::rejected;
    of.code = refusal_code::unavailable;
    env.probe.messages_in(message_outcome::rejected, 1);
  }

  /// None of `which`, whose ids were given, is kept: the connector may send them again.
  void refuse(part_under_way& one, const std::vector<std::uint32_t>& which) {
    for (const auto i : which) {
      seen.forget(keys::hash_external_id(one.frame->messages[i].external_id));
      reject(one.frame->results[i]);
    }
  }

  /// Durable but for those that are refused.
  void answer_part(std::uint64_t ticket, const std::vector<std::uint32_t>& refused) {
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.ticket == ticket; });
    if (found == parts.end()) return;
    if (!refused.empty()) {
      refuse(*found, refused);
      std::erase_if(found->fresh, [&](std::uint32_t i) { return std::find(refused.begin(), refused.end(), i) != refused.end(); });
    }
    for (const auto i : found->fresh) found->frame->results[i].status = publish_status::accepted;
    env.probe.messages_in(message_outcome::accepted, found->fresh.size());
    found->done = found->kept = true;
    answer_front();
  }

  void answer_front() {
    while (!parts.empty() && parts.front().done) {
      const auto frame = std::move(parts.front().frame);
      if (parts.front().kept) seen.mark_durable(parts.front().fresh.size());
      parts.pop_front();
      if (settle_behind > 0) --settle_behind;
      finish_part(*frame);
    }
    settle_on();
  }

  void attach(connector_attached& m) {
    // The configuration may have changed between its welcome and this.
    if (m.greeted_by && m.greeted_by->revision < config->revision) {
      if (!config->tokens.find(m.token)) return m.port->close(close_reason::unauthorised);
      tell_change(*m.port, m.greeted_by->channels.share(id), config->channels.share(id));
    }
    connectors.push_back({m.session, m.token, std::move(m.port)});
    deliver_again();
  }

  void tell_change(connector_port& to, const std::shared_ptr<const channel>& before,
                   const std::shared_ptr<const channel>& now) const {
    if (before && !now) to.channel_gone(id);
    if (before && now && (before->on != now->on || before->name != now->name)) to.channel_changed(*now);
  }

  void detach(session_key which) {
    const bool delivered = !connectors.empty() && connectors.back().session == which;
    std::erase_if(connectors, [&](const connector& one) { return one.session == which; });
    if (delivered) deliver_again();
  }

  /// Everything that nobody answered, to the connector that delivers now.
  void deliver_again() {
    std::vector<outstanding_delivery*> all;
    for (auto& [message, one] : outbox) all.push_back(&one);
    send_out(all);
  }

  void accepted(message_id message, std::uint64_t position) {
    env.probe.deliveries_out("accepted", 1);
    // Behind a restart in place it was read from the disk already.
    const auto [kept, added] = outbox.emplace(message, outstanding_delivery{message, position, 0});
    if (added) env.probe.queue_depth(queue_kind::outbox, 1);
    send_out({&kept->second});
  }

  void send_out(const std::vector<outstanding_delivery*>& all) {
    if (connectors.empty() || all.empty()) return;
    std::vector<delivery> out;
    out.reserve(all.size());
    for (auto* one : all) {
      auto loaded = load_delivery(env.disk, account, one->position);
      if (!loaded) continue;
      loaded->attempt = ++one->attempts;
      out.push_back(std::move(*loaded));
    }
    if (!out.empty()) connectors.back().port->deliver(std::move(out));
  }

  void report(const delivery_reported& m) {
    // Whose message it is says its status record; it outlives the outbox' entry, for `read` comes late.
    const auto record = env.disk.get(family::state, keys::out_status(account, m.what.message));
    if (!record || record->size() < 17) return;
    const conversation_id where{keys::read_be64(std::string_view{*record}.substr(1))};
    const channel_id of{keys::read_be64(std::string_view{*record}.substr(9))};
    if (std::find(m.allowed->begin(), m.allowed->end(), of) == m.allowed->end()) return;
    if (of != id) {
      if (const auto right = env.directory->channel(account, of)) self->send(*right, m);
      return;
    }
    if (outbox.erase(m.what.message) > 0) env.probe.queue_depth(queue_kind::outbox, -1);
    const auto conversation = env.disk.get(family::state, keys::conversation(account, where));
    if (!conversation) return;
    if (const auto inbox = env.directory->inbox(account, decode_conversation(*conversation).value.inbox))
      self->send(*inbox, status_reported{where, m.what});
  }

  void configure(const config_snapshot& next) {
    if (next->revision < config->revision) return;
    const auto before = config->channels.share(id);
    config = next;
    const auto now = config->channels.share(id);
    const auto delivering = connectors.empty() ? session_key{} : connectors.back().session;
    std::vector<connector> gone;
    std::erase_if(connectors, [&](const connector& one) {
      if (config->tokens.find(one.token)) return false;
      gone.push_back(one);
      return true;
    });
    for (const auto& one : gone) one.port->close(close_reason::unauthorised);
    if (!connectors.empty() && connectors.back().session != delivering) deliver_again();
    for (const auto& one : connectors) tell_change(*one.port, before, now);
  }

  void settle_piece(settle& m) {
    if (m.round != settle_round) {
      settle_round = m.round;
      settle_behind = parts.size();
      settle_left.reset();
    }
    settle_asked = std::move(m);
    settle_on();
  }

  /// Of a part under way some messages may be durable before the rest, whose conversations moved to another inbox, and the part is
  /// told of when all are. The round says of everything durable at its beginning that it is indexed: so those parts come first.
  void settle_on() {
    if (!settle_asked || settle_behind > 0 || settle_ticket != 0) return;  // a piece of a round that was given up goes first
    const auto m = *std::exchange(settle_asked, std::nullopt);
    if (!settle_left) settle_left = seen.begin_round();
    if (*settle_left == 0) return m.settled(false);
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    const auto piece = std::min(*settle_left, m.keys);
    work->set.reserve(piece, bytes_an_id);
    const auto ids = seen.settle(work->set, piece);
    *settle_left -= ids;
    env.probe.settled(0, ids);
    work->channel = caf::actor_cast<channel_actor>(self);
    work->ticket = settle_ticket = ++last_ticket;
    settle_then = m.settled;
    self->send(env.journal, commit{std::move(work)});
  }

  void settled(std::uint64_t ticket) {
    if (ticket != settle_ticket) return;
    settle_ticket = 0;
    ids_kept.holds(seen.in_memory());
    seen.settled(ids_kept.may_hold());
    ids_kept.holds(seen.in_memory());
    if (auto then = std::exchange(settle_then, nullptr)) then(settle_left.value_or(0) > 0);
    settle_on();
  }
};

}  // namespace

channel_actor spawn_channel(caf::actor_system& system, environment& env, account_id account, channel_id of) {
  return system.spawn<hosted_actor<channel_actor, channel_state>>(env, account, of);
}

}  // namespace signalbox
