/// What the server says of itself, in verbs of the domain. The names and units of the families stand in probes.cpp, all in one
/// place. Thread-safe; a call costs tens of nanoseconds (counters are looked up once), so hot code passes a count for a batch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox {

/// Where a message's time goes, from the frame's last byte to the agent's acknowledgement. Each is measured from `received`.
enum class hop { committed, offered, pushed, acknowledged };
enum class message_outcome { accepted, duplicate, dropped, rejected };
enum class socket_kind { connector, agent, http };
enum class queue_kind { journal, inbox_stash, connector_unacknowledged, agent_backlog, outbox };
enum class actor_role { account, channel, inbox, agent, journal, webhook, contacts, views, clock };
enum class webhook_outcome { delivered, failed, dead };
enum class purge_reason { deleted, filtered };
enum class lapse { no_ack, refused_offer, declined, not_accepted };

/// What the store holds now, in bytes where nothing else is said.
struct storage_usage {
  double memtables = 0, memtables_flushing = 0, block_cache = 0, table_readers = 0;  ///< in memory
  double tables = 0, log = 0;                                                        ///< on disk
  double compaction_pending = 0;
  std::vector<std::pair<std::string_view, double>> runs{};  ///< by family: how many
  double write_limit = 0;                                   ///< a second; 0: none
  bool writes_stopped = false;
};

class probes {
public:
  probes();
  ~probes();
  probes(const probes&) = delete;
  probes& operator=(const probes&) = delete;

  void messages_in(message_outcome outcome, std::uint64_t count);
  void messages_acknowledged(std::uint64_t count);  ///< to connectors: durable
  void conversations_opened(std::uint64_t count);
  void conversations_purged(purge_reason why, std::uint64_t count);
  void conversations_assigned(std::string_view reason, std::uint64_t count);  ///< reason: to_text(assignment_reason)
  void assignments_lapsed(lapse why, std::uint64_t count);
  void waiting_changed(std::int64_t by);  ///< conversations that wait, now
  void queue_passed();                    ///< an inbox went through its waiting queue and found somebody for it
  void events_pushed(std::uint64_t count);
  void deliveries_out(std::string_view status, std::uint64_t count);  ///< accepted, sent, delivered, read, failed
  void webhook_attempted(webhook_outcome outcome);                    ///< failed: will be tried again; dead: given up
  void webhook_pending_changed(std::int64_t by);                      ///< deliveries read from the log and not delivered, now
  void webhook_paused();
  void hop_took(hop which, double seconds, std::uint64_t count = 1);

  void commit_done(std::uint64_t sets, std::uint64_t events, std::uint64_t bytes, double seconds);
  void settled(std::uint64_t conversations, std::uint64_t message_ids);
  void recovered(std::uint64_t events, double seconds);
  /// Asked at scrape.
  void on_scrape_storage(std::function<storage_usage()> ask);

  void socket_opened(socket_kind kind);
  void socket_closed(socket_kind kind, int code);  ///< a close code of protocol.md or 1000–1015; others count as "other"
  void frames_in(socket_kind kind, std::uint64_t count);
  void frames_out(socket_kind kind, std::uint64_t count);
  void bad_frame(socket_kind kind);
  void credit_changed(std::int64_t by);  ///< unacknowledged messages of all connectors, now
  void queue_depth(queue_kind which, std::int64_t by);
  void queue_bound(queue_kind which, std::int64_t by);  ///< a queue with a bound came or went: each socket has its own
  void event_waits_changed(std::int64_t by);            ///< calls of `GET /v1/events?wait=` that wait, now
  void http_done(std::string_view method, int status, double seconds);

  void actor_restarted(actor_role role);
  void actors_changed(actor_role role, std::int64_t by);
  /// How long the oldest waiting conversation has stood beside a free eligible agent; asked at scrape. Must be 0.
  void on_scrape_idle_beside_waiting(std::function<double()> ask);
  /// For how long the oldest delivery to a webhook has been tried; asked at scrape.
  void on_scrape_webhooks_oldest(std::function<double()> ask);
  void started(std::string_view version, std::string_view commit, double ready_after_seconds);

  /// The Prometheus text exposition of everything, with the process' own figures (CPU, memory, descriptors).
  [[nodiscard]] std::string exposition() const;

private:
  struct families;
  std::unique_ptr<families> families_;
};

}  // namespace signalbox
