#include "metrics/probes.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "metrics/own_usage.hpp"
#include "metrics/series.hpp"

namespace signalbox {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// The closed label sets. The order is that of the enumeration where there is one.
template <std::size_t Size>
using names = std::array<std::string_view, Size>;
constexpr names<4> hop_names{"committed", "offered", "pushed", "acknowledged"};
constexpr names<4> outcome_names{"accepted", "duplicate", "dropped", "rejected"};
constexpr names<3> socket_names{"connector", "agent", "http"};
constexpr names<5> queue_names{"journal", "inbox_stash", "connector_unacknowledged", "agent_backlog", "outbox"};
constexpr names<9> role_names{"account", "channel", "inbox", "agent", "journal", "webhook", "contacts", "views", "clock"};
constexpr names<3> webhook_outcome_names{"delivered", "failed", "dead"};
constexpr names<2> purge_names{"deleted", "filtered"};
constexpr names<4> lapse_names{"no_ack", "refused_offer", "declined", "not_accepted"};
constexpr names<8> reason_names{"rule", "queue", "reopened", "by_hand", "replied", "no_ack", "unassigned", "other"};
constexpr names<6> delivery_names{"accepted", "sent", "delivered", "read", "failed", "other"};
constexpr names<8> method_names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};
constexpr names<22> close_names{"1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1010", "1011",
                                "1012", "1013", "1014", "1015", "4400", "4401", "4403", "4408", "4409", "4429", "other"};
constexpr names<27> status_names{"101", "200", "201", "202", "204", "206", "304", "400", "401",
                                 "403", "404", "405", "406", "408", "409", "412", "413", "414",
                                 "415", "417", "422", "426", "429", "431", "500", "503", "other"};

// 50 µs to 10 s.
constexpr std::array seconds_bounds{50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3,
                                    50e-3, 100e-3, 200e-3, 500e-3, 1.0,  2.0,  5.0,  10.0};
constexpr std::array size_bounds{1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0};
using seconds_distribution = distribution<seconds_bounds.size()>;
using size_distribution = distribution<size_bounds.size()>;

template <class Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

// The last name stands for every value that the set doesn't hold.
template <std::size_t Size>
std::size_t index_of(const names<Size>& set, std::string_view name) {
  std::size_t index = 0;
  while (index < Size - 1 && set[index] != name) ++index;
  return index;
}

void label(ClientMetric& metric, std::string_view name, std::string_view value) {
  metric.label.push_back({std::string(name), std::string(value)});
}

MetricFamily family(MetricType type, std::string_view name, std::string_view help) {
  MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  return made;
}

ClientMetric counted(double value) {
  ClientMetric metric;
  metric.counter.value = value;
  return metric;
}

ClientMetric gauged(double value) {
  ClientMetric metric;
  metric.gauge.value = value;
  return metric;
}

template <std::size_t Bounds>
ClientMetric spread(const distribution<Bounds>& of) {
  ClientMetric metric;
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < Bounds; ++bucket) {
    count += of.in_bucket(bucket);
    metric.histogram.bucket.push_back({count, of.upper()[bucket]});
  }
  // The total comes from the same reads, so that buckets and count never contradict each other in one scrape.
  metric.histogram.sample_count = count + of.in_bucket(Bounds);
  metric.histogram.sample_sum = of.sum();
  return metric;
}

MetricFamily counter(std::string_view name, std::string_view help, double value) {
  auto made = family(MetricType::Counter, name, help);
  made.metric.push_back(counted(value));
  return made;
}

MetricFamily counter(std::string_view name, std::string_view help, const tally_set<1>& of) {
  return counter(name, help, static_cast<double>(of.at(0)));
}

template <std::size_t Size>
MetricFamily counter(std::string_view name, std::string_view help, std::string_view label_name, const names<Size>& values,
                     const tally_set<Size>& of) {
  auto made = family(MetricType::Counter, name, help);
  for (std::size_t index = 0; index < Size; ++index) {
    label(made.metric.emplace_back(counted(static_cast<double>(of.at(index)))), label_name, values[index]);
  }
  return made;
}

MetricFamily gauge(std::string_view name, std::string_view help, double value) {
  auto made = family(MetricType::Gauge, name, help);
  made.metric.push_back(gauged(value));
  return made;
}

MetricFamily gauge(std::string_view name, std::string_view help, const level_set<1>& of) {
  return gauge(name, help, static_cast<double>(of.at(0)));
}

template <std::size_t Size>
MetricFamily gauge(std::string_view name, std::string_view help, std::string_view label_name, const names<Size>& values,
                   const level_set<Size>& of) {
  auto made = family(MetricType::Gauge, name, help);
  for (std::size_t index = 0; index < Size; ++index) {
    label(made.metric.emplace_back(gauged(static_cast<double>(of.at(index)))), label_name, values[index]);
  }
  return made;
}

template <std::size_t Bounds>
MetricFamily histogram(std::string_view name, std::string_view help, const distribution<Bounds>& of) {
  auto made = family(MetricType::Histogram, name, help);
  made.metric.push_back(spread(of));
  return made;
}

template <std::size_t Size, std::size_t Bounds>
MetricFamily histogram(std::string_view name, std::string_view help, std::string_view label_name, const names<Size>& values,
                       const std::array<distribution<Bounds>, Size>& of) {
  auto made = family(MetricType::Histogram, name, help);
  for (std::size_t index = 0; index < Size; ++index) {
    label(made.metric.emplace_back(spread(of[index])), label_name, values[index]);
  }
  return made;
}

struct started_with {
  std::string version;
  std::string commit;
  double ready_after_seconds = 0;
};

}  // namespace

struct probes::families {
  tally_set<outcome_names.size()> received;
  tally_set<1> acknowledged;
  tally_set<1> opened;
  tally_set<reason_names.size()> assigned;
  tally_set<lapse_names.size()> lapsed;
  tally_set<purge_names.size()> purged;
  level_set<1> waiting;
  tally_set<1> queue_passes;
  tally_set<1> pushed;
  tally_set<delivery_names.size()> deliveries;
  std::array<seconds_distribution, hop_names.size()> hops{
      seconds_distribution{seconds_bounds}, seconds_distribution{seconds_bounds}, seconds_distribution{seconds_bounds},
      seconds_distribution{seconds_bounds}};

  size_distribution commit_sets{size_bounds};
  size_distribution commit_events{size_bounds};
  seconds_distribution commit_seconds{seconds_bounds};
  tally_set<1> commit_bytes;
  tally_set<1> settled_conversations;
  tally_set<1> settled_message_ids;
  tally_set<1> recovered_events;
  std::atomic<double> recovery_seconds{0};

  level_set<socket_names.size()> sockets;
  tally_set<socket_names.size()> sockets_opened;
  tally_set<socket_names.size() * close_names.size()> sockets_closed;
  tally_set<socket_names.size()> frames_received;
  tally_set<socket_names.size()> frames_sent;
  tally_set<socket_names.size()> bad_frames;
  level_set<1> unacknowledged;
  level_set<queue_names.size()> queue_depth;
  level_set<queue_names.size()> queue_bound;
  level_set<1> event_waits;
  tally_set<method_names.size() * status_names.size()> http_requests;
  seconds_distribution http_seconds{seconds_bounds};

  tally_set<webhook_outcome_names.size()> webhook_attempts;
  level_set<1> webhook_pending;
  tally_set<1> webhooks_paused;

  tally_set<role_names.size()> restarts;
  level_set<role_names.size()> actors;

  mutable std::mutex mutex;  ///< for what follows, which is set once
  std::function<double()> idle_beside_waiting;
  std::function<double()> webhooks_oldest;
  std::function<storage_usage()> storage;
  std::optional<started_with> start;

  /// Asked without the lock: who is asked may set another one.
  template <class F>
  [[nodiscard]] F copy_of(const F& of) const {
    const std::lock_guard lock(mutex);
    return of;
  }

  void add_traffic(std::vector<MetricFamily>& to) const;
  void add_storage(std::vector<MetricFamily>& to) const;
  void add_edge(std::vector<MetricFamily>& to) const;
  void add_actors(std::vector<MetricFamily>& to) const;
  void add_webhooks(std::vector<MetricFamily>& to) const;
  void add_start(std::vector<MetricFamily>& to) const;
};

void probes::families::add_traffic(std::vector<MetricFamily>& to) const {
  to.push_back(counter("signalbox_messages_received_total",
                       "Messages that connectors and HTTP callers sent, by what became of them.", "outcome", outcome_names,
                       received));
  to.push_back(
      counter("signalbox_messages_acknowledged_total", "Messages acknowledged to their connector: durable.", acknowledged));
  to.push_back(counter("signalbox_conversations_opened_total", "Conversations opened.", opened));
  to.push_back(
      counter("signalbox_conversations_assigned_total", "Assignments written, by reason.", "reason", reason_names, assigned));
  to.push_back(counter("signalbox_conversations_purged_total", "Conversations that went for good, their time being over.",
                       "reason", purge_names, purged));
  to.push_back(counter("signalbox_assignments_lapsed_total", "Automatic assignments that came to nothing and went on.", "reason",
                       lapse_names, lapsed));
  to.push_back(gauge("signalbox_conversations_waiting", "Conversations that wait for an agent.", waiting));
  to.push_back(counter("signalbox_queue_passes_total", "Times that an inbox went through its waiting queue for free agents.",
                       queue_passes));
  to.push_back(counter("signalbox_events_pushed_total", "Events pushed to agents' sockets.", pushed));
  to.push_back(counter("signalbox_deliveries_total", "Replies on their way to contacts, by the status they reached.", "status",
                       delivery_names, deliveries));
  to.push_back(
      histogram("signalbox_message_hop_seconds",
                "Time from the last byte of a message's frame until it was committed, offered to an agent, pushed to and "
                "acknowledged by them.",
                "hop", hop_names, hops));
}

void probes::families::add_storage(std::vector<MetricFamily>& to) const {
  to.push_back(histogram("signalbox_commit_seconds", "Time of one group commit, its fsync included.", commit_seconds));
  to.push_back(histogram("signalbox_commit_change_sets", "Change sets in one group commit.", commit_sets));
  to.push_back(histogram("signalbox_commit_events", "Events in one group commit.", commit_events));
  to.push_back(counter("signalbox_commit_bytes_total", "Bytes committed.", commit_bytes));
  to.push_back(counter("signalbox_settled_conversations_total", "Conversations whose trailing indexes were settled.",
                       settled_conversations));
  to.push_back(
      counter("signalbox_settled_message_ids_total", "Message ids moved from memory to the index on disk.", settled_message_ids));
  to.push_back(gauge("signalbox_recovered_events", "Events of the log's tail that were replayed at start.",
                     static_cast<double>(recovered_events.at(0))));
  to.push_back(gauge("signalbox_recovery_seconds", "Time that replaying the log's tail took at start.", recovery_seconds.load()));
  const auto ask = copy_of(storage);
  if (!ask) return;
  const auto now = ask();
  const auto parts = [&to](const char* name, const char* help, std::initializer_list<std::pair<const char*, double>> all) {
    auto& into = to.emplace_back(family(MetricType::Gauge, name, help));
    for (const auto& [part, bytes] : all) label(into.metric.emplace_back(gauged(bytes)), "part", part);
  };
  parts(
      "signalbox_storage_memory_bytes",
      "Memory that the store holds: rows not written to tables yet (those on their way apart), the block cache, and open tables "
      "outside of it.",
      {{"memtables", now.memtables - now.memtables_flushing},
       {"memtables_flushing", now.memtables_flushing},
       {"block_cache", now.block_cache},
       {"table_readers", now.table_readers}});
  parts("signalbox_storage_disk_bytes", "Bytes on disk: tables, and the log that a start would replay.",
        {{"tables", now.tables}, {"log", now.log}});
  to.push_back(gauge("signalbox_storage_compaction_pending_bytes", "About how much compactions have yet to rewrite.",
                     now.compaction_pending));
  auto& runs = to.emplace_back(family(MetricType::Gauge, "signalbox_storage_runs",
                                      "Sorted runs of tables: in how many places a key is looked for that isn't in memory."));
  for (const auto& [name, count] : now.runs) label(runs.metric.emplace_back(gauged(count)), "family", name);
  to.push_back(gauge("signalbox_storage_write_limit_bytes_per_second",
                     "What the store lets in while flushes or merges catch up; 0: as much as comes.", now.write_limit));
  to.push_back(gauge("signalbox_storage_writes_stopped",
                     "1 while the store lets nothing in until flushes or merges have caught up.", now.writes_stopped ? 1 : 0));
}

void probes::families::add_edge(std::vector<MetricFamily>& to) const {
  to.push_back(gauge("signalbox_sockets", "Open connections.", "kind", socket_names, sockets));
  to.push_back(counter("signalbox_sockets_opened_total", "Connections opened.", "kind", socket_names, sockets_opened));
  auto& closed =
      to.emplace_back(family(MetricType::Counter, "signalbox_sockets_closed_total", "Connections closed, by close code."));
  for (std::size_t kind = 0; kind < socket_names.size(); ++kind) {
    for (std::size_t code = 0; code < close_names.size(); ++code) {
      auto& metric =
          closed.metric.emplace_back(counted(static_cast<double>(sockets_closed.at(kind * close_names.size() + code))));
      label(metric, "kind", socket_names[kind]);
      label(metric, "code", close_names[code]);
    }
  }
  to.push_back(
      counter("signalbox_frames_received_total", "Frames (requests, for http) received.", "kind", socket_names, frames_received));
  to.push_back(counter("signalbox_frames_sent_total", "Frames (responses, for http) sent.", "kind", socket_names, frames_sent));
  to.push_back(
      counter("signalbox_bad_frames_total", "Frames that were refused as not well formed.", "kind", socket_names, bad_frames));
  to.push_back(
      gauge("signalbox_unacknowledged_messages", "Messages of connectors that are not acknowledged yet.", unacknowledged));
  to.push_back(gauge("signalbox_queue_depth", "Entries in the queues of a kind, together.", "queue", queue_names, queue_depth));
  auto bounds = family(MetricType::Gauge, "signalbox_queue_bound",
                       "What all queues of a kind may hold together; absent while there is none.");
  for (std::size_t queue = 0; queue < queue_names.size(); ++queue) {
    if (queue_bound.at(queue) == 0) continue;
    label(bounds.metric.emplace_back(gauged(static_cast<double>(queue_bound.at(queue)))), "queue", queue_names[queue]);
  }
  if (!bounds.metric.empty()) to.push_back(std::move(bounds));
  to.push_back(gauge("signalbox_event_waits", "Calls of GET /v1/events that wait for something to happen.", event_waits));
  auto requests = family(MetricType::Counter, "signalbox_http_requests_total", "HTTP requests answered, by method and status.");
  for (std::size_t method = 0; method < method_names.size(); ++method) {
    for (std::size_t status = 0; status < status_names.size(); ++status) {
      const auto count = http_requests.at(method * status_names.size() + status);
      if (count == 0) continue;  // most pairs never happen
      auto& metric = requests.metric.emplace_back(counted(static_cast<double>(count)));
      label(metric, "method", method_names[method]);
      label(metric, "status", status_names[status]);
    }
  }
  if (!requests.metric.empty()) to.push_back(std::move(requests));
  to.push_back(
      histogram("signalbox_http_request_seconds", "Time from a request's last byte until its answer was ready.", http_seconds));
}

void probes::families::add_actors(std::vector<MetricFamily>& to) const {
  to.push_back(gauge("signalbox_actors", "Actors in memory.", "role", role_names, actors));
  to.push_back(counter("signalbox_actor_restarts_total", "Actors restarted from the store after an exception.", "role",
                       role_names, restarts));
  const auto ask = copy_of(idle_beside_waiting);
  if (!ask) return;
  to.push_back(gauge("signalbox_waiting_beside_free_agent_oldest_seconds",
                     "For how long the oldest waiting conversation has stood beside a free eligible agent; must be 0.", ask()));
}

void probes::families::add_webhooks(std::vector<MetricFamily>& to) const {
  to.push_back(counter("signalbox_webhook_attempts_total",
                       "Attempts to deliver to webhooks: delivered, failed and to be tried again, or dead, which is given up.",
                       "outcome", webhook_outcome_names, webhook_attempts));
  to.push_back(
      gauge("signalbox_webhook_deliveries_pending", "Deliveries read from the log and not delivered yet.", webhook_pending));
  to.push_back(counter("signalbox_webhooks_paused_total", "Webhooks paused after long failure.", webhooks_paused));
  const auto ask = copy_of(webhooks_oldest);
  if (!ask) return;
  to.push_back(gauge("signalbox_webhook_oldest_pending_seconds",
                     "For how long the oldest delivery that failed and isn't given up has been tried.", ask()));
}

void probes::families::add_start(std::vector<MetricFamily>& to) const {
  const std::lock_guard lock(mutex);
  if (!start) return;
  auto& build = to.emplace_back(gauge("signalbox_build_info", "What is running; always 1.", 1.0));
  label(build.metric.front(), "version", start->version);
  label(build.metric.front(), "commit", start->commit);
  to.push_back(
      gauge("signalbox_ready_after_seconds", "Time from the program's start until it was ready.", start->ready_after_seconds));
}

namespace {

void add_own_usage(std::vector<MetricFamily>& to) {
  const auto usage = read_own_usage();
  if (!usage) return;
  to.push_back(counter("process_cpu_seconds_total", "CPU time spent, user and system.", usage->cpu_seconds));
  to.push_back(gauge("process_resident_memory_bytes", "Resident memory.", static_cast<double>(usage->resident_bytes)));
  if (usage->heap_bytes)
    to.push_back(gauge("signalbox_heap_bytes", "Memory that the program has allocated; the rest of the resident is spare.",
                       static_cast<double>(*usage->heap_bytes)));
  to.push_back(gauge("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(usage->virtual_bytes)));
  to.push_back(gauge("process_threads", "Threads.", static_cast<double>(usage->threads)));
  to.push_back(gauge("process_open_fds", "Open file descriptors.", static_cast<double>(usage->descriptors)));
  to.push_back(
      gauge("process_max_fds", "The most file descriptors that may be open.", static_cast<double>(usage->descriptors_max)));
  to.push_back(
      gauge("process_start_time_seconds", "Start of the program, in seconds since the epoch.", usage->started_at_seconds));
}

}  // namespace

probes::probes() : families_(std::make_unique<families>()) {}
probes::~probes() = default;

void probes::messages_in(message_outcome outcome, std::uint64_t count) { families_->received.add(index_of(outcome), count); }
void probes::messages_acknowledged(std::uint64_t count) { families_->acknowledged.add(0, count); }
void probes::conversations_opened(std::uint64_t count) { families_->opened.add(0, count); }
void probes::conversations_assigned(std::string_view reason, std::uint64_t count) {
  families_->assigned.add(index_of(reason_names, reason), count);
}
void probes::conversations_purged(purge_reason why, std::uint64_t count) { families_->purged.add(index_of(why), count); }
void probes::assignments_lapsed(lapse why, std::uint64_t count) { families_->lapsed.add(index_of(why), count); }
void probes::waiting_changed(std::int64_t by) { families_->waiting.change(0, by); }
void probes::queue_passed() { families_->queue_passes.add(0, 1); }
void probes::events_pushed(std::uint64_t count) { families_->pushed.add(0, count); }
void probes::deliveries_out(std::string_view status, std::uint64_t count) {
  families_->deliveries.add(index_of(delivery_names, status), count);
}
void probes::hop_took(hop which, double seconds, std::uint64_t count) {
  families_->hops[index_of(which)].observe(seconds, count);
}

void probes::commit_done(std::uint64_t sets, std::uint64_t events, std::uint64_t bytes, double seconds) {
  families_->commit_sets.observe(static_cast<double>(sets), 1);
  families_->commit_events.observe(static_cast<double>(events), 1);
  families_->commit_seconds.observe(seconds, 1);
  families_->commit_bytes.add(0, bytes);
}
void probes::settled(std::uint64_t conversations, std::uint64_t message_ids) {
  families_->settled_conversations.add(0, conversations);
  families_->settled_message_ids.add(0, message_ids);
}
void probes::recovered(std::uint64_t events, double seconds) {
  families_->recovered_events.add(0, events);
  families_->recovery_seconds.fetch_add(seconds);
}

void probes::on_scrape_storage(std::function<storage_usage()> ask) {
  const std::lock_guard lock(families_->mutex);
  families_->storage = std::move(ask);
}

void probes::socket_opened(socket_kind kind) {
  families_->sockets.change(index_of(kind), 1);
  families_->sockets_opened.add(index_of(kind), 1);
}
void probes::socket_closed(socket_kind kind, int code) {
  families_->sockets.change(index_of(kind), -1);
  const auto name = index_of(close_names, std::to_string(code));
  families_->sockets_closed.add(index_of(kind) * close_names.size() + name, 1);
}
void probes::frames_in(socket_kind kind, std::uint64_t count) { families_->frames_received.add(index_of(kind), count); }
void probes::frames_out(socket_kind kind, std::uint64_t count) { families_->frames_sent.add(index_of(kind), count); }
void probes::bad_frame(socket_kind kind) { families_->bad_frames.add(index_of(kind), 1); }
void probes::credit_changed(std::int64_t by) {
  families_->unacknowledged.change(0, by);
  queue_depth(queue_kind::connector_unacknowledged, by);
}
void probes::queue_depth(queue_kind which, std::int64_t by) { families_->queue_depth.change(index_of(which), by); }
void probes::queue_bound(queue_kind which, std::int64_t by) { families_->queue_bound.change(index_of(which), by); }
void probes::http_done(std::string_view method, int status, double seconds) {
  const auto line = index_of(method_names, method) * status_names.size();
  families_->http_requests.add(line + index_of(status_names, std::to_string(status)), 1);
  families_->http_seconds.observe(seconds, 1);
}

void probes::actor_restarted(actor_role role) { families_->restarts.add(index_of(role), 1); }
void probes::actors_changed(actor_role role, std::int64_t by) { families_->actors.change(index_of(role), by); }
void probes::on_scrape_idle_beside_waiting(std::function<double()> ask) {
  const std::lock_guard lock(families_->mutex);
  families_->idle_beside_waiting = std::move(ask);
}
void probes::event_waits_changed(std::int64_t by) { families_->event_waits.change(0, by); }
void probes::webhook_attempted(webhook_outcome outcome) { families_->webhook_attempts.add(index_of(outcome), 1); }
void probes::webhook_pending_changed(std::int64_t by) { families_->webhook_pending.change(0, by); }
void probes::webhook_paused() { families_->webhooks_paused.add(0, 1); }
void probes::on_scrape_webhooks_oldest(std::function<double()> ask) {
  const std::lock_guard lock(families_->mutex);
  families_->webhooks_oldest = std::move(ask);
}
void probes::started(std::string_view version, std::string_view commit, double ready_after_seconds) {
  const std::lock_guard lock(families_->mutex);
  families_->start = started_with{std::string(version), std::string(commit), ready_after_seconds};
}

std::string probes::exposition() const {
  std::vector<MetricFamily> all;
  all.reserve(48);
  families_->add_traffic(all);
  families_->add_storage(all);
  families_->add_edge(all);
  families_->add_actors(all);
  families_->add_webhooks(all);
  families_->add_start(all);
  add_own_usage(all);
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace signalbox
