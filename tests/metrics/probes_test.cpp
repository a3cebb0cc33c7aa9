#include "metrics/probes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "metrics/own_usage.hpp"
#include "tests/metrics/exposition.hpp"

namespace signalbox {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::exposition;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

exposition read(const probes& from) { return exposition::parse(from.exposition()); }

// Everything said at least once, so that no family is missing from what is looked at.
void say_everything(probes& to) {
  to.messages_in(message_outcome::accepted, 1);
  to.messages_acknowledged(1);
  to.conversations_opened(1);
  to.conversations_assigned("rule", 1);
  to.assignments_lapsed(lapse::no_ack, 1);
  to.conversations_purged(purge_reason::deleted, 1);
  to.waiting_changed(1);
  to.queue_passed();
  to.events_pushed(1);
  to.deliveries_out("sent", 1);
  to.hop_took(hop::committed, 0.001);
  to.commit_done(1, 2, 3, 0.001);
  to.settled(1, 1);
  to.recovered(1, 0.5);
  to.on_scrape_storage([] { return storage_usage{}; });
  to.socket_opened(socket_kind::agent);
  to.socket_closed(socket_kind::agent, 1001);
  to.frames_in(socket_kind::agent, 1);
  to.frames_out(socket_kind::agent, 1);
  to.bad_frame(socket_kind::agent);
  to.credit_changed(1);
  to.queue_depth(queue_kind::journal, 1);
  to.queue_bound(queue_kind::journal, 10);
  to.event_waits_changed(1);
  to.http_done("GET", 200, 0.001);
  to.actor_restarted(actor_role::inbox);
  to.actors_changed(actor_role::inbox, 1);
  to.on_scrape_idle_beside_waiting([] { return 0.0; });
  to.webhook_attempted(webhook_outcome::delivered);
  to.webhook_pending_changed(1);
  to.webhook_paused();
  to.on_scrape_webhooks_oldest([] { return 0.0; });
  to.started("1.2.3", "abcdef", 0.25);
}

TEST(Probes, FamiliesAreDeclaredOnceWithHelp) {
  probes said;
  say_everything(said);
  const auto shown = read(said);
  const std::set<std::string> once(shown.declared.begin(), shown.declared.end());
  EXPECT_EQ(once.size(), shown.declared.size());
  for (const auto& [name, of] : shown.families) {
    EXPECT_FALSE(of.help.empty()) << name;
    EXPECT_TRUE(name.starts_with("signalbox_") || name.starts_with("process_")) << name;
    EXPECT_EQ(of.type == "counter", name.ends_with("_total")) << name;
  }
}

TEST(Probes, PrometheusFindsNothingToSayAgainstNames) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  probes said;
  say_everything(said);
  FILE* promtool = popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  const auto text = said.exposition();
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(pclose(promtool), 0);
}

TEST(Probes, CountsStandUnderTheirNames) {
  probes said;
  said.messages_in(message_outcome::accepted, 64);
  said.messages_in(message_outcome::accepted, 1);
  said.messages_in(message_outcome::duplicate, 3);
  said.messages_in(message_outcome::dropped, 5);
  said.messages_in(message_outcome::rejected, 7);
  said.messages_acknowledged(65);
  said.conversations_opened(6);
  said.conversations_assigned("queue", 4);
  said.assignments_lapsed(lapse::refused_offer, 2);
  said.conversations_purged(purge_reason::filtered, 3);
  said.waiting_changed(10);
  said.waiting_changed(-4);
  said.events_pushed(12);
  said.deliveries_out("failed", 8);
  said.settled(20, 30);
  said.recovered(40, 1.5);
  said.actor_restarted(actor_role::journal);
  said.actors_changed(actor_role::agent, 9);
  said.credit_changed(100);
  said.credit_changed(-36);
  said.queue_depth(queue_kind::outbox, 11);
  said.queue_bound(queue_kind::outbox, 1000);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_messages_received_total{outcome=\"accepted\"}"), 65);
  EXPECT_EQ(shown.value("signalbox_messages_received_total{outcome=\"duplicate\"}"), 3);
  EXPECT_EQ(shown.value("signalbox_messages_received_total{outcome=\"dropped\"}"), 5);
  EXPECT_EQ(shown.value("signalbox_messages_received_total{outcome=\"rejected\"}"), 7);
  EXPECT_EQ(shown.value("signalbox_messages_acknowledged_total"), 65);
  EXPECT_EQ(shown.value("signalbox_conversations_opened_total"), 6);
  EXPECT_EQ(shown.value("signalbox_conversations_assigned_total{reason=\"queue\"}"), 4);
  EXPECT_EQ(shown.value("signalbox_assignments_lapsed_total{reason=\"refused_offer\"}"), 2);
  EXPECT_EQ(shown.value("signalbox_conversations_purged_total{reason=\"filtered\"}"), 3);
  EXPECT_EQ(shown.value("signalbox_conversations_waiting"), 6);
  EXPECT_EQ(shown.value("signalbox_events_pushed_total"), 12);
  EXPECT_EQ(shown.value("signalbox_deliveries_total{status=\"failed\"}"), 8);
  EXPECT_EQ(shown.value("signalbox_settled_conversations_total"), 20);
  EXPECT_EQ(shown.value("signalbox_settled_message_ids_total"), 30);
  EXPECT_EQ(shown.value("signalbox_recovered_events"), 40);
  EXPECT_EQ(shown.value("signalbox_recovery_seconds"), 1.5);
  EXPECT_EQ(shown.value("signalbox_actor_restarts_total{role=\"journal\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_actors{role=\"agent\"}"), 9);
  EXPECT_EQ(shown.value("signalbox_unacknowledged_messages"), 64);
  EXPECT_EQ(shown.value("signalbox_queue_depth{queue=\"outbox\"}"), 11);
  EXPECT_EQ(shown.value("signalbox_queue_bound{queue=\"outbox\"}"), 1000);
}

TEST(Probes, HopsFallIntoTheBucketThatHoldsThem) {
  probes said;
  said.hop_took(hop::pushed, 50e-6, 3);  // a bound belongs to its bucket
  said.hop_took(hop::pushed, 51e-6);
  said.hop_took(hop::pushed, 9.0, 2);
  said.hop_took(hop::pushed, 11.0);
  said.hop_took(hop::pushed, -1.0);  // a clock that was set back
  const auto shown = read(said);
  const std::string bucket = "signalbox_message_hop_seconds_bucket{hop=\"pushed\",le=";
  EXPECT_EQ(shown.value(bucket + "\"5e-05\"}"), 4);
  EXPECT_EQ(shown.value(bucket + "\"0.0001\"}"), 5);
  EXPECT_EQ(shown.value(bucket + "\"5\"}"), 5);
  EXPECT_EQ(shown.value(bucket + "\"10\"}"), 7);
  EXPECT_EQ(shown.value(bucket + "\"+Inf\"}"), 8);
  EXPECT_EQ(shown.value("signalbox_message_hop_seconds_count{hop=\"pushed\"}"), 8);
  EXPECT_NEAR(shown.value("signalbox_message_hop_seconds_sum{hop=\"pushed\"}"), 29.000201, 1e-9);
  EXPECT_EQ(shown.value("signalbox_message_hop_seconds_count{hop=\"committed\"}"), 0);
}

TEST(Probes, ACommitIsCountedOnceInEachOfItsFigures) {
  probes said;
  said.commit_done(2, 100, 40'000, 0.0003);
  said.commit_done(1, 1, 400, 0.0001);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_commit_seconds_count"), 2);
  EXPECT_NEAR(shown.value("signalbox_commit_seconds_sum"), 0.0004, 1e-12);
  EXPECT_EQ(shown.value("signalbox_commit_events_bucket{le=\"64\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_commit_events_bucket{le=\"256\"}"), 2);
  EXPECT_EQ(shown.value("signalbox_commit_events_sum"), 101);
  EXPECT_EQ(shown.value("signalbox_commit_change_sets_sum"), 3);
  EXPECT_EQ(shown.value("signalbox_commit_bytes_total"), 40'400);
}

TEST(Probes, SocketsAreCountedByKindAndCloseCode) {
  probes said;
  said.socket_opened(socket_kind::connector);
  said.socket_opened(socket_kind::agent);
  said.socket_opened(socket_kind::agent);
  said.socket_closed(socket_kind::agent, 4408);
  said.frames_in(socket_kind::connector, 5);
  said.frames_out(socket_kind::agent, 6);
  said.bad_frame(socket_kind::http);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_sockets{kind=\"connector\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_sockets{kind=\"agent\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_sockets_opened_total{kind=\"agent\"}"), 2);
  EXPECT_EQ(shown.value("signalbox_sockets_closed_total{kind=\"agent\",code=\"4408\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_sockets_closed_total{kind=\"connector\",code=\"4408\"}"), 0);
  EXPECT_EQ(shown.value("signalbox_frames_received_total{kind=\"connector\"}"), 5);
  EXPECT_EQ(shown.value("signalbox_frames_sent_total{kind=\"agent\"}"), 6);
  EXPECT_EQ(shown.value("signalbox_bad_frames_total{kind=\"http\"}"), 1);
}

TEST(Probes, LabelSetsStayClosedWhateverIsSaid) {
  probes said;
  said.conversations_assigned("because a client said so", 2);
  said.deliveries_out("<script>", 3);
  said.http_done("BREW", 418, 0.1);
  said.socket_opened(socket_kind::connector);
  said.socket_closed(socket_kind::connector, 3999);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_conversations_assigned_total{reason=\"other\"}"), 2);
  EXPECT_EQ(shown.value("signalbox_deliveries_total{status=\"other\"}"), 3);
  EXPECT_EQ(shown.value("signalbox_http_requests_total{method=\"other\",status=\"other\"}"), 1);
  EXPECT_EQ(shown.value("signalbox_sockets_closed_total{kind=\"connector\",code=\"other\"}"), 1);
  EXPECT_THAT(shown.label_values("signalbox_deliveries_total", "status"),
              UnorderedElementsAre("accepted", "sent", "delivered", "read", "failed", "other"));
  EXPECT_THAT(shown.label_values("signalbox_sockets_closed_total", "kind"), UnorderedElementsAre("connector", "agent", "http"));
}

TEST(Probes, OneLabelForEachMemberOfAnEnumeration) {
  const auto shown = read(probes{});
  EXPECT_THAT(shown.label_values("signalbox_message_hop_seconds_count", "hop"),
              UnorderedElementsAre("committed", "offered", "pushed", "acknowledged"));
  EXPECT_THAT(shown.label_values("signalbox_messages_received_total", "outcome"),
              UnorderedElementsAre("accepted", "duplicate", "dropped", "rejected"));
  EXPECT_THAT(shown.label_values("signalbox_queue_depth", "queue"),
              UnorderedElementsAre("journal", "inbox_stash", "connector_unacknowledged", "agent_backlog", "outbox"));
  EXPECT_THAT(shown.label_values("signalbox_actor_restarts_total", "role"),
              UnorderedElementsAre("account", "channel", "inbox", "agent", "journal", "webhook", "contacts", "views", "clock"));
  EXPECT_THAT(shown.label_values("signalbox_webhook_attempts_total", "outcome"),
              UnorderedElementsAre("delivered", "failed", "dead"));
}

TEST(Probes, AnHttpRequestIsShownUnderItsMethodAndStatus) {
  probes said;
  said.http_done("POST", 201, 0.002);
  said.http_done("POST", 201, 0.002);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_http_requests_total{method=\"POST\",status=\"201\"}"), 2);
  EXPECT_THAT(shown.label_values("signalbox_http_requests_total", "method"), ElementsAre("POST"));
  EXPECT_EQ(shown.value("signalbox_http_request_seconds_count"), 2);
}

TEST(Probes, AQueueNearItsBoundShowsInTheRatio) {
  probes said;
  said.queue_bound(queue_kind::connector_unacknowledged, 4096);
  said.queue_bound(queue_kind::connector_unacknowledged, 4096);
  said.queue_bound(queue_kind::connector_unacknowledged, -4096);
  said.credit_changed(4000);
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_queue_bound{queue=\"connector_unacknowledged\"}"), 4096);
  EXPECT_EQ(shown.value("signalbox_queue_depth{queue=\"connector_unacknowledged\"}"), 4000);
}

TEST(Probes, WhatIsNotKnownYetIsAbsent) {
  const auto before = read(probes{});
  EXPECT_THAT(before.declared, Not(Contains("signalbox_build_info")));
  EXPECT_THAT(before.declared, Not(Contains("signalbox_queue_bound")));
  EXPECT_THAT(before.declared, Not(Contains("signalbox_waiting_beside_free_agent_oldest_seconds")));
}

TEST(Probes, StartAndInvariantAreShown) {
  probes said;
  int asked = 0;
  said.started("1.2.3", "abc\"def", 0.25);
  said.on_scrape_idle_beside_waiting([&] { return 1.5 * ++asked; });
  EXPECT_EQ(asked, 0);
  const auto shown = read(said);
  EXPECT_EQ(shown.value(R"(signalbox_build_info{version="1.2.3",commit="abc\"def"})"), 1);
  EXPECT_EQ(shown.value("signalbox_ready_after_seconds"), 0.25);
  EXPECT_EQ(shown.value("signalbox_waiting_beside_free_agent_oldest_seconds"), 1.5);
  EXPECT_EQ(asked, 1);
}

TEST(Probes, TheStoresPartsAddUp) {
  probes said;
  said.on_scrape_storage([] { return storage_usage{100, 30, 7, 5, 1000, 200, 50, {{"state", 6}, {"events", 2}}, 16e6, true}; });
  const auto shown = read(said);
  EXPECT_EQ(shown.value(R"(signalbox_storage_memory_bytes{part="memtables"})"), 70);
  EXPECT_EQ(shown.value(R"(signalbox_storage_memory_bytes{part="memtables_flushing"})"), 30);
  EXPECT_EQ(shown.value(R"(signalbox_storage_memory_bytes{part="block_cache"})"), 7);
  EXPECT_EQ(shown.value(R"(signalbox_storage_memory_bytes{part="table_readers"})"), 5);
  EXPECT_EQ(shown.value(R"(signalbox_storage_disk_bytes{part="tables"})"), 1000);
  EXPECT_EQ(shown.value(R"(signalbox_storage_disk_bytes{part="log"})"), 200);
  EXPECT_EQ(shown.value("signalbox_storage_compaction_pending_bytes"), 50);
  EXPECT_EQ(shown.value(R"(signalbox_storage_runs{family="state"})"), 6);
  EXPECT_EQ(shown.value(R"(signalbox_storage_runs{family="events"})"), 2);
  EXPECT_EQ(shown.value("signalbox_storage_write_limit_bytes_per_second"), 16e6);
  EXPECT_EQ(shown.value("signalbox_storage_writes_stopped"), 1);
}

TEST(Probes, AScrapeMayAskWhatIsReplacedMeanwhile) {
  probes said;
  said.on_scrape_idle_beside_waiting([&] {
    said.on_scrape_idle_beside_waiting([] { return 7.0; });  // would hang if the scrape held its lock while asking
    return 3.0;
  });
  EXPECT_EQ(read(said).value("signalbox_waiting_beside_free_agent_oldest_seconds"), 3);
  EXPECT_EQ(read(said).value("signalbox_waiting_beside_free_agent_oldest_seconds"), 7);
}

TEST(Probes, NothingIsLostBetweenThreads) {
  constexpr int thread_count = 4;
  constexpr int rounds = 20'000;
  probes said;
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int index = 0; index < thread_count; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        said.messages_in(message_outcome::accepted, 2);
        said.hop_took(hop::committed, 0.25, 2);
        said.waiting_changed(round % 2 == 0 ? 1 : -1);
        said.http_done("GET", 200, 0.5);
      }
    });
  }
  // Scrapes meanwhile are whole: the count is what the buckets hold.
  for (int scrape = 0; scrape < 20; ++scrape) {
    const auto shown = read(said);
    EXPECT_EQ(shown.value("signalbox_message_hop_seconds_count{hop=\"committed\"}"),
              shown.value("signalbox_message_hop_seconds_bucket{hop=\"committed\",le=\"+Inf\"}"));
  }
  for (auto& thread : threads) thread.join();
  const auto shown = read(said);
  EXPECT_EQ(shown.value("signalbox_messages_received_total{outcome=\"accepted\"}"), 2 * thread_count * rounds);
  EXPECT_EQ(shown.value("signalbox_message_hop_seconds_count{hop=\"committed\"}"), 2 * thread_count * rounds);
  EXPECT_EQ(shown.value("signalbox_message_hop_seconds_sum{hop=\"committed\"}"), 0.5 * thread_count * rounds);
  EXPECT_EQ(shown.value("signalbox_conversations_waiting"), 0);
  EXPECT_EQ(shown.value("signalbox_http_requests_total{method=\"GET\",status=\"200\"}"), thread_count * rounds);
}

TEST(OwnUsage, SaysWhatTheKernelCounts) {
  const auto before = read_own_usage();
  ASSERT_TRUE(before.has_value());
  EXPECT_GT(before->resident_bytes, 1'000'000U);
  EXPECT_GE(before->virtual_bytes, before->resident_bytes);
  EXPECT_GE(before->threads, 1U);
  EXPECT_GT(before->descriptors_max, before->descriptors);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(before->started_at_seconds, now - 86'400);  // the unit is right: this program is younger than a day
  EXPECT_LE(before->started_at_seconds, now + 1);
  FILE* const opened = std::fopen("/dev/null", "r");
  ASSERT_NE(opened, nullptr);
  const auto after = read_own_usage();
  std::fclose(opened);
  EXPECT_EQ(after->descriptors, before->descriptors + 1);
  EXPECT_GE(after->cpu_seconds, before->cpu_seconds);
}

}  // namespace
}  // namespace signalbox
